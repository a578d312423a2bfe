"""Acts are answered id by id, and are done as ours of the same meaning are."""

from __future__ import annotations

import time
from typing import Any

import pytest
from interfaces.http.site import PATIENCE, Site
from interfaces.vendors.dataworks.calling import DataWorksCaller

from backfilld.engine.asking import Verdict, Word
from backfilld.interfaces.http.doors.dataworks.acting import _verdict

DAY = 86_400_000


def info(dataworks: DataWorksCaller, action: str, numbers: list[int], **more: object) -> dict[int, bool]:
    """Which ids were answered how."""
    told = dataworks.call(action, Ids=numbers, **more)["SuccessInfo"]
    assert all(set(each) == {"Success", "Message"} for each in told.values())
    return {int(number): each["Success"] for number, each in told.items()}


def status(dataworks: DataWorksCaller, instance: int) -> Any:
    """A task instance as it stands."""
    return dataworks.call("GetTaskInstance", Id=instance)["TaskInstance"]


def waiting(dataworks: DataWorksCaller, site: Site, gate: str, days: int = 1) -> tuple[int, list[int], list[int]]:
    """A backfill of `hold` and what follows it: its number, its dates, and the instances of the first."""
    parameters = f"gate={site.gate(gate)}"
    include = {"IncludeTaskIds": [1240, 1241], "Mode": "ManualSelection"}
    made = dataworks.created(1240, days=days, WorkflowParameters=parameters, DefaultRunProperties=include)
    first = made["WorkflowInstanceIds"][0] << 20
    return made["UnifiedWorkflowInstanceIds"][0], made["WorkflowInstanceIds"], [first, first + 1]


def until(site: Site, instance: int, state: str) -> None:
    site.until(f"/v1/task_instances/{instance}", lambda it: it["state"] == state)


def test_a_life_of_a_task_instance(site: Site, dataworks: DataWorksCaller) -> None:
    """Suspended, resumed, stopped, rerun, set to success: each act shows in the words that a list has."""
    number, (run,), (hold, after) = waiting(dataworks, site, "life")
    until(site, hold, "running")
    assert status(dataworks, hold)["Status"] == "Running"
    assert status(dataworks, after)["Status"] == "NotRun"

    assert info(dataworks, "SuspendTaskInstances", [after], Comment="wait") == {after: True}
    assert status(dataworks, after)["TriggerRecurrence"] == "Pause"
    assert info(dataworks, "ResumeTaskInstances", [after]) == {after: True}
    assert status(dataworks, after)["TriggerRecurrence"] == "Normal"

    assert info(dataworks, "StopTaskInstances", [hold, 4711]) == {hold: True, 4711: False}
    until(site, hold, "cancelled")
    stopped = status(dataworks, hold)
    assert (stopped["Status"], stopped["OperationType"]) == ("Failure", "Stop")

    assert info(dataworks, "SetSuccessTaskInstances", [hold]) == {hold: True}
    site.stands(number, "succeeded")
    assert status(dataworks, after)["Status"] == "Success"
    assert dataworks.call("GetWorkflowInstance", Id=run)["WorkflowInstance"]["Status"] == "Success"

    assert info(dataworks, "SuspendTaskInstances", [hold]) == {hold: False}
    site.gate("life").touch()
    assert info(dataworks, "RerunTaskInstances", [hold], UseLatestConfig=True) == {hold: True}
    site.until(f"/v1/task_instances/{hold}", lambda it: it["attempt"] == 2 and it["state"] == "succeeded")
    reruns = [each for each in audit(site) if each["what"] == "rerun" and each["about"].get("instances") == [hold]]
    assert "catalog_version" in reruns[0]["about"]


