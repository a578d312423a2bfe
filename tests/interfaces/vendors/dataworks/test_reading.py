"""Lists are narrowed by every field that they take, in the order and on the page that is asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interfaces.http.site import Site
from interfaces.vendors.dataworks.calling import DataWorksCaller

from backfilld.engine.snapshot import SETTLED
from backfilld.engine.states import TERMINAL, AttemptState, State
from backfilld.interfaces.http.doors.dataworks.catalog import TASKS, WORKFLOWS
from backfilld.interfaces.http.doors.dataworks.finding import few
from backfilld.interfaces.http.doors.dataworks.reading import INSTANCES, LARGEST_LOG, RUNS, _written
from backfilld.interfaces.vendors.dataworks.paging import PAGES, Order, in_order, page_of
from backfilld.interfaces.vendors.dataworks.refusals import Refusal
from backfilld.interfaces.vendors.dataworks.words import (
    FILTERED,
    STATUSES,
    attempt_status,
    recurrence,
    run_status,
    task_status,
)
from backfilld.ports import LogPart

DAY = 86_400_000
FIRST = 1704067200000 - 8 * 3_600_000
"""Midnight of 2024-01-01 in Shanghai."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A backfill of two dates: `first` succeeds, `second` fails, `third` waits for it for ever; and one of `hold`."""

    number: int
    runs: list[int]
    other: int
    before: datetime

    def instance(self, ordinal: int, date: int = 0) -> int:
        return (self.runs[date] << 20) + ordinal


@pytest.fixture(scope="module")
def ended(site: Site, dataworks: DataWorksCaller) -> Ended:
    """Both stand still: the second one is in Dev, was not started, and is somebody else's."""
    before = datetime.now(UTC)
    chain = {"Mode": "Chain", "RootTaskIds": [], "IncludeTaskIds": [1234, 1236]}
    tags = [{"Key": "who", "Value": "me"}]
    made = dataworks.created(
        days=2, Name="Reload all", DefaultRunProperties=chain, Tags=tags, WorkflowParameters="gate=x"
    )
    (number,) = made["UnifiedWorkflowInstanceIds"]
    site.stands(number, "failed")
    other = dataworks.created(1240, Name="gates", EnvType="Dev", AutoStartEnabled=False, Type="SupplementData")
    return Ended(number, made["WorkflowInstanceIds"], other["UnifiedWorkflowInstanceIds"][0], before)


def runs(dataworks: DataWorksCaller, **asked: object) -> list[Any]:
    """A list of workflow instances."""
    found: list[Any] = dataworks.call("ListWorkflowInstances", ProjectId=100, PageSize=500, **asked)["PagingInfo"][
        "WorkflowInstances"
    ]
    return found


def instances(dataworks: DataWorksCaller, **asked: object) -> list[Any]:
    """A list of task instances."""
    found: list[Any] = dataworks.call("ListTaskInstances", ProjectId=100, PageSize=500, **asked)["PagingInfo"][
        "TaskInstances"
    ]
    return found


def test_a_workflow_instance(dataworks: DataWorksCaller, ended: Ended) -> None:
    """A date of a backfill has whatever there is of it to say."""
    run = dataworks.call("GetWorkflowInstance", Id=ended.runs[1])["WorkflowInstance"]
    mine = f"sdk ({dataworks.key})"
    wanted = {"Id": ended.runs[1], "Name": "Reload all", "Type": "SupplementData", "Status": "Failure"}
    wanted |= {"BizDate": FIRST + DAY, "EnvType": "Prod", "ProjectId": 100, "Owner": mine, "CreateUser": mine}
    wanted |= {"WorkflowId": 1001, "UnifiedWorkflowInstanceId": ended.number, "WorkflowParameters": "gate=x"}
    wanted |= {"Tags": [{"Key": "team", "Value": "data"}, {"Key": "who", "Value": "me"}]}
    assert {name: run[name] for name in wanted} == wanted
    assert run["CreateTime"] <= run["StartedTime"] <= run["FinishedTime"] == run["ModifyTime"]


