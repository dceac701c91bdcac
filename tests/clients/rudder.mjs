// The story, told to RudderStack's Node client.
import Analytics from "@rudderstack/rudder-sdk-node";
import { bunches, calls, end, soon, task } from "./story.mjs";

const givenUp = [];
const client = new Analytics(task.key, {
  dataPlaneUrl: task.url,
  flushAt: task.batch,
  flushInterval: 500,
  logLevel: "error",
  retryCount: 10, // by default it gives up after three, in less than two seconds
  timeout: task.patience,
  axiosConfig: { transitional: { clarifyTimeoutError: true } }, // else it gives up after one timeout
  axiosRetryConfig: { shouldResetTimeout: true }, // else all tries share one timeout
  errorHandler: (error) => givenUp.push(String(error)), // without one, what it gives up ends the process
});
let delivered = 0;

for (const bunch of bunches(task.batch)) {
  for (const { type, ...call } of bunch) {
    client[type](call, (error) => (error ? givenUp.push(String(error)) : (delivered += 1)));
  }
  await client.flush();
}
while (!givenUp.length && delivered < calls.length) {
  await client.flush(); // one takes a batch at most
  await soon();
}
end(givenUp);