def test_workflow_instances_start_and_stop(site: Site, dataworks: DataWorksCaller) -> None:
    """A backfill that was not started starts as a whole by any of its dates; each date can be stopped."""
    made = dataworks.created(1237, days=2, AutoStartEnabled=False)
    first, second = made["WorkflowInstanceIds"]
    word = dataworks.call("GetWorkflowInstance", Id=second)["WorkflowInstance"]["Status"]
    assert word == "NotRun"
    assert info(dataworks, "StartWorkflowInstances", [second, 4711], Comment="go") == {second: True, 4711: False}
    site.until(f"/v1/backfills/{made['UnifiedWorkflowInstanceIds'][0]}", lambda it: it["status"] != "not_started")
    assert info(dataworks, "StopWorkflowInstances", [first]) == {first: True}
    site.until(f"/v1/runs/{first}", lambda it: it["status"] == "cancelled")
    assert dataworks.call("GetWorkflowInstance", Id=first)["WorkflowInstance"]["Status"] == "Failure"
    assert info(dataworks, "StopWorkflowInstances", [second]) == {second: True}


def rerun(dataworks: DataWorksCaller, **asked: object) -> Any:
    """What became of a rerun of workflow instances."""
    needs = {"ProjectId": 100, "WorkflowId": 1001, "Type": "SupplementData"}
    operation = dataworks.call("RerunWorkflowInstances", **{**needs, **asked})["OperationId"]
    result = {"Status": "NotRun"}
    while result["Status"] == "NotRun":
        result = dataworks.call("GetRerunWorkflowInstancesResult", OperationId=operation)["Result"]
    return result


@pytest.mark.parametrize(
    ("inside", "again"),
    [
        (None, {0, 1}),
        ({"TaskIds": [1240]}, {0}),
        ({"TaskName": "AFTER"}, {1}),
        ({"TaskTypes": ["VIRTUAL"]}, {1}),
        ({"TaskInstanceStatuses": ["Success"], "TaskIds": [1241]}, {1}),
        ({"TaskIds": [1240], "RerunDownstreamEnabled": True}, {0, 1}),
    ],
)
def test_rerunning_workflow_instances(
    site: Site, dataworks: DataWorksCaller, inside: dict[str, object] | None, again: set[int]
) -> None:
    """What its filter has of the dates that pass runs again, also after success, and with it what follows if asked."""
    site.gate("again").touch()
    number, runs, instances = waiting(dataworks, site, "again")
    site.stands(number, "succeeded")
    asked = {} if inside is None else {"Filter": inside}
    assert rerun(dataworks, Ids=runs, **asked) == {"Status": "Success"}
    # a virtual task has no attempts: its rerun shows in the time of its last change
    acts = [each for each in audit(site) if each["what"] == "rerun" and each["about"].get("backfill") == number]
    assert acts[0]["counts"]["accepted"] == len(again)
    site.stands(number, "succeeded")
    attempts = site.get(f"/v1/task_instances/{instances[0]}")["attempt"]
    assert attempts == (2 if 0 in again else 1)


def audit(site: Site) -> list[Any]:
    found: list[Any] = site.get("/v1/audit", limit=50)["items"]
    return found


MATCHING: list[tuple[dict[str, object], bool]] = [
    ({"Bizdate": 1704067200000}, True),
    ({"Bizdate": 1704067200000 + DAY}, False),
    ({"EnvType": "Prod"}, True),
    ({"EnvType": "Dev"}, False),
    ({"Name": "relo"}, True),
    ({"Name": "other"}, False),
    ({"Status": "Success"}, True),
    ({"Status": "Failure"}, False),
    ({"Type": "ManualWorkflow"}, False),
    ({"WorkflowId": 2}, False),
    ({"WorkflowId": 1}, True),
    ({"StartTriggerTime": 0, "EndTriggerTime": 4_000_000_000_000}, True),
    ({"StartTriggerTime": 0, "EndTriggerTime": 1}, False),
    ({"StartTriggerTime": 4_000_000_000_000, "EndTriggerTime": 4_000_000_000_001}, False),
]


