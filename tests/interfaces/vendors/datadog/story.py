"""What the official client for Python is given: run in an environment of its own."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from datadog_api_client import ApiClient, Configuration
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v2.api.workflow_automation_api import WorkflowAutomationApi
from datadog_api_client.v2.model.workflow_instance_create_meta import WorkflowInstanceCreateMeta
from datadog_api_client.v2.model.workflow_instance_create_request import WorkflowInstanceCreateRequest

base, tight, tight_api, tight_app, api_key, app_key, reader_key, reader_app, gate = sys.argv[1:]


def api(host: str, first: str, second: str, **more: Any) -> WorkflowAutomationApi:
    """A client with these keys."""
    configuration = Configuration(host=host, **more)
    configuration.api_key.update({"apiKeyAuth": first, "appKeyAuth": second})
    return WorkflowAutomationApi(ApiClient(configuration))


def body(payload: dict[str, Any] | None = None) -> WorkflowInstanceCreateRequest:
    """What an execution is asked with."""
    if payload is None:
        return WorkflowInstanceCreateRequest()
    return WorkflowInstanceCreateRequest(meta=WorkflowInstanceCreateMeta(payload=payload))


def until(workflow: str, name: str, holds: Callable[[str], bool]) -> Any:
    """The attributes of an instance once its status holds."""
    while not holds((found := client.get_workflow_instance(workflow, name).data.attributes)["status"]):
        time.sleep(0.02)
    return found


def error(call: Callable[[], Any]) -> list[Any]:
    """How a refusal is raised."""
    try:
        call()
    except ApiException as found:
        return [type(found).__name__, found.status, len(found.body["errors"])]
    return ["none"]


client, told = api(base, api_key, app_key), dict[str, Any]()
made = client.create_workflow_instance("nightly", body({"day": "2024-11-20", "n": {"a": [1, None, "é"]}})).data.id
whole = until("nightly", made, lambda status: status == "succeeded")
told["made"] = [type(made).__name__, whole.id == made, whole["payload"], whole["output"], whole["error"]]
told["times"] = type(whole["createdAt"]).__name__
names = [client.create_workflow_instance("nightly load", body()).data.id for _ in range(3)]
page = client.list_workflow_instances("nightly load", page_size=2, page_number=0)
last = client.list_workflow_instances("nightly load", page_size=2, page_number=99)
told["listed"] = [[each.id for each in page.data] == names[:0:-1], page.meta.page.total_count >= 3, last.data]
going = client.create_workflow_instance("gated", body({"gate": gate})).data.id
until("gated", going, lambda status: status == "running")
told["cancelled"] = client.cancel_workflow_instance("gated", going).data.id == going
told["end"] = until("gated", going, lambda status: status == "cancelled")["status"]
flow = client.get_workflow("nightly").data
told["workflow"] = [flow.attributes.name, [each.name for each in flow.attributes.spec.steps], flow.attributes.tags]
told["by id"] = client.get_workflow(flow.id).data.id == flow.id
found = client.list_workflows(limit=2, page=0, sort="name", filter_query="night", filter_include_specs=True)
told["workflows"] = [[each.attributes.name for each in found.data], found.meta.page.total_filtered_count]
told["paged"] = [each.attributes.name for each in client.list_workflows_with_pagination(limit=1, filter_query="night")]
reader = api(base, reader_key, reader_app)
told["errors"] = {
    "bad keys": error(lambda: api(base, "dd-api-1", "dd-app-1").list_workflows()),
    "reader": error(lambda: reader.create_workflow_instance("nightly", body())),
    "no workflow": error(lambda: client.create_workflow_instance("nowhere", body())),
    "no such workflow": error(lambda: client.get_workflow("nowhere")),
    "no instance": error(lambda: client.get_workflow_instance("nightly", "none")),
    "ended": error(lambda: client.cancel_workflow_instance("gated", going)),
}
hasty, patient = api(tight, tight_api, tight_app), api(tight, tight_api, tight_app, enable_retry=True, max_retries=3)
told["too often"] = next(found for _ in range(100) if (found := error(lambda: hasty.get_workflow("nightly")))[1:])
told["waited"] = [patient.get_workflow("nightly").data.attributes.name for _ in range(3)]
print(json.dumps(told, default=str))
