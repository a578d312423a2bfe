// What a client for Node is told while the store is in trouble, for one vendor.
import { createRequire } from "node:module";
const require = createRequire(new URL("./node/package.json", import.meta.url));

const [vendor, url, ...words] = process.argv.slice(2);
const raised = async (call) => {
  try {
    await call();
    return ["none"];
  } catch (found) {
    return [found.constructor.name, found.status ?? found.code];
  }
};

const cloudflare = async () => {
  const { Cloudflare } = require("cloudflare");
  const [apiToken, account_id, workflow] = words;
  const create = async (maxRetries) => {
    const client = new Cloudflare({ apiToken, baseURL: `${url}/client/v4`, maxRetries });
    return (await client.workflows.instances.create(workflow, { account_id })).id;
  };
  return [await raised(() => create(0)), await create(20)];
};

const datadog = async () => {
  const { client, v2 } = require("@datadog/datadog-api-client");
  const [apiKeyAuth, appKeyAuth, workflowId] = words;
  const create = async (more) => {
    const baseServer = new client.BaseServerConfiguration(url, {});
    const configuration = client.createConfiguration({ baseServer, authMethods: { apiKeyAuth, appKeyAuth }, ...more });
    return (await new v2.WorkflowAutomationApi(configuration).createWorkflowInstance({ workflowId, body: {} })).data.id;
  };
  return [await raised(() => create({})), await create({ enableRetry: true, maxRetries: 20 })];
};

console.log(JSON.stringify(await { cloudflare, datadog }[vendor]()));
