"""What DataWorks' own client is given at a daemon's door, step by step, as JSON; runs in its environment."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from typing import Any

from alibabacloud_dataworks_public20240518 import models
from alibabacloud_dataworks_public20240518.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.exceptions import DaraException
from darabonba.policy.retry import RetryCondition, RetryOptions

DEADLINE = time.monotonic() + 60
told: dict[str, Any] = {}
base = models.CreateWorkflowInstancesRequestDefaultRunProperties


THROTTLED = RetryCondition(maxAttempts=9, exception=["ThrottlingException"], errorCode=["Throttling.User"])
PATIENCE = RetryOptions(retryable=True, retryCondition=[THROTTLED])


def client(secret: str | None = None, *, patience: RetryOptions | None = PATIENCE, **more: Any) -> Client:
    """One that waits as told where it asks more often than the daemon lets a token, unless it has no patience."""
    found = Config(
        endpoint=os.environ["ENDPOINT"],
        protocol="http",
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=secret or os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        retry_options=patience,
        **more,
    )
    return Client(found)


def body(answer: Any) -> Any:
    """The answer's body; one that the client could not read is none."""
    assert answer.body is not None, answer
    return answer.body.to_map()


def until(ask: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    while not holds(found := ask()):
        assert time.monotonic() < DEADLINE, found
        time.sleep(0.05)
    return found


def refused(call: Callable[[], Any]) -> dict[str, Any]:
    """How the client tells of an error."""
    try:
        call()
    except DaraException as error:
        names = ("code", "message", "status_code", "retry_after")
        return {"type": type(error).__name__, **{name: getattr(error, name, None) for name in names}}
    return {"type": "no error"}


def request(**more: Any) -> models.CreateWorkflowInstancesRequest:
    periods = models.CreateWorkflowInstancesRequestPeriods(
        biz_dates=[
            models.CreateWorkflowInstancesRequestPeriodsBizDates(start_biz_date="2024-01-01", end_biz_date="2024-01-02")
        ]
    )
    properties = base(
        mode="AllDownstream",
        root_task_ids=[1],
        parallelism=2,
        analysis=models.CreateWorkflowInstancesRequestDefaultRunPropertiesAnalysis(enabled=True, blocked=False),
    )
    asked = {"name": "nov & more", "project_id": 7, "workflow_id": 1, "type": "SupplementData"} | more
    return models.CreateWorkflowInstancesRequest(periods=periods, default_run_properties=properties, **asked)


def result(dataworks: Client, operation: str) -> Any:
    asked = models.GetCreateWorkflowInstancesResultRequest(operation_id=operation)
    return until(
        lambda: body(dataworks.get_create_workflow_instances_result(asked))["Result"],
        lambda it: it["Status"] != "Creating",
    )


def instances(dataworks: Client, number: int, **more: Any) -> list[Any]:
    asked = models.ListTaskInstancesRequest(
        project_id=7, bizdate=0, unified_workflow_instance_id=number, sort_by="Id Asc", page_size=100, **more
    )
    found: list[Any] = body(dataworks.list_task_instances(asked))["PagingInfo"]["TaskInstances"]
    return found


def statuses(dataworks: Client, number: int) -> list[str]:
    return [each["Status"] for each in instances(dataworks, number)]


def main() -> None:
    dataworks = client()
    made = body(dataworks.create_workflow_instances(request(comment="why=not", auto_start_enabled=False)))
    told["created"] = created = result(dataworks, made["OperationId"])
    (number,), runs = created["UnifiedWorkflowInstanceIds"], created["WorkflowInstanceIds"]
    told["not started"] = statuses(dataworks, number)
    ids = [each["Id"] for each in instances(dataworks, number)]

    held = body(dataworks.suspend_task_instances(models.SuspendTaskInstancesRequest(ids=[ids[-1]], comment="look")))
    told["suspended"] = held["SuccessInfo"]
    started = models.StartWorkflowInstancesRequest(ids=[runs[0], 4711])
    told["started"] = body(dataworks.start_workflow_instances(started))["SuccessInfo"]
    until(lambda: statuses(dataworks, number), lambda it: it[:4] == ["Success", "Failure", "NotRun", "Success"])
    told["paused"] = instances(dataworks, number)[-1]["TriggerRecurrence"]
    resumed = models.ResumeTaskInstancesRequest(ids=[ids[-1]])
    told["resumed"] = body(dataworks.resume_task_instances(resumed))["SuccessInfo"]

    again = models.RerunTaskInstancesRequest(ids=[ids[1], 4711], use_latest_config=True, comment="again")
    told["rerun"] = body(dataworks.rerun_task_instances(again))["SuccessInfo"]
    until(lambda: instances(dataworks, number)[1], lambda it: it["RunNumber"] == 2 and it["Status"] == "Failure")
    log = models.GetTaskInstanceLogRequest(id=ids[1], run_number=2)
    told["log"] = body(dataworks.get_task_instance_log(log))["TaskInstanceLog"]
    told["attempts"] = [each["RunNumber"] for each in instances(dataworks, number, id=ids[1])]
    success = models.SetSuccessTaskInstancesRequest(ids=[ids[1], ids[1] + (1 << 20)])
    told["set"] = body(dataworks.set_success_task_instances(success))["SuccessInfo"]
    stand = models.ListWorkflowInstancesRequest(project_id=7, biz_date=0, unified_workflow_instance_id=number)
    told["runs"] = until(
        lambda: [
            each["Status"] for each in body(dataworks.list_workflow_instances(stand))["PagingInfo"]["WorkflowInstances"]
        ],
        lambda it: it == ["Success", "Success"],
    )
    one = models.GetTaskInstanceRequest(id=ids[0])
    told["instance"] = body(dataworks.get_task_instance(one))["TaskInstance"]
    told["async"] = body(asyncio.run(dataworks.get_task_instance_async(one)))["TaskInstance"]["Id"]
    operations = models.ListTaskInstanceOperationLogsRequest(id=ids[1])
    logs = body(dataworks.list_task_instance_operation_logs(operations))["PagingInfo"]["OperationLogs"]
    told["operations"] = [each["OperationContent"] for each in logs]
    near = models.ListDownstreamTaskInstancesRequest(id=ids[0])
    found = body(dataworks.list_downstream_task_instances(near))["PagingInfo"]["DownstreamTaskInstances"]
    told["downstream"] = [each["TaskInstance"]["TaskName"] for each in found]

    inside = models.RerunWorkflowInstancesRequestFilter(task_ids=[1], rerun_downstream_enabled=False)
    whole = models.RerunWorkflowInstancesRequest(
        project_id=7, workflow_id=1, type="SupplementData", ids=runs, filter=inside
    )
    operation = body(dataworks.rerun_workflow_instances(whole))["OperationId"]
    asked = models.GetRerunWorkflowInstancesResultRequest(operation_id=operation)
    told["rerun of runs"] = until(
        lambda: body(dataworks.get_rerun_workflow_instances_result(asked))["Result"],
        lambda it: it["Status"] != "NotRun",
    )
    stopped = models.StopWorkflowInstancesRequest(ids=runs)
    told["stopped"] = body(dataworks.stop_workflow_instances(stopped))["SuccessInfo"]

    task = body(dataworks.get_task(models.GetTaskRequest(id=1)))["Task"]
    told["task"] = task["Name"]
    listed = body(dataworks.list_tasks(models.ListTasksRequest(project_id=7, page_size=2)))["PagingInfo"]
    told["tasks"] = (listed["TotalCount"], len(listed["Tasks"]))
    flow = body(dataworks.get_workflow(models.GetWorkflowRequest(id=task["WorkflowId"])))["Workflow"]
    told["workflow"] = (flow["Name"], len(flow["Tasks"]))

    adhoc = models.ExecuteAdhocWorkflowInstanceRequestTasks(
        name="x", script=models.ExecuteAdhocWorkflowInstanceRequestTasksScript(content="rm -rf /")
    )
    script = models.ExecuteAdhocWorkflowInstanceRequest(project_id=7, name="x", owner="me", tasks=[adhoc])
    told["script"] = refused(lambda: dataworks.execute_adhoc_workflow_instance(script))
    told["nothing"] = refused(lambda: dataworks.create_workflow_instances(models.CreateWorkflowInstancesRequest()))
    told["missing"] = refused(lambda: dataworks.get_task_instance(models.GetTaskInstanceRequest(id=4711)))
    told["wrong"] = refused(lambda: client(secret="wrong").list_tasks(models.ListTasksRequest(project_id=7)))
    older = client(signature_algorithm="v2")
    told["older"] = body(older.list_tasks(models.ListTasksRequest(project_id=7, name="ex & ~*")))["PagingInfo"]
    hasty = client(patience=None)
    told["throttled"] = until(lambda: refused(lambda: flood(hasty)), lambda it: it["type"] != "no error")
    told["patient"] = body(dataworks.get_task(models.GetTaskRequest(id=1)))["Task"]["Id"]


def flood(hasty: Client) -> None:
    """Ask faster than the daemon lets a token."""
    asked = models.GetTaskRequest(id=1)

    async def many() -> None:
        await asyncio.gather(*(hasty.get_task_async(asked) for _ in range(40)))

    asyncio.run(many())


main()
print(json.dumps(told))