def test_what_is_rerun(site: Site, dataworks: DataWorksCaller) -> None:
    """Each field keeps the workflow instances that have that; where none is left nothing is done."""
    made = dataworks.created(1241)
    site.stands(made["UnifiedWorkflowInstanceIds"][0], "succeeded")
    needs = {"ProjectId": 100, "WorkflowId": 1001, "Type": "SupplementData", "Ids": made["WorkflowInstanceIds"]}
    for asked, passes in MATCHING:
        answer = dataworks.send("RerunWorkflowInstances", {**needs, **asked})
        assert answer.status_code == (200 if passes else 404), (asked, answer.text)
    half = dataworks.refused("RerunWorkflowInstances", **needs, StartTriggerTime=1)
    assert half == (400, "InvalidParameter.StartTriggerTime")
    strange = dataworks.refused("RerunWorkflowInstances", **needs, Filter={"Nonsense": 1})
    assert strange == (400, "InvalidParameter.Nonsense")


def test_a_rerun_that_comes_to_nothing(site: Site, dataworks: DataWorksCaller) -> None:
    """Where each instance refuses, the result is a failure that says why."""
    number, runs, (hold, _) = waiting(dataworks, site, "nothing")
    until(site, hold, "running")
    result = rerun(dataworks, Ids=runs, Filter={"TaskIds": [1240]})
    assert result["Status"] == "Failure"
    assert result["FailureMessage"].startswith(f"{hold}: ")
    info(dataworks, "StopWorkflowInstances", runs)
    site.stands(number, "cancelled")


def test_triggering_by_its_time(site: Site, dataworks: DataWorksCaller) -> None:
    """The instance of a task at a cycle time starts at once, held or not; where there is none it is not found."""
    made = dataworks.created(1237)  # planned but held
    instance, day = made["WorkflowInstanceIds"][0] << 20, 1704067200000 - 8 * 3_600_000
    due = {"TaskId": 1237, "TriggerTime": day + DAY}
    assert dataworks.refused("TriggerSchedulerTaskInstance", **due, EnvType="Dev")[0] == 404
    assert dataworks.refused("TriggerSchedulerTaskInstance", TaskId=1237, TriggerTime=day + DAY + 1)[0] == 404
    assert dataworks.call("TriggerSchedulerTaskInstance", **due, EnvType="Prod")["Success"] is True
    until(site, instance, "succeeded")


def test_priorities(site: Site, dataworks: DataWorksCaller) -> None:
    """Each instance gets the priority that is asked for it; only what DataWorks has is taken."""
    made = dataworks.created(1240, days=2, AutoStartEnabled=False)
    first, second = (run << 20 for run in made["WorkflowInstanceIds"])
    asked = [{"Id": first, "Priority": 7}, {"Id": second, "Priority": 3}, {"Id": 4711, "Priority": 1}]
    told = dataworks.call("UpdateTaskInstances", TaskInstances=asked, Comment="p")["SuccessInfo"]
    assert {number: each["Success"] for number, each in told.items()} == {
        str(first): True,
        str(second): True,
        "4711": False,
    }
    assert (status(dataworks, first)["Priority"], status(dataworks, second)["Priority"]) == (7, 3)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([], "InvalidParameter.TaskInstances"),
        ([1], "InvalidParameter.TaskInstances"),
        ([{"Id": 1}], "MissingParameter.Priority"),
        ([{"Priority": 1}], "MissingParameter.Id"),
        ([{"Id": 1, "Priority": 2}], "InvalidParameter.Priority"),
        ([{"Id": 1, "Priority": 1, "RuntimeResource": "rg"}], "InvalidParameter.RuntimeResource"),
        ([{"Id": 1, "Priority": 1, "DataSource": {"Name": "x"}}], "InvalidParameter.DataSource"),
    ],
)
def test_updates_that_are_refused(dataworks: DataWorksCaller, given: list[object], code: str) -> None:
    """What cannot be changed of an instance is refused, not ignored."""
    assert dataworks.refused("UpdateTaskInstances", TaskInstances=given) == (400, code)


