// What the official client for Node is given.
import { existsSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";
const require = createRequire(new URL("../node/package.json", import.meta.url));
const { Cloudflare } = require("cloudflare");

const [base, account, token, reader, email, key, operation, gate] = process.argv.slice(2);
const client = new Cloudflare({ apiToken: token, apiEmail: email, apiKey: "wrong", baseURL: base });
const instances = client.workflows.instances;
const told = {};

const until = async (holds, workflow, name) => {
  for (;;) {
    const found = await instances.get(name, { account_id: account, workflow_name: workflow });
    if (holds(found)) return found;
    await pause(20);
  }
};
const edit = async (asked) =>
  (await instances.status.edit("js-1", { account_id: account, workflow_name: "gated", ...asked })).status;
const error = async (call) => {
  try {
    await call();
    return ["none"];
  } catch (found) {
    return [found.constructor.name, found.status];
  }
};
const all = async (pages) => {
  const found = [];
  for await (const each of pages) found.push(each.id ?? each.name);
  return found;
};

const made = await instances.create("gated", { account_id: account, instance_id: "js-1", params: { gate } });
told.made = [made.id, made.status];
await until((it) => it.status === "running" && it.step_count === 2, "gated", "js-1");
told.paused = await edit({ status: "pause" });
told.resumed = await edit({ status: "resume" });
told.terminated = await edit({ status: "terminate" });
await edit({ status: "restart", from: { name: "gate" } });
if (!existsSync(gate)) writeFileSync(gate, "");
told.ended = (await until((it) => it.status === "complete", "gated", "js-1")).success;

const body = [{ instance_id: "js-a", params: { day: "2024-11-20" } }, { params: { day: "2024-11-21" } }, { params: "none" }];
const batch = await all(instances.bulk("nightly", { account_id: account, body }));
told.batch = [batch.length, batch[0]];
for (const each of batch) await until((it) => it.status === "complete", "nightly", each);
const listed = await all(instances.list("nightly", { account_id: account, per_page: 2 }));
told.listed = batch.every((each) => listed.includes(each));
told.nothing = await all(instances.bulk("nightly", { account_id: account }));
const one = { account_id: account, workflow_name: "nightly" };
told.step = (await instances.step("js-a", { ...one, name: "load-1", type: "step" })).output;
told.event = await error(() => instances.events.create("approved", { ...one, instance_id: "js-a", body: { by: "me" } }));
told.operation = (await client.rules.lists.bulkOperations.get(operation, { account_id: account })).status;
const pair = new Cloudflare({ apiEmail: email, apiKey: key, apiToken: null, baseURL: base });
told.pair = (await pair.workflows.get("nightly", { account_id: account })).name;
const read = new Cloudflare({ apiToken: reader, apiEmail: null, apiKey: null, baseURL: base, maxRetries: 0 });
told.reader = await error(() => read.workflows.instances.create("nightly", { account_id: account }));
told.errors = [
  await error(() => client.workflows.get("nowhere", { account_id: account })),
  await error(() => instances.create("nightly", { account_id: account, instance_id: "js-a" })),
  await error(() => client.workflows.get("nightly", { account_id: "f".repeat(32) })),
];
console.log(JSON.stringify(told));