RUN_FIELDS = [
    ("BizDate", FIRST, {0}),
    ("BizDate", FIRST + DAY, {1}),
    ("BizDate", 0, {0, 1}),
    ("EnvType", "Prod", {0, 1}),
    ("EnvType", "Dev", set()),
    ("Name", "RELOAD", {0, 1}),
    ("Name", "gates", set()),
    ("Owner", "somebody", set()),
    ("Tags", ["who"], {0, 1}),
    ("Tags", ["who=me", "none"], {0, 1}),
    ("Tags", ["who=you"], set()),
    ("Type", "SupplementData", {0, 1}),
    ("Type", "Normal", set()),
    ("WorkflowId", 1001, {0, 1}),
    ("WorkflowId", 1, {0, 1}),
    ("WorkflowId", 2, set()),
    ("UnifiedWorkflowInstanceId", 10**9, set()),
    ("Filter", {"status": "Failure"}, {0, 1}),
    ("Filter", {"status": "Success"}, set()),
    ("Filter", {"executionDate": "2001-01-01"}, set()),
    ("Filter", {"executionDate": 1}, set()),
]


@pytest.mark.parametrize(("name", "value", "dates"), RUN_FIELDS)
def test_what_narrows_workflow_instances(
    dataworks: DataWorksCaller, ended: Ended, name: str, value: object, dates: set[int]
) -> None:
    """Each field keeps what has that, and nothing else."""
    asked = {"Ids": ended.runs, name: value}
    assert {run["Id"] for run in runs(dataworks, **asked)} == {ended.runs[date] for date in dates}


def test_workflow_instances_without_ids(dataworks: DataWorksCaller, ended: Ended) -> None:
    """A date, or a backfill, is enough to find them; the day on which they began is one of them."""
    assert [run["Id"] for run in runs(dataworks, UnifiedWorkflowInstanceId=ended.number)] == ended.runs[::-1]
    on_first = {run["UnifiedWorkflowInstanceId"] for run in runs(dataworks, BizDate=FIRST)}
    assert {ended.number, ended.other} <= on_first
    mine = f"sdk ({dataworks.key})"
    assert ended.number in {run["UnifiedWorkflowInstanceId"] for run in runs(dataworks, Owner=mine)}
    began = runs(dataworks, Ids=ended.runs)[0]["StartedTime"]
    assert len(runs(dataworks, Ids=ended.runs, Filter={"executionDate": began})) == 2


def test_a_task_instance(dataworks: DataWorksCaller, ended: Ended) -> None:
    """A task instance has what its task, its date and its attempt say."""
    item = dataworks.call("GetTaskInstance", Id=ended.instance(0))["TaskInstance"]
    wanted = {"Id": ended.instance(0), "TaskId": 1234, "TaskName": "first", "TaskType": "DIDE_SHELL"}
    wanted |= {"Status": "Success", "Bizdate": FIRST, "TriggerType": "Scheduler", "TriggerRecurrence": "Normal"}
    wanted |= {"TriggerTime": FIRST + DAY, "WorkflowId": 1001, "WorkflowName": "nightly", "ProjectId": 100}
    wanted |= {"WorkflowInstanceId": ended.runs[0], "WorkflowInstanceType": "SupplementData", "ProjectEnv": "Prod"}
    wanted |= {"UnifiedWorkflowInstanceId": ended.number, "Owner": "u1", "Priority": 1, "RerunMode": "AllAllowed"}
    wanted |= {"RunNumber": 1, "Timeout": 3600, "RuntimeResource": {"ResourceGroupId": "default"}}
    wanted |= {"Description": "the first", "Tags": [{"Key": "kind", "Value": "raw"}]}
    wanted |= {"Script": {"Content": 'echo "$d"', "Parameters": "d=0 e=0"}}
    assert {name: item[name] for name in wanted} == wanted
    assert item["CreateTime"] <= item["StartedTime"] <= item["FinishedTime"] <= item["ModifyTime"]
    assert instances(dataworks, Ids=[ended.instance(0)])[0]["ScriptParameters"] == "d=0 e=0"