def test_cutting(site: Site, dataworks: DataWorksCaller) -> None:
    """An instance no longer waits for what is named; what it does not wait for is refused by its field."""
    number, _, (hold, after) = waiting(dataworks, site, "cut")
    assert dataworks.refused("RemoveTaskInstanceDependencies", Id=after, UpstreamTaskInstanceIds=[after]) == (
        400,
        "InvalidParameter.UpstreamTaskInstanceIds",
    )
    cut = dataworks.call("RemoveTaskInstanceDependencies", Id=after, UpstreamTaskInstanceIds=[hold], Comment="no need")
    assert cut["Success"] is True
    until(site, after, "succeeded")
    logs = dataworks.call("ListTaskInstanceOperationLogs", Id=after)["PagingInfo"]["OperationLogs"]
    assert any(each["OperationContent"].endswith(": no need") for each in logs)
    info(dataworks, "StopTaskInstances", [hold])
    site.stands(number, "cancelled")


def test_what_was_done(site: Site, dataworks: DataWorksCaller) -> None:
    """The log of operations has each act that an instance, its date or its backfill was named in, and why; by days."""
    number, (run,), (hold, after) = waiting(dataworks, site, "done")
    info(dataworks, "SuspendTaskInstances", [after], Comment="wait for Ann")
    info(dataworks, "StopWorkflowInstances", [run], Comment="not today")
    site.stands(number, "cancelled")
    page = dataworks.call("ListTaskInstanceOperationLogs", Id=after)["PagingInfo"]
    contents = [each["OperationContent"] for each in page["OperationLogs"]]
    assert contents == ["cancel: not today", "hold: wait for Ann", "accepted"]
    assert {each["User"] for each in page["OperationLogs"]} == {f"sdk ({dataworks.key})"}
    assert {each["TaskInstanceId"] for each in page["OperationLogs"]} == {after}
    other = dataworks.call("ListTaskInstanceOperationLogs", Id=hold, PageSize=1, PageNumber=2)["PagingInfo"]
    assert (other["TotalCount"], [each["OperationContent"] for each in other["OperationLogs"]]) == (2, ["accepted"])
    today = page["OperationLogs"][0]["CreateTime"]
    assert dataworks.call("ListTaskInstanceOperationLogs", Id=hold, Date=today)["PagingInfo"]["TotalCount"] == 2
    assert (
        dataworks.call("ListTaskInstanceOperationLogs", Id=hold, Date=today - 2 * DAY)["PagingInfo"]["TotalCount"] == 0
    )
    old = dataworks.refused("ListTaskInstanceOperationLogs", Id=hold, Date=today - 40 * DAY)
    assert old == (400, "InvalidParameter.Date")


def test_what_was_done_to_many(site: Site, dataworks: DataWorksCaller) -> None:
    """An act on instances of several backfills is in the log of each that it has named, and of no other."""
    _, (run,), (hold, after) = waiting(dataworks, site, "many")
    _, (other,), _ = waiting(dataworks, site, "more")
    info(dataworks, "StopWorkflowInstances", [run, other])
    whose = {"ProjectId": 100, "WorkflowId": 1001, "Type": "SupplementData", "Ids": [run, other]}
    dataworks.call("RerunWorkflowInstances", **whose, Filter={"TaskIds": [1241]})

    def done(instance: int) -> list[str]:
        page = dataworks.call("ListTaskInstanceOperationLogs", Id=instance)["PagingInfo"]
        return [each["OperationContent"] for each in page["OperationLogs"]]

    site.until(f"/v1/task_instances/{after}", lambda it: it["state"] == "waiting")
    deadline = time.monotonic() + PATIENCE
    while done(after)[0] != "rerun":
        assert time.monotonic() < deadline
    assert (done(after), done(hold)) == (["rerun", "cancel", "accepted"], ["cancel", "accepted"])
    info(dataworks, "StopWorkflowInstances", [run, other])


def test_a_verdict_of_many() -> None:
    """A workflow instance that the caller sees in part succeeds if all that he sees of it does."""
    good, bad, later = Verdict(Word.ACCEPTED), Verdict(Word.REJECTED, "no"), Verdict(Word.LATER, "", 5)
    assert _verdict([good, good]) == {"Success": True, "Message": ""}
    assert _verdict([good, bad]) == {"Success": False, "Message": "no"}
    assert _verdict([good, later]) == {"Success": True, "Message": "within 5 s"}
