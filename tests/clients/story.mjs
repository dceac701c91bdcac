// What the Node clients have in common: node tests/clients/segment.mjs URL KEY STORY BATCH PATIENCE.
import { readFileSync } from "node:fs";

const [url, key, story, batch, patience] = process.argv.slice(2);

export const task = { url, key, batch: Number(batch), patience: Number(patience) * 1000 };
export const calls = readFileSync(story, "utf8").trim().split("\n").map((line) => JSON.parse(line));

/** The calls in bunches, as a program that goes about its work would make them. */
export function* bunches(size) {
  for (let from = 0; from < calls.length; from += size) yield calls.slice(from, from + size);
}

export const soon = () => new Promise((later) => setTimeout(later, 20));

/** Say what a client gave up, and fail. */
export function end(givenUp) {
  if (givenUp.length) console.error(givenUp.join("\n"));
  process.exitCode = givenUp.length ? 1 : 0;
}
