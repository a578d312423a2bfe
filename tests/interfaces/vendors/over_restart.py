"""What clients for Python live through whose daemon is gone for a while: run in an environment of its own.

Each makes an object, polls it until the daemon is gone, sends an act into the gap until somebody answers, and polls on.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

os.environ["PREFECT_CLIENT_MAX_RETRIES"] = "0"  # who sends it again is this story

import httpx
from alibabacloud_dataworks_public20240518 import models
from alibabacloud_dataworks_public20240518.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from cloudflare import Cloudflare
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v2.api.workflow_automation_api import WorkflowAutomationApi
from datadog_api_client.v2.model.workflow_instance_create_meta import WorkflowInstanceCreateMeta
from datadog_api_client.v2.model.workflow_instance_create_request import WorkflowInstanceCreateRequest
from prefect.client.orchestration import SyncPrefectClient
from prefect.states import Paused, Running

T = TypeVar("T")
ASKED = json.loads(sys.argv[1])
URL, FOLDER = ASKED["url"], Path(ASKED["folder"])
DEADLINE = time.monotonic() + 90


def gate(vendor: str) -> dict[str, str]:
    """The file that a vendor's run waits for."""
    return {"gate": str(FOLDER / f"{vendor}.gate")}


def gone(error: BaseException | None) -> bool:
    """Whether a client tells of a connection that it does not have."""
    if error is None:
        return False
    inner = error.__cause__ or error.__context__ or getattr(error, "inner_exception", None)  # DataWorks' hides it
    return isinstance(error, OSError | httpx.TransportError) or gone(inner)


def answers(call: Callable[[], T]) -> Iterator[T | None]:
    """What a call is answered, again and again; None where nobody is there."""
    while time.monotonic() < DEADLINE:
        try:
            yield call()
        except Exception as error:
            if not gone(error):
                raise
            yield None
        time.sleep(0.1)
    raise TimeoutError


def until(call: Callable[[], T], holds: Callable[[T], bool]) -> T:
    """What is polled once that holds, by the same client whatever happens to the daemon meanwhile."""
    return next(found for found in answers(call) if found is not None and holds(found))


def lives_through(vendor: str, poll: Callable[[], str], act: Callable[[], T]) -> T:
    """Poll one that runs until the daemon is gone, then act; what the first answer to that is."""
    until(poll, lambda status: status.lower() == "running")
    (FOLDER / f"{vendor}.runs").touch()
    next(found for found in answers(poll) if found is None)
    (FOLDER / f"{vendor}.gone").touch()
    done = until(act, lambda answer: True)
    (FOLDER / f"{vendor}.done").touch()
    return done


def dataworks() -> dict[str, Any]:
    """Reruns a task that has succeeded: whoever did that twice would have a third attempt."""
    key, secret = ASKED["dataworks"]
    client = Client(
        Config(endpoint=URL.partition("//")[2], protocol="http", access_key_id=key, access_key_secret=secret)
    )
    parameters = json.dumps(gate("dataworks"))
    asked = {"name": "over", "project_id": 200, "workflow_id": 2003, "type": "ManualWorkflow"}
    request = models.CreateWorkflowInstancesRequest(workflow_parameters=parameters, **asked)
    operation = models.GetCreateWorkflowInstancesResultRequest(
        operation_id=client.create_workflow_instances(request).body.operation_id
    )

    def result() -> Any:
        return client.get_create_workflow_instances_result(operation).body.result.to_map()

    made = until(result, lambda found: found["Status"] == "Created")
    listed = models.ListTaskInstancesRequest(
        project_id=200, workflow_instance_id=made["WorkflowInstanceIds"][0], sort_by="Id Asc"
    )

    def tasks() -> Any:
        return client.list_task_instances(listed).body.paging_info.task_instances

    again = models.RerunTaskInstancesRequest(ids=[tasks()[0].id])
    done = lives_through(
        "dataworks", lambda: str(tasks()[1].status), lambda: client.rerun_task_instances(again).body.success_info
    )
    ended = until(tasks, lambda found: all(each.status == "Success" for each in found))
    return {
        "act": [each.success for each in done.values()],
        "end": [each.run_number for each in ended[:2]],
        "same": result() == made,
    }


def cloudflare() -> dict[str, Any]:
    """Begins again with a step, and sends by itself what was not answered."""
    token, account = ASKED["cloudflare"]
    client = Cloudflare(api_token=token, base_url=f"{URL}/client/v4", max_retries=0)
    instances, where = client.workflows.instances, {"account_id": account, "workflow_name": "gated"}
    new = {"instance_id": "over", "params": json.dumps(gate("cloudflare"))}
    made = instances.create("gated", account_id=account, **new).id

    def get() -> Any:
        return instances.get(made, **where)

    def restart() -> Any:
        step = {"name": "gate", "count": 1, "type": "do"}
        return client.with_options(max_retries=9).workflows.instances.status.edit(
            made, status="restart", from_=step, **where
        )

    lives_through("cloudflare", lambda: "running" if get().step_count == 2 else "", restart)
    ended = until(get, lambda found: found.status == "complete")
    sent_again = {"x-stainless-retry-count": "1"}  # as the client does by itself when it has lost an answer
    return {
        "end": [len(getattr(each, "attempts", [])) for each in ended.steps[:2]],
        "same": instances.create("gated", account_id=account, extra_headers=sent_again, **new).id == made,
    }


def prefect() -> dict[str, Any]:
    """Pauses, and resumes: both are accepted where the run has that state before, and not otherwise."""
    token, deployment = ASKED["prefect"]
    with SyncPrefectClient(f"{URL}/api", api_key=token) as client:
        new = {"idempotency_key": "over", "parameters": gate("prefect")}
        made = client.create_flow_run_from_deployment(deployment, **new).id

        def state() -> str:
            return str(client.read_flow_run(made).state_type.value)

        answer = lives_through("prefect", state, lambda: client.set_flow_run_state(made, Paused(pause_key="over")))
        resumed = client.set_flow_run_state(made, Running())
        until(state, lambda found: found == "COMPLETED")
        return {
            "act": [answer.status.value, answer.state.state_details.pause_key, resumed.status.value],
            "end": [each.type.value for each in client.read_flow_run_states(made)].count("PAUSED"),
            "same": client.create_flow_run_from_deployment(deployment, **new).id == made,
        }


def datadog() -> dict[str, Any]:
    """Executes once more in the gap; what was not answered was not done."""
    api, app = ASKED["datadog"]
    configuration = Configuration(host=URL)
    configuration.api_key.update({"apiKeyAuth": api, "appKeyAuth": app})
    client = WorkflowAutomationApi(ApiClient(configuration))
    body = WorkflowInstanceCreateRequest(meta=WorkflowInstanceCreateMeta(payload=gate("datadog")))

    def create() -> str:
        return str(client.create_workflow_instance("2003", body).data.id)

    def status(name: str) -> str:
        return str(client.get_workflow_instance("2003", name).data.attributes["status"])

    made = create()
    other = lives_through("datadog", lambda: status(made), create)
    ends = [until(lambda name=name: status(name), lambda found: found == "succeeded") for name in (made, other)]
    return {"end": ends, "other": other != made}


def whole(story: Callable[[], Any]) -> Any:
    """One story; that which fails ends all of them, as nobody waits for the others then."""
    try:
        return story()
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


STORIES = (dataworks, cloudflare, prefect, datadog)
with ThreadPoolExecutor(len(STORIES)) as pool:
    told = pool.map(whole, STORIES)
    print(json.dumps({story.__name__: each for story, each in zip(STORIES, told, strict=True)}))