INSTANCE_FIELDS: list[tuple[dict[str, object], set[int]]] = [
    ({}, {0, 1, 2}),
    ({"Bizdate": FIRST}, {0, 1, 2}),
    ({"Bizdate": FIRST + DAY}, set()),
    ({"ProjectEnv": "Dev"}, set()),
    ({"Owner": "u1"}, {0, 1}),
    ({"Owner": "u2"}, {2}),
    ({"RuntimeResource": "default"}, {0, 1, 2}),
    ({"RuntimeResource": "other"}, set()),
    ({"Status": "Success"}, {0}),
    ({"Status": "Failure"}, {1}),
    ({"Status": "NotRun"}, {2}),
    ({"TaskId": 1234}, {0}),
    ({"TaskIds": [1234, 1235]}, {0, 1}),
    ({"TaskId": 1234, "TaskIds": [1235]}, set()),
    ({"TaskName": "IR"}, {0, 2}),
    ({"TaskType": "VIRTUAL"}, {2}),
    ({"TriggerRecurrence": "Normal"}, {0, 1, 2}),
    ({"TriggerRecurrence": "Pause"}, set()),
    ({"TriggerType": "Manual"}, set()),
    ({"WorkflowId": 1001}, {0, 1, 2}),
    ({"WorkflowId": 1}, {0, 1, 2}),
    ({"WorkflowId": 2}, set()),
    ({"WorkflowInstanceType": "SupplementData"}, {0, 1, 2}),
    ({"WorkflowInstanceType": "Manual"}, set()),
    ({"UnifiedWorkflowInstanceId": 10**9}, set()),
    ({"Filter": {"startedTimeStart": 1}}, {0, 1}),
    ({"Filter": {"startedTimeEnd": 1}}, set()),
    ({"Filter": {"finishedTimeStart": 1, "finishedTimeEnd": 4_000_000_000_000}}, {0, 1}),
    ({"Filter": {"createTimeStart": 1}}, {0, 1, 2}),
    ({"Filter": {"createTimeEnd": 1}}, set()),
]


@pytest.mark.parametrize(("asked", "found"), INSTANCE_FIELDS, ids=lambda value: json.dumps(value, default=str)[:40])
@pytest.mark.parametrize("by", ["Ids", "WorkflowInstanceId"])
def test_what_narrows_task_instances(
    dataworks: DataWorksCaller, ended: Ended, by: str, asked: dict[str, object], found: set[int]
) -> None:
    """Each field keeps what has that, whichever way they are looked for."""
    where: object = [ended.instance(ordinal) for ordinal in range(3)] if by == "Ids" else ended.runs[0]
    shown = instances(dataworks, **{by: where}, **asked)
    assert {item["Id"] for item in shown} == {ended.instance(ordinal) for ordinal in found}


def test_task_instances_of_a_date_or_a_backfill(dataworks: DataWorksCaller, ended: Ended) -> None:
    """A business date finds those of all backfills, a backfill those of all its dates; nothing at all is too little."""
    assert {item["UnifiedWorkflowInstanceId"] for item in instances(dataworks, Bizdate=FIRST)} >= {
        ended.number,
        ended.other,
    }
    assert len(instances(dataworks, UnifiedWorkflowInstanceId=ended.number, Bizdate=0)) == 6
    assert dataworks.refused("ListTaskInstances", ProjectId=100, Bizdate=0) == (400, "InvalidParameter.Bizdate")
    assert dataworks.refused("ListTaskInstances", Bizdate=0) == (400, "MissingParameter.ProjectId")


def test_every_field_of_the_lists_is_tried() -> None:
    """No field is taken that the tests above do not ask for."""
    assert set(RUNS) == {name for name, _, _ in RUN_FIELDS} | {"ProjectId", "Ids", "SortBy", *PAGES}
    tried = {name for asked, _ in INSTANCE_FIELDS for name in asked}
    assert set(INSTANCES) == tried | {"ProjectId", "Id", "Ids", "WorkflowInstanceId", "SortBy", *PAGES}
    catalog = {name for _, asked, _ in CATALOG_FIELDS for name in asked} | {"ProjectId", "SortBy", *PAGES}
    assert (set(TASKS) | set(WORKFLOWS)) == catalog


@pytest.mark.parametrize("field", ["Id", "TriggerTime", "StartedTime", "FinishedTime", "CreateTime"])
def test_sorting(dataworks: DataWorksCaller, ended: Ended, field: str) -> None:
    """By the field that is named, Asc where nothing is said of that; what has no such time comes last."""
    every = {"UnifiedWorkflowInstanceId": ended.number}
    for direction, reverse in (("", False), (" Asc", False), (" Desc", True)):
        found = instances(dataworks, **every, SortBy=f"{field}{direction}")
        known = [item[field] for item in found if field in item]
        assert known == sorted(known, reverse=reverse)
        assert all(field in item for item in found[: len(known)])
        listed = [run.get("CreateTime" if field == "TriggerTime" else field) for run in runs(dataworks, **every)]
        assert len(listed) == 2
    assert [item["Id"] for item in instances(dataworks, **every)] == sorted(
        (item["Id"] for item in instances(dataworks, **every)), reverse=True
    )


