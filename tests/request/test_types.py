"""What each type of request runs, and what it lets a request name (spec 3, table)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from request.asking import AT_ONCE, CIRCUMSTANCES, asked, at_once, faults, paths, understood

from backfilld.dates import WHOLE_DAY, Period
from backfilld.request.selection import Exactly, ManualSelection, Selection, WithinWorkflow

RUN = "default_run_properties"
REPAIR, PUSHED = frozenset({31, 32, 33, 34}), frozenset({51, 52})
YESTERDAY = date(2025, 12, 31)


def f(*tasks: int) -> frozenset[int]:
    return frozenset(tasks)


@pytest.mark.parametrize(
    ("kind", "run", "selection"),
    [
        ("ManualWorkflow", {}, WithinWorkflow(f(31, 34), REPAIR)),
        ("ManualWorkflow", {"root_task_ids": ["mend", 34]}, WithinWorkflow(f(32, 34), REPAIR)),
        ("TriggerWorkflow", {}, Exactly(PUSHED)),
        ("TriggerWorkflow", {"include_task_ids": ["forward"]}, Exactly(f(52))),
        ("Manual", {}, Exactly(f(32, 41))),
        ("Manual", {"root_task_ids": ["report"]}, Exactly(f(33))),  # not the Scheduled task of this name
        ("SmokeTest", {}, Exactly(f(5))),
    ],
)
def test_the_closed_shape_of_a_type(kind: str, run: dict[str, Any], selection: Selection) -> None:
    """A workflow from its roots, a workflow whole or in part, or exactly the tasks that are named."""
    found = understood(at_once(kind, run))
    assert (found.selection, found.type, found.at_once) == (selection, kind, True)


def test_a_bare_name_means_a_task_of_the_types_own_workflows() -> None:
    """A name that a Scheduled and a Manual workflow share is no riddle: each type runs one of the two."""
    scheduled = understood(asked({"root_task_ids": ["report"]}))
    assert (scheduled.selection, scheduled.at_once) == (ManualSelection(f(5), f()), False)
    assert understood(at_once("Manual", {"root_task_ids": ["report"]})).selection == Exactly(f(33))


OTHER_TASKS = [
    ("SupplementData", "extract", 32, "ManualWorkflow or Manual"),
    ("SupplementData", "extract", 51, "TriggerWorkflow"),
    ("Manual", "mend", 5, "SupplementData or SmokeTest"),
    ("Manual", "mend", 51, "TriggerWorkflow"),
    ("SmokeTest", "report", 33, "ManualWorkflow or Manual"),
]


@pytest.mark.parametrize(("kind", "good", "stranger", "use"), OTHER_TASKS)
def test_a_task_of_another_type(kind: str, good: str, stranger: int, use: str) -> None:
    """It is refused wherever it is named, with the types that run it."""
    request = asked({"root_task_ids": [good, stranger]}, type=kind)
    if kind != "SupplementData":
        del request["periods"]
    (fault,) = faults(request)
    assert fault.path == f"{RUN}.root_task_ids[1]"
    assert fault.allowed.endswith(f"type {use}")


@pytest.mark.parametrize("field", ["include_task_ids", "exclude_task_ids"])
def test_dates_are_for_scheduled_tasks_in_every_list(field: str) -> None:
    """SupplementData neither includes nor excludes what it can never run, nor sets its parameters."""
    (fault,) = faults(asked({field: [5, 51]}))
    assert (fault.path, "type TriggerWorkflow" in fault.allowed) == (f"{RUN}.{field}[1]", True)
    (fault,) = faults(asked(task_parameters={"receive": "source=x"}))
    assert (fault.path, "type TriggerWorkflow" in fault.allowed) == ("task_parameters.receive", True)


@pytest.mark.parametrize(
    ("kind", "workflow", "words"),
    [
        ("SupplementData", "repair", "repair is Manual, for type ManualWorkflow or Manual"),
        ("SupplementData", "pushed", "pushed is Triggered, for type TriggerWorkflow"),
        ("ManualWorkflow", "daily", "daily is Scheduled, for type SupplementData or SmokeTest"),
        ("ManualWorkflow", 1, "one Manual workflow, which type ManualWorkflow runs"),
        ("ManualWorkflow", None, "one Manual workflow, which type ManualWorkflow runs"),
        ("TriggerWorkflow", "repair", "repair is Manual, for type ManualWorkflow or Manual"),
        ("TriggerWorkflow", None, "one Triggered workflow, which type TriggerWorkflow runs"),
        ("Manual", "daily", "daily is Scheduled, for type SupplementData or SmokeTest"),
        ("SmokeTest", "pushed", "pushed is Triggered, for type TriggerWorkflow"),
    ],
)
def test_a_workflow_of_another_type(kind: str, workflow: object, words: str) -> None:
    """One fault says which type runs it; what would be looked up in it is not held against the user."""
    request = {**asked({"root_task_ids": []}), "type": kind, "workflow_id": workflow}
    run = {"root_task_ids": [] if kind == "TriggerWorkflow" else ["tidy"]}
    periods = {"periods": {"biz_dates": [{"start_biz_date": "2013-01-01", "end_biz_date": "2013-01-01"}]}}
    (fault,) = faults({**request, **periods, RUN: run, "task_parameters": {"find": "depth=2"}})
    assert fault.path == "workflow_id"
    assert words in fault.allowed


@pytest.mark.parametrize("kind", ["Manual", "SmokeTest"])
def test_types_that_run_tasks_may_name_a_workflow(kind: str) -> None:
    """It says where names are looked up, and its tags and parameters count; id 1 is no one workflow."""
    home = {"Manual": "repair", "SmokeTest": "weekly"}[kind]
    root = {"Manual": ["mend"], "SmokeTest": ["report"]}[kind]
    found = understood(at_once(kind, {"root_task_ids": root}, workflow_id=home))
    assert found.workflow_id in (1003, 1002)
    assert understood(at_once(kind, {"root_task_ids": root}, workflow_id=1)).workflow_id is None


@pytest.mark.parametrize("kind", ["Manual", "SmokeTest"])
def test_types_that_run_tasks_need_some(kind: str) -> None:
    """Without roots there is nothing that they could mean."""
    (fault,) = faults(at_once(kind, {"root_task_ids": []}))
    assert (fault.path, fault.given) == (f"{RUN}.root_task_ids", "nothing")


@pytest.mark.parametrize(
    ("kind", "run", "path"),
    [
        ("ManualWorkflow", {"include_task_ids": ["find"]}, "include_task_ids"),
        ("TriggerWorkflow", {"root_task_ids": ["receive"]}, "root_task_ids"),
        ("Manual", {"include_task_ids": ["find"]}, "include_task_ids"),
        ("Manual", {"exclude_task_ids": ["find"]}, "exclude_task_ids"),
        ("SmokeTest", {"include_task_ids": [1]}, "include_task_ids"),
        ("SmokeTest", {"exclude_task_ids": [1]}, "exclude_task_ids"),
        ("ManualWorkflow", {"root_task_ids": [41]}, "root_task_ids[0]"),
        ("ManualWorkflow", {"exclude_task_ids": [41]}, "exclude_task_ids[0]"),
        ("TriggerWorkflow", {"include_task_ids": [52, 31]}, "include_task_ids[1]"),
        ("TriggerWorkflow", {"exclude_task_ids": [5]}, "exclude_task_ids[0]"),
    ],
)
def test_lists_that_a_type_does_not_have(kind: str, run: dict[str, Any], path: str) -> None:
    """A list that could change nothing, or a task outside the workflow that is run, is one fault."""
    assert paths(at_once(kind, run)) == [f"{RUN}.{path}"]


@pytest.mark.parametrize(("kind", "task", "number"), [("ManualWorkflow", "tidy", 34), ("TriggerWorkflow", 52, 52)])
def test_tasks_of_a_workflow_may_be_excluded(kind: str, task: object, number: int) -> None:
    """Where a workflow is run, some of its tasks may be left out."""
    assert understood(at_once(kind, {"exclude_task_ids": [task]})).exclude == {number}


def test_smoke_tests_in_prod_are_for_marked_tasks() -> None:
    """In Dev any Scheduled task may be tried, in Prod only those that the catalog marks."""
    request = at_once("SmokeTest", {"root_task_ids": ["report", "extract"]})
    (fault,) = faults(request)
    assert fault.path == f"{RUN}.root_task_ids[1]"
    assert "smoke_test: true" in fault.allowed
    assert understood({**request, "env_type": "Dev"}).selection == Exactly(f(5, 1))
    assert paths({**request, "env_type": "Test"}) == ["env_type"]


@pytest.mark.parametrize("kind", AT_ONCE)
def test_the_one_date(kind: str) -> None:
    """It is the one given, or else yesterday, and there is no window of the day."""
    day = {"biz_dates": [{"start_biz_date": "2013-01-05", "end_biz_date": "2013-01-05"}]}
    given, left_out = understood(at_once(kind, periods=day)), understood(at_once(kind))
    assert given.periods == (Period(date(2013, 1, 5), date(2013, 1, 5)),)
    assert left_out.periods == (Period(YESTERDAY, YESTERDAY),)
    assert given.window == left_out.window == WHOLE_DAY


ONE = {"start_biz_date": "2013-01-05", "end_biz_date": "2013-01-05"}


@pytest.mark.parametrize("kind", AT_ONCE)
@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ({"biz_dates": [ONE, ONE]}, ["biz_dates"]),
        ({"biz_dates": [{**ONE, "end_biz_date": "2013-01-06"}]}, ["biz_dates[0]"]),
        ({"biz_dates": [{**ONE, "end_biz_date": "2013-01-04"}]}, ["biz_dates[0].end_biz_date"]),
        ({"biz_dates": [ONE], "start_time": "00:00:00", "end_time": "12:00:00"}, ["start_time", "end_time"]),
        ({"biz_dates": [ONE], "start_time": "12:00:00"}, ["start_time"]),
        ({"biz_dates": [{"start_biz_date": "-1w", "end_biz_date": "yesterday"}]}, ["biz_dates[0]"]),
    ],
)
def test_more_than_one_date(kind: str, periods: dict[str, Any], expected: list[str]) -> None:
    """One run has one date, and its cycle, the moment of acceptance, is in no window."""
    assert paths(at_once(kind, periods=periods)) == [f"periods.{path}" for path in expected]


@pytest.mark.parametrize("kind", AT_ONCE)
def test_how_it_runs_is_said_as_ever(kind: str) -> None:
    """Parallelism, order, priority, group, failure, environment and analysis are taken in every type."""
    run = {"parallelism": 2, "order": "Desc", "priority": 7, "priority_weight_strategy": "Upstream"}
    run |= {"runtime_resource": "heavy", "analysis": {"blocked": False}}
    found = understood(at_once(kind, run, on_failure="Hold", env_type="Dev"))
    assert (found.parallelism, found.order, found.priority, found.weight_strategy) == (2, "Desc", 7, "Upstream")
    assert (found.resource_group, found.on_failure, found.environment, found.blocked) == ("heavy", "Hold", "Dev", False)


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("ManualWorkflow", {}, {"team": "fixers"}),
        ("ManualWorkflow", {"tags": [{"key": "team", "value": "us"}]}, {"team": "us"}),
        ("ManualWorkflow", {"tags": [{"key": "a", "value": "b"}]}, {"team": "fixers", "a": "b"}),
        ("TriggerWorkflow", {"tag_creation_policy": "Overwrite"}, {}),
        ("TriggerWorkflow", {"tags": [{"key": "a", "value": "b"}]}, {"team": "inbox", "a": "b"}),
        ("Manual", {"tags": [{"key": "a", "value": "b"}]}, {"a": "b"}),
        ("SmokeTest", {}, {}),
    ],
)
def test_tags_of_every_type(kind: str, fields: dict[str, Any], expected: dict[str, str]) -> None:
    """Append adds to the tags of the workflow that the request names; Overwrite takes those of the request alone."""
    assert understood(at_once(kind, **fields)).tags == expected


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("ManualWorkflow", {"workflow_parameters": "scope=a depth=2"}, {"scope": "a", "depth": "2"}),
        ("ManualWorkflow", {"workflow_parameters": '{"scope": "some"}'}, {"scope": "some"}),
        ("TriggerWorkflow", {"workflow_parameters": {"target": "x", "source": "y"}}, {"target": "x", "source": "y"}),
        ("Manual", {"workflow_id": "repair", "workflow_parameters": "scope=a"}, {"scope": "a"}),
        ("SmokeTest", {"workflow_id": "weekly", "workflow_parameters": "schema=a"}, {"schema": "a"}),
    ],
)
def test_workflow_parameters_of_every_type(kind: str, fields: dict[str, Any], expected: dict[str, str]) -> None:
    """They are for the tasks that run of the one workflow that is named."""
    root = {"root_task_ids": ["mend"]} if kind == "Manual" else {}
    assert understood(at_once(kind, root, **fields)).workflow_parameters == expected


@pytest.mark.parametrize(
    ("kind", "run", "fields", "path"),
    [
        ("Manual", {}, {"workflow_parameters": "scope=a"}, "workflow_parameters"),
        ("SmokeTest", {}, {"workflow_parameters": "schema=a"}, "workflow_parameters"),
        ("Manual", {"root_task_ids": ["mend"]}, {"workflow_id": "repair"}, "workflow_parameters.depth"),
        ("ManualWorkflow", {"root_task_ids": ["mend"]}, {}, "workflow_parameters.depth"),
        ("ManualWorkflow", {"exclude_task_ids": ["find"]}, {}, "workflow_parameters.depth"),
        ("TriggerWorkflow", {"include_task_ids": [51]}, {}, "workflow_parameters.depth"),
        (
            "ManualWorkflow",
            {"exclude_task_ids": [31]},
            {"task_parameters": {"find": "depth=2"}},
            "task_parameters.find",
        ),
        ("Manual", {"root_task_ids": ["mend"]}, {"task_parameters": {"report": "scope=a"}}, "task_parameters.report"),
    ],
)
def test_parameters_that_could_reach_no_task(kind: str, run: dict[str, Any], fields: dict[str, Any], path: str) -> None:
    """What no task that runs declares, or is said for a task that does not run, is refused."""
    default = {} if "task_parameters" in fields else {"workflow_parameters": {"depth": "2"}}
    assert paths(at_once(kind, run, **{**default, **fields})) == [path]


def test_parameters_are_not_held_against_who_misnames_a_task() -> None:
    """With a wrong root nobody knows what runs, so that only the root is told."""
    request = at_once("ManualWorkflow", {"root_task_ids": ["nowhere"]}, workflow_parameters={"depth": "2"})
    assert paths(request) == [f"{RUN}.root_task_ids[0]"]


def test_limits_hold_for_every_type() -> None:
    """The administrator's limits are those of any request."""
    tight = replace(CIRCUMSTANCES, limits=replace(CIRCUMSTANCES.limits, ids=1, parallelism=1))
    found = faults(at_once("Manual", {"parallelism": 2}), tight)
    assert [fault.path for fault in found] == [f"{RUN}.root_task_ids", f"{RUN}.parallelism"]
