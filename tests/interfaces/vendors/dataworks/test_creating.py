"""What is created through the door is what our own request of the same fields creates."""

from __future__ import annotations

import json
from typing import Any

import pytest
from interfaces.http.site import Site
from interfaces.vendors.dataworks.calling import DataWorksCaller

from backfilld.interfaces.vendors.dataworks.creating import CREATE

FULL: dict[str, Any] = {
    "AutoStartEnabled": False,
    "Comment": "why not",
    "DefaultRunProperties": {
        "Analysis": {"Blocked": False, "Enabled": True},
        "DataSourceNameMappings": {},
        "ExcludeProjectIds": [200],
        "ExcludeTaskIds": [9, 1238],
        "IncludeProjectIds": [100],
        "IncludeTaskIds": [1236],
        "Mode": "AllDownstream",
        "Order": "Desc",
        "Parallelism": 2,
        "Priority": 4,
        "PriorityWeightStrategy": "Upstream",
        "RootTaskIds": [1235],
        "RunPolicy": {"EndTime": "23:59:59", "Immediately": True, "StartTime": "22:00:00", "Type": "Daily"},
        "RuntimeResource": "default",
        "Alert": {"NoticeType": "Mail", "Type": "Failure"},
    },
    "EnvType": "Dev",
    "Name": "backfill nov & more",
    "Periods": {
        "BizDates": [
            {"EndBizDate": "2024-11-21", "StartBizDate": "2024-11-20"},
            {"EndBizDate": "2024-12-01", "StartBizDate": "2024-12-01"},
        ],
        "EndTime": "23:00:00",
        "StartTime": "00:00:00",
    },
    "ProjectId": 100,
    "TagCreationPolicy": "Append",
    "Tags": [{"Key": "who", "Value": "ünï"}],
    "TaskParameters": '{"1234":"d=1 e=2"}',
    "Type": "SupplementData",
    "WorkflowId": 1001,
    "WorkflowParameters": "gate=/tmp",
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The full request with something else at a path; `...` leaves it out."""
    fields = json.loads(json.dumps(FULL))
    *above, last = path.split(".")
    at = fields
    for step in above:
        at = at[step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return fields


def asked_of(site: Site, dataworks: DataWorksCaller, fields: dict[str, Any]) -> tuple[Any, Any]:
    """The backfill that came of it, and what was kept of its request."""
    operation = dataworks.call("CreateWorkflowInstances", **fields)["OperationId"]
    number = site.until(f"/v1/operations/{operation}", lambda it: it["status"] == "completed")["backfill_id"]
    return site.get(f"/v1/backfills/{number}"), site.get(f"/v1/backfills/{number}/request")


@pytest.fixture(scope="module")
def full(site: Site, dataworks: DataWorksCaller) -> tuple[Any, Any]:
    """The full request, accepted."""
    return asked_of(site, dataworks, FULL)


def test_every_field_arrives(full: tuple[Any, Any]) -> None:
    """Each field of the operation is in the request that was accepted, under our name for it."""
    _, asked = full
    assert set(FULL) == set(CREATE)
    properties = {**asked["default_run_properties"]}
    assert (asked["name"], asked["comment"], asked["env_type"]) == ("backfill nov & more", "why not", "Dev")
    assert (asked["project_id"], asked["workflow_id"], asked["type"]) == (100, 1001, "SupplementData")
    assert asked["auto_start_enabled"] is False
    assert asked["on_failure"] == "Hold"
    assert asked["tags"] == [{"key": "who", "value": "ünï"}]
    assert asked["tag_creation_policy"] == "Append"
    assert (asked["task_parameters"], asked["workflow_parameters"]) == ('{"1234":"d=1 e=2"}', "gate=/tmp")
    assert [each["start_biz_date"] for each in asked["periods"]["biz_dates"]] == ["2024-11-20", "2024-12-01"]
    assert (asked["periods"]["start_time"], asked["periods"]["end_time"]) == ("00:00:00", "23:00:00")
    assert properties["run_policy"] == {
        "type": "Daily",
        "start_time": "22:00:00",
        "end_time": "23:59:59",
        "immediately": True,
    }
    assert properties["alert"] == {"type": "Failure", "notice_type": "Mail"}
    plain = {"mode": "AllDownstream", "order": "Desc", "parallelism": 2, "priority": 4, "runtime_resource": "default"}
    plain |= {"priority_weight_strategy": "Upstream", "analysis": {"enabled": True, "blocked": False}}
    plain |= {"root_task_ids": [1235], "include_task_ids": [1236], "exclude_task_ids": [9, 1238]}
    plain |= {"include_project_ids": [100], "exclude_project_ids": [200]}
    assert {name: properties[name] for name in plain} == plain


def test_it_stands_as_it_was_asked_for(full: tuple[Any, Any]) -> None:
    """The backfill was not started, keeps failed dates' places, and has the workflow's tags and those that came."""
    backfill, _ = full
    assert backfill["status"] == "not_started"
    assert backfill["on_failure"] == "Hold"
    assert backfill["tags"] == [{"key": "team", "value": "data"}, {"key": "who", "value": "ünï"}]
    assert backfill["dates"]["count"] == 3


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("Name", ..., "MissingParameter.Name"),
        ("ProjectId", ..., "MissingParameter.ProjectId"),
        ("WorkflowId", ..., "MissingParameter.WorkflowId"),
        ("Type", ..., "MissingParameter.Type"),
        ("Type", "Normal", "InvalidParameter.Type"),
        ("Periods", ..., "MissingParameter.Periods"),
        ("Periods", "[]", "InvalidParameter.Periods"),
        ("Periods.BizDates", [], "InvalidParameter.BizDates"),
        ("Periods.BizDates", [{"StartBizDate": "2024-11-20"}], "MissingParameter.EndBizDate"),
        (
            "Periods.BizDates",
            [{"StartBizDate": "2024-11-20", "EndBizDate": "2024-11-19"}],
            "InvalidParameter.EndBizDate",
        ),
        ("Periods.EndTime", ..., "MissingParameter.EndTime"),
        ("DefaultRunProperties.Parallelism", ..., "MissingParameter.Parallelism"),
        ("DefaultRunProperties.Parallelism", 11, "InvalidParameter.Parallelism"),
        ("DefaultRunProperties.Analysis", ..., "MissingParameter.Analysis"),
        ("DefaultRunProperties.Priority", 12, "InvalidParameter.Priority"),
        ("DefaultRunProperties.Mode", "Any", "InvalidParameter.Mode"),
        ("DefaultRunProperties.Order", "Up", "InvalidParameter.Order"),
        ("DefaultRunProperties.RootTaskIds", [4711], "InvalidParameter.RootTaskIds"),
        ("DefaultRunProperties.RunPolicy.StartTime", ..., "MissingParameter.StartTime"),
        ("DefaultRunProperties.RuntimeResource", "rg-1", "InvalidParameter.RuntimeResource"),
        ("DefaultRunProperties.Alert", {"Type": "Failure"}, "MissingParameter.NoticeType"),
        ("DefaultRunProperties.Alert", {"NoticeType": "Mail", "Type": "Sometimes"}, "InvalidParameter.Type"),
        ("DefaultRunProperties.DataSourceNameMappings", {"a": "b"}, "InvalidParameter.DataSourceNameMappings"),
        ("DefaultRunProperties.Nonsense", 1, "InvalidParameter.Nonsense"),
        ("EnvType", "Test", "InvalidParameter.EnvType"),
        ("AutoStartEnabled", "maybe", "InvalidParameter.AutoStartEnabled"),
        ("TagCreationPolicy", "Drop", "InvalidParameter.TagCreationPolicy"),
        ("Tags", [{"Key": "a"}], "MissingParameter.Value"),
        ("TaskParameters", '{"1234":"undeclared=1"}', "InvalidParameter.TaskParameters"),
        ("WorkflowParameters", "undeclared=1", "InvalidParameter.WorkflowParameters"),
        ("ProjectId", 4711, "InvalidParameter.ProjectId"),
        ("WorkflowId", 4711, "InvalidParameter.WorkflowId"),
    ],
)
def test_what_is_refused(dataworks: DataWorksCaller, path: str, value: Any, code: str) -> None:
    """What is missing, wrong or unknown is refused by the field's own name, and nothing is accepted."""
    assert dataworks.refused("CreateWorkflowInstances", **changed(path, value)) == (400, code)


def test_all_scheduled_workflows_have_no_parameters(site: Site, dataworks: DataWorksCaller) -> None:
    """With workflow 1 the parameters of a workflow mean nothing, as DataWorks says."""
    fields = changed("WorkflowId", 1)
    _, asked = asked_of(site, dataworks, fields)
    assert asked.get("workflow_parameters") is None
    assert asked["workflow_id"] == 1


@pytest.mark.parametrize(
    ("more", "tasks"),
    [
        ({"Mode": "General", "IncludeTaskIds": [1235]}, {"second"}),
        ({}, {"first"}),
        ({"Mode": "Chain", "RootTaskIds": [], "IncludeTaskIds": [1234, 1236]}, {"first", "second", "third"}),
        ({"Mode": "AllDownstream"}, {"first", "second", "third", "chained", "aside"}),
    ],
)
def test_modes(site: Site, dataworks: DataWorksCaller, more: dict[str, object], tasks: set[str]) -> None:
    """Each mode picks the tasks that it says."""
    made = dataworks.created(1234, AutoStartEnabled=False, DefaultRunProperties=more)
    (number,) = made["UnifiedWorkflowInstanceIds"]
    found = site.get(f"/v1/backfills/{number}/task_instances")["items"]
    assert {each["task"] for each in found} == tasks


def test_what_became_of_it(dataworks: DataWorksCaller) -> None:
    """Once its dates are written the answer has their ids, in run order, and that of all of it."""
    made = dataworks.created(1237, days=3)
    first = made["WorkflowInstanceIds"][0]
    assert made["Status"] == "Created"
    assert made["WorkflowInstanceIds"] == [first, first + 1, first + 2]
    assert len(made["UnifiedWorkflowInstanceIds"]) == 1
    runs = [dataworks.call("GetWorkflowInstance", Id=run)["WorkflowInstance"] for run in made["WorkflowInstanceIds"]]
    assert [run["UnifiedWorkflowInstanceId"] for run in runs] == made["UnifiedWorkflowInstanceIds"] * 3
    shanghai = 8 * 3_600_000
    assert [run["BizDate"] + shanghai for run in runs] == [1704067200000 + day * 86_400_000 for day in range(3)]


def one(name: str, **more: object) -> dict[str, object]:
    return {"Name": name, "ClientUniqueCode": name, **more}


def test_a_run_of_tasks_by_their_names(site: Site, dataworks: DataWorksCaller) -> None:
    """One run of tasks that the catalog has, in its order, for its date, environment and owner."""
    tasks = [one("one", Owner="u1", Type="DIDE_SHELL", RuntimeResource={"ResourceGroupId": "default"})]
    tasks.append(one("two", Type="PYTHON", RuntimeResource={"ResourceGroupId": "default"}))
    asked = {"Name": "adhoc", "ProjectId": 100, "Owner": "u7", "EnvType": "Dev", "BizDate": 1743350400000}
    number = dataworks.call("ExecuteAdhocWorkflowInstance", Tasks=tasks, **asked)["WorkflowInstanceId"]
    run = dataworks.call("GetWorkflowInstance", Id=number)["WorkflowInstance"]
    assert (run["Name"], run["Type"], run["Owner"], run["EnvType"]) == ("adhoc", "Manual", "u7", "Dev")
    assert run["BizDate"] == 1743350400000
    native = f"/v1/backfills/{run['UnifiedWorkflowInstanceId']}"
    assert site.get(f"{native}/request")["default_run_properties"]["runtime_resource"] == "default"
    found = site.get(f"{native}/task_instances")["items"]
    assert [each["task"] for each in found] == ["one", "two"]
    instance = found[0]["id"]
    site.until(f"/v1/task_instances/{instance}", lambda it: it["state"] == "succeeded")
    outputs = dataworks.call("GetTaskInstance", Id=instance)["TaskInstance"]["Outputs"]["Variables"]
    assert {each["Name"]: each["Value"] for each in outputs} == {"rows": "3", "k1": "dev"}


@pytest.mark.parametrize(
    ("tasks", "status", "code"),
    [
        ([one("one", Script={"Content": "rm -rf /"})], 403, "Forbidden.Access"),
        ([], 400, "InvalidParameter.Tasks"),
        (["one"], 400, "InvalidParameter.Tasks"),
        ([{"Type": "PYTHON"}], 400, "InvalidParameter.Name"),
        ([one("first")], 404, "InvalidTask.NotFound"),
        ([one("one", Type="PYTHON")], 400, "InvalidParameter.Type"),
        ([one("one", Owner="u9")], 400, "InvalidParameter.Owner"),
        ([one("one"), one("one")], 400, "InvalidParameter.ClientUniqueCode"),
        ([one("one"), {**one("two"), "ClientUniqueCode": "one"}], 400, "InvalidParameter.ClientUniqueCode"),
        ([one("one", Timeout=5)], 400, "InvalidParameter.Timeout"),
        ([one("one", DataSource={"Name": "x"})], 400, "InvalidParameter.DataSource"),
        ([one("one", Inputs={"Variables": []})], 400, "InvalidParameter.Inputs"),
        ([one("one", Outputs={"Variables": []})], 400, "InvalidParameter.Outputs"),
        ([one("one", Dependencies=[{"UpstreamOutput": "x"}])], 400, "InvalidParameter.Dependencies"),
        ([one("one", RuntimeResource={"Cu": "1"})], 400, "InvalidParameter.Cu"),
        ([one("one", RuntimeResource={"ResourceGroupId": "no"})], 400, "InvalidParameter.RuntimeResource"),
        ([one("one", RuntimeResource={"ResourceGroupId": "no"}), one("two")], 400, "InvalidParameter.RuntimeResource"),
    ],
)
def test_nobody_brings_a_script(dataworks: DataWorksCaller, tasks: list[Any], status: int, code: str) -> None:
    """What a task runs, and how, is the catalog's to say: anything else in a request is refused."""
    assert dataworks.refused("ExecuteAdhocWorkflowInstance", Name="x", ProjectId=100, Tasks=tasks) == (status, code)
