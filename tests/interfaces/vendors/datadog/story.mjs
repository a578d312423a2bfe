// What the official client for Node is given.
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";
const require = createRequire(new URL("../node/package.json", import.meta.url));
const { client, v2 } = require("@datadog/datadog-api-client");

const [base, apiKey, appKey, readerKey, readerApp, gate] = process.argv.slice(2);
const api = (first, second) =>
  new v2.WorkflowAutomationApi(
    client.createConfiguration({
      baseServer: new client.BaseServerConfiguration(base, {}),
      authMethods: { apiKeyAuth: first, appKeyAuth: second },
    }),
  );
const error = async (call) => {
  try {
    await call();
    return ["none"];
  } catch (found) {
    return [found.code, found.body?.errors?.length ?? null];
  }
};
const mine = api(apiKey, appKey);
const told = {};
const until = async (workflowId, instanceId, status) => {
  for (;;) {
    const { attributes } = (await mine.getWorkflowInstance({ workflowId, instanceId })).data;
    if (attributes.additionalProperties.status === status) return attributes;
    await pause(20);
  }
};
const execute = async (workflowId, body) => (await mine.createWorkflowInstance({ workflowId, body })).data.id;

const payload = { day: "2024-11-21", n: { a: [1, true, null, "é"] } };
const made = await execute("nightly", { meta: { payload } });
told.output = (await until("nightly", made, "succeeded")).additionalProperties.output;
const other = await execute("nightly load", {});
const page = await mine.listWorkflowInstances({ workflowId: "nightly load", pageSize: 1, pageNumber: 0 });
told.listed = [page.data[0].id === other, page.meta.page.totalCount >= 1];
const going = await execute("gated", { meta: { payload: { gate } } });
await until("gated", going, "running");
told.cancelled = (await mine.cancelWorkflowInstance({ workflowId: "gated", instanceId: going })).data.id === going;
await until("gated", going, "cancelled");
const flow = await mine.getWorkflow({ workflowId: "nightly" });
told.workflow = [flow.data.attributes.name, flow.data.attributes.spec.steps.length];
told.workflows = (await mine.listWorkflows({ limit: 1, sort: "-name", filterQuery: "night" })).data[0].attributes.name;
const body = {};
told.errors = [
  await error(() => api("dd-api-1", "dd-app-1").createWorkflowInstance({ workflowId: "nightly", body })),
  await error(() => api(readerKey, readerApp).createWorkflowInstance({ workflowId: "nightly", body })),
  await error(() => mine.createWorkflowInstance({ workflowId: "nowhere", body })),
  await error(() => mine.listWorkflowInstances({ workflowId: "nightly", pageSize: 101 })),
  await error(() => mine.getWorkflowInstance({ workflowId: "nightly", instanceId: "none" })),
  await error(() => mine.cancelWorkflowInstance({ workflowId: "gated", instanceId: going })),
];
try {
  await mine.getWorkflow({ workflowId: "nowhere" });
} catch (found) {
  told.nowhere = [found.code, found.body.errors[0].detail];
}
console.log(JSON.stringify(told));