def test_pages(dataworks: DataWorksCaller, ended: Ended) -> None:
    """Pages count from 1, ten items each unless said; one past the last is empty and says how many there are."""
    asked = {"ProjectId": 100, "UnifiedWorkflowInstanceId": ended.number}
    pages = [
        dataworks.call("ListTaskInstances", **asked, PageSize=4, PageNumber=number)["PagingInfo"]
        for number in (1, 2, 3)
    ]
    assert [len(page["TaskInstances"]) for page in pages] == [4, 2, 0]
    assert {page["TotalCount"] for page in pages} == {6}
    assert dataworks.call("ListTaskInstances", **asked)["PagingInfo"]["PageSize"] == 10


@given(st.lists(st.integers(0, 50), unique=True), st.integers(1, 9), st.booleans())
def test_pages_are_the_whole_list(items: list[int], size: int, descending: bool) -> None:
    """All pages one after the other have each item once, in order."""
    ordered = in_order(items, Order("Id", descending), lambda item, name: item, lambda item: item)
    assert ordered == sorted(items, reverse=descending)
    pages: list[Any] = []
    for number in range(1, len(items) // size + 2):
        asked = {"PageNumber": number, "PageSize": size}
        page: Any = page_of(ordered, asked, "Items", lambda item: item)["PagingInfo"]
        pages += page["Items"]
    assert pages == ordered


def test_earlier_attempts(site: Site, dataworks: DataWorksCaller) -> None:
    """With `Id` each attempt has its entry, told apart by its number, and its log; without, the last alone."""
    made = dataworks.created(1235)
    (number,), instance = made["UnifiedWorkflowInstanceIds"], made["WorkflowInstanceIds"][0] << 20
    site.stands(number, "failed")
    assert dataworks.call("RerunTaskInstances", Ids=[instance])["SuccessInfo"][str(instance)]["Success"]
    site.until(f"/v1/task_instances/{instance}", lambda it: it["attempt"] == 2 and it["state"] == "failed")
    assert [item["RunNumber"] for item in instances(dataworks, Id=instance)] == [2, 1]
    assert {item["Status"] for item in instances(dataworks, Id=instance)} == {"Failure"}
    assert [item["RunNumber"] for item in instances(dataworks, Ids=[instance])] == [2]
    first, second = (item["StartedTime"] for item in instances(dataworks, Id=instance))
    assert second < first


def test_logs(dataworks: DataWorksCaller, ended: Ended) -> None:
    """The log is that of the attempt that is asked for, the last one unless said; of none there is nothing."""
    log = dataworks.call("GetTaskInstanceLog", Id=ended.instance(0))["TaskInstanceLog"]
    assert log == "0\n"
    assert dataworks.call("GetTaskInstanceLog", Id=ended.instance(0), RunNumber=1)["TaskInstanceLog"] == log
    assert dataworks.call("GetTaskInstanceLog", Id=ended.instance(2))["TaskInstanceLog"] == ""
    missing = dataworks.refused("GetTaskInstanceLog", Id=ended.instance(0), RunNumber=7)
    assert missing == (404, "InvalidRunNumber.NotFound")


class Scribe:
    """An executor whose one attempt has written that much."""

    def __init__(self, size: int) -> None:
        self.size = size

    def log(self, attempt: str, offset: int, most: int) -> LogPart:
        return LogPart(offset, b"x" * min(most, self.size - offset), self.size)


@pytest.mark.parametrize("more", [0, 1, 1_000_000])
def test_very_long_logs(more: int) -> None:
    """An answer has so much of a log, and says how much it has not."""
    log = _written(Scribe(LARGEST_LOG + more), "a")
    assert log.count("x") == LARGEST_LOG
    assert log.rstrip("x\n").lstrip("x\n") == (f"[{more:,} more bytes]" if more else "")


@given(st.integers(0, 30), st.integers(1, 20))
def test_few_are_looked_at(count: int, most: int) -> None:
    """So many items pass, and one more is refused."""
    if count <= most:
        assert list(few(iter(range(count)), most)) == list(range(count))
    else:
        with pytest.raises(Refusal, match=f"at most {most} items"):
            list(few(iter(range(count)), most))


def test_neighbours(dataworks: DataWorksCaller, ended: Ended) -> None:
    """What an instance waits for and what waits for it, page by page."""
    up = dataworks.call("ListUpstreamTaskInstances", Id=ended.instance(1))["PagingInfo"]
    assert [(each["DependencyType"], each["TaskInstance"]["TaskName"]) for each in up["UpstreamTaskInstances"]] == [
        ("Normal", "first")
    ]
    flat = [{**each["TaskInstance"], "StepType": "Normal"} for each in up["UpstreamTaskInstances"]]
    assert up["TaskInstances"] == flat
    down = dataworks.call("ListDownstreamTaskInstances", Id=ended.instance(1), PageSize=1, PageNumber=1)["PagingInfo"]
    assert [each["TaskInstance"]["TaskName"] for each in down["DownstreamTaskInstances"]] == ["third"]
    assert dataworks.call("ListUpstreamTaskInstances", Id=ended.instance(1), PageNumber=2)["PagingInfo"] == {
        "PageNumber": 2,
        "PageSize": 10,
        "TotalCount": 1,
        "UpstreamTaskInstances": [],
        "TaskInstances": [],
    }


def test_neighbours_of_another_date(dataworks: DataWorksCaller) -> None:
    """A dependency on another cycle is told as such."""
    made = dataworks.created(1238, days=2, AutoStartEnabled=False)
    instance = made["WorkflowInstanceIds"][1] << 20
    up = dataworks.call("ListUpstreamTaskInstances", Id=instance)["PagingInfo"]["UpstreamTaskInstances"]
    assert [each["DependencyType"] for each in up] == ["CrossCycle"]


def test_a_task(dataworks: DataWorksCaller) -> None:
    """A task is shown with what it runs, when, where, and what it waits for."""
    task = dataworks.call("GetTask", Id=1234)["Task"]
    wanted = {"Id": 1234, "Name": "first", "Type": "DIDE_SHELL", "ProjectId": 100, "ProjectEnv": "Prod", "Owner": "u1"}
    wanted |= {"RerunTimes": 1, "RerunInterval": 600, "Timeout": 3600, "InstanceMode": "T+1", "WorkflowId": 1001}
    wanted |= {"Script": {"Content": 'echo "$d"', "Parameters": "d=0 e=0"}, "Dependencies": []}
    assert {name: task[name] for name in wanted} == wanted
    trigger = {"Type": "Scheduler", "Recurrence": "Normal", "Cron": "0 0 * * *", "Timezone": "Asia/Shanghai"}
    assert task["Trigger"] == trigger
    chained = dataworks.call("GetTask", Id=1238, ProjectEnv="Dev")["Task"]
    assert chained["ProjectEnv"] == "Dev"
    assert [each["Type"] for each in chained["Dependencies"]] == ["Normal", "CrossCycleDependsOnSelf"]


CATALOG_FIELDS: list[tuple[str, dict[str, object], set[int]]] = [
    ("Tasks", {}, {1234, 1235, 1236, 1237, 1238, 1240, 1241, 9, 7, 8}),
    ("Tasks", {"ProjectEnv": "Dev", "TriggerRecurrence": "Pause"}, {1237}),
    ("Tasks", {"Ids": [1234, 4711]}, {1234}),
    ("Tasks", {"Name": "HOLD"}, {1240, 1241}),
    ("Tasks", {"Owner": "u2"}, {1236}),
    ("Tasks", {"RuntimeResource": "other"}, set()),
    ("Tasks", {"TaskType": "PYTHON"}, {8}),
    ("Tasks", {"TriggerType": "Manual"}, {7, 8}),
    ("Tasks", {"WorkflowId": 2}, {7, 8}),
    ("Tasks", {"WorkflowId": 1, "Name": "ir"}, {1234, 1236}),
    ("Workflows", {}, {1001, 2}),
    ("Workflows", {"EnvType": "Dev", "Ids": [2]}, {2}),
    ("Workflows", {"Name": "night"}, {1001}),
    ("Workflows", {"Owner": "u1"}, {1001}),
    ("Workflows", {"Tags": ["team", "none"]}, {1001}),
    ("Workflows", {"Tags": ["none"]}, set()),
    ("Workflows", {"TriggerType": "Manual"}, {2}),
]


@pytest.mark.parametrize(("kind", "asked", "found"), CATALOG_FIELDS, ids=lambda value: str(value)[:40])
def test_what_narrows_the_catalog(
    dataworks: DataWorksCaller, kind: str, asked: dict[str, object], found: set[int]
) -> None:
    """Each field keeps what has that; the newest ids come first unless said."""
    for order, reverse in ({}, True), ({"SortBy": "Id Asc"}, False):
        page = dataworks.call(f"List{kind}", ProjectId=100, PageSize=100, **asked, **order)["PagingInfo"]
        assert [item["Id"] for item in page[kind]] == sorted(found, reverse=reverse)
        assert page["TotalCount"] == len(found)
    environment = asked.get("ProjectEnv") or asked.get("EnvType") or "Prod"
    assert all(item["EnvType"] == environment for item in page[kind])


def test_neighbours_in_the_catalog(dataworks: DataWorksCaller) -> None:
    """What a task waits for, and what waits for it."""
    up = dataworks.call("ListUpstreamTasks", Id=1238, ProjectEnv="Dev")["PagingInfo"]["UpstreamTasks"]
    assert [(each["Task"]["Id"], each["DependencyType"]) for each in up] == [(1236, "Normal"), (1238, "CrossCycle")]
    assert up[0]["Task"]["ProjectEnv"] == "Dev"
    down = dataworks.call("ListDownstreamTasks", Id=1234, PageSize=1, PageNumber=2)["PagingInfo"]
    assert (down["TotalCount"], [each["Task"]["Id"] for each in down["DownstreamTasks"]]) == (2, [9])


def test_a_workflow(dataworks: DataWorksCaller) -> None:
    """A workflow has its tasks, parameters and tags."""
    flow = dataworks.call("GetWorkflow", Id=2, EnvType="Dev")["Workflow"]
    assert (flow["Name"], flow["Parameters"], flow["Trigger"], flow["EnvType"]) == (
        "by_hand",
        "k1=none",
        {"Type": "Manual"},
        "Dev",
    )
    assert [task["Name"] for task in flow["Tasks"]] == ["one", "two"]
    assert dataworks.refused("GetWorkflow", Id=4711) == (404, "InvalidWorkflow.NotFound")


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("idle", [True, False])
@pytest.mark.parametrize("timely", [True, False])
def test_every_state_has_a_word(state: State, idle: bool, timely: bool) -> None:
    """A task instance's word is one of theirs; what has ended does not depend on anything else."""
    word = task_status(state, idle=idle, timely=timely)
    assert word in FILTERED
    assert (word in ("Success", "Failure")) is (state in TERMINAL)
    assert recurrence(state, idle=idle) in ("Normal", "Pause", "Skip")
    assert all(attempt_status(each) in STATUSES for each in AttemptState)


@pytest.mark.parametrize("admitted", [True, False])
def test_every_word_of_runs_has_theirs(admitted: bool) -> None:
    """A date's word is one of theirs, final exactly when ours is."""
    for word in (
        "not_started",
        "queued",
        "running",
        "waiting",
        "pausing",
        "paused",
        "succeeded",
        "failed",
        "cancelled",
    ):
        found = run_status(word, admitted=admitted)
        assert found in STATUSES
        assert (found in ("Success", "Failure")) is (word in SETTLED)


def test_what_waits_to_try_again_runs(dataworks: DataWorksCaller) -> None:
    """Its date runs, and only the task instance waits for its time."""
    made = dataworks.made(Name="again", ProjectId=200, WorkflowId=2003, Type="ManualWorkflow")
    (run,) = made["WorkflowInstanceIds"]
    dataworks.site.until(f"/v1/runs/{run}", lambda it: it["status"] == "waiting")
    one = dataworks.call("GetWorkflowInstance", Id=run)["WorkflowInstance"]
    listed = dataworks.call("ListTaskInstances", ProjectId=200, WorkflowInstanceId=run)["PagingInfo"]["TaskInstances"]
    assert (one["Status"], [each["Status"] for each in listed]) == ("Running", ["WaitTime"])
    assert dataworks.call("StopWorkflowInstances", Ids=[run])["SuccessInfo"][str(run)]["Success"]
    assert run_status("waiting", admitted=True) == "WaitTime"


def test_the_day_is_that_of_the_project(dataworks: DataWorksCaller, ended: Ended) -> None:
    """Any moment of a business date by the clocks of its project means that date."""
    late = FIRST + int(timedelta(hours=23, minutes=59).total_seconds() * 1000)
    assert {run["Id"] for run in runs(dataworks, BizDate=late, Ids=ended.runs)} == {ended.runs[0]}
