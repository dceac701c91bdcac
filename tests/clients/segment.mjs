// The story, told to Segment's Node client.
import { Analytics } from "@segment/analytics-node";
import { bunches, calls, end, soon, task } from "./story.mjs";

const client = new Analytics({
  writeKey: task.key,
  host: task.url,
  flushAt: task.batch,
  flushInterval: 500,
  httpRequestTimeout: task.patience,
});
const givenUp = [];
let [sent, delivered] = [0, 0];
client.on("error", (error) => givenUp.push(`${error.code}: ${error.reason}`));

for (const bunch of bunches(task.batch)) {
  for (const { type, ...call } of bunch) {
    sent += 1;
    client[type](call, (error) => (error ? givenUp.push(String(error)) : (delivered += 1)));
  }
  while (!givenUp.length && sent - delivered > 5 * task.batch) await soon();
}
await client.closeAndFlush({ timeout: 0 }); // by default it gives up what is left after 75 s
if (delivered !== calls.length) givenUp.push(`delivered ${delivered} of ${calls.length}`);
end(givenUp);
