"""Every fault at once, each once, in the user's spelling, where it stands; none that only follows from another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from request.asking import asked, faults, faults_in, paths, read

SNAKE = """\
name: on
type: SupplementData
workflow_id: dialy
periods:
  start_time: "25:00:00"
  biz_dates:
    - {start_biz_date: 2013-01-01}
    - {start_biz_date: 2013-01-03, end_biz_date: 2013-01-02}
    - {start_biz_date: -7m, end_biz_date: 2013-01-02, until: 2013-01-02}
default_run_properties:
  mode: Generall
  root_task_ids: [010, extract, nope, {task: [x]}]
  parallelism: 11
  priority: 0
  run_policy: {type: Daily}
  analysis: {blocked: perhaps}
  paralelism: 3
task_parameters: {extract: {limit: on, colour: red}, nope: a=b}
payload: {Some: 22:00:00}
tags: [{key: a, value: b}, {key: 7, value: c}, {key: a, value: d}]
"""
EXPECTED = [
    ("project_id", 1, 1),
    ("name", 1, 1),
    ("periods.start_time", 5, 3),
    ("periods.biz_dates[0].end_biz_date", 7, 7),
    ("periods.biz_dates[1].end_biz_date", 8, 36),
    ("periods.biz_dates[2].start_biz_date", 9, 8),
    ("periods.biz_dates[2].until", 9, 55),
    ("default_run_properties.mode", 11, 3),
    ("default_run_properties.root_task_ids[0]", 12, 19),
    ("default_run_properties.root_task_ids[2]", 12, 33),
    ("default_run_properties.root_task_ids[3]", 12, 39),
    ("default_run_properties.parallelism", 13, 3),
    ("default_run_properties.priority", 14, 3),
    ("default_run_properties.run_policy.start_time", 15, 3),
    ("default_run_properties.run_policy.end_time", 15, 3),
    ("default_run_properties.analysis.blocked", 16, 14),
    ("default_run_properties.paralelism", 17, 3),
    ("task_parameters.extract.limit", 18, 29),
    ("task_parameters.nope", 18, 54),
    ("payload.Some", 19, 11),
    ("tags[1].key", 20, 29),
    ("tags[2].key", 20, 49),
]


def found(text: str) -> list[tuple[str, int, int]]:
    return [(f.path, f.place.line, f.place.column) for f in faults_in(text) if f.place]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Faults of shape and of meaning come together, each once, in the order of the file, with line and column."""
    assert sorted(found(SNAKE)) == sorted(EXPECTED)
    lines = [line for _, line, _ in found(SNAKE)]
    assert lines == sorted(lines)


def test_a_request_of_many_faults_needs_one_round_of_mending() -> None:
    """With every told fault mended nothing new comes up: the list was complete."""
    mended = """\
name: "on"
project_id: flights
type: SupplementData
workflow_id: daily
periods:
  start_time: "05:00:00"
  end_time: "06:00:00"
  biz_dates:
    - {start_biz_date: 2013-01-01, end_biz_date: 2013-01-02}
    - {start_biz_date: 2013-01-03, end_biz_date: 2013-01-03}
    - {start_biz_date: 2013-01-01, end_biz_date: 2013-01-02}
default_run_properties: {mode: General, root_task_ids: [extract], parallelism: 10, priority: 1, order: Asc}
task_parameters: {extract: {limit: "on"}}
tags: [{key: a, value: b}, {key: "7", value: c}]
"""
    assert read(mended).project_id == 100


def test_paths_are_spelled_as_the_user_spells() -> None:
    """A PascalCase request hears of PascalCase fields, those that it lacks included."""
    text = """\
Name: x
Type: SupplementData
Periods: {BizDates: [{StartBizDate: 2013-01-01}, {StartBizDate: 2013-01-03, EndBizDate: 2013-01-02}]}
DefaultRunProperties: {RootTaskIds: [extract, nope], parallelism: 11}
TaskParameters: {Nope: limit=1}
"""
    assert {fault.path for fault in faults_in(text)} == {
        "ProjectId",
        "Periods.BizDates[0].EndBizDate",
        "Periods.BizDates[1].EndBizDate",
        "DefaultRunProperties.RootTaskIds[1]",
        "DefaultRunProperties.parallelism",
        "TaskParameters.Nope",
    }


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (asked({"mode": "Nonsense", "root_task_ids": []}), ["default_run_properties.mode"]),
        (asked(default_run_properties=5), ["default_run_properties"]),
        (asked(default_run_properties=[]), ["default_run_properties"]),
        (asked({"root_task_ids": 5}), ["default_run_properties.root_task_ids"]),
        (asked({"root_task_ids": [None]}), ["default_run_properties.root_task_ids[0]"]),
        (asked({"root_task_ids": [None], "mode": "General"}), ["default_run_properties.root_task_ids[0]"]),
        (
            asked({"mode": "Chain", "root_task_ids": [], "include_task_ids": [1, []]}),
            ["default_run_properties.include_task_ids[1]"],
        ),
        (
            asked({"mode": "Chain", "root_task_ids": [], "include_task_ids": [1, "nope"]}),
            ["default_run_properties.include_task_ids[1]"],
        ),
        (
            asked(periods={"biz_dates": [{"start_biz_date": 5, "end_biz_date": "2013-01-01"}]}),
            ["periods.biz_dates[0].start_biz_date"],
        ),
        (asked(periods={"biz_dates": 5, "start_time": "1"}), ["periods.biz_dates", "periods.start_time"]),
        (asked(periods={"BizDates": [], "biz_dates": []}), ["periods.biz_dates"]),
        (asked(project_id=None, workflow_id="daily", workflow_parameters="schema=x"), ["project_id"]),
        (asked({"root_task_ids": ["load"]}, workflow_id=[]), ["workflow_id"]),
        (asked(workflow_id=True, workflow_parameters="schema=x"), ["workflow_id"]),
        (asked(env_type="Dev ", task_parameters={"extract": "sandbox=1"}), ["env_type"]),
        (
            asked({"include_project_ids": [None], "include_task_ids": [21]}),
            ["default_run_properties.include_project_ids[0]"],
        ),
        (asked(nmae=1, name=None), ["name", "nmae"]),
    ],
)
def test_no_fault_that_only_follows_from_another(request_: dict[str, Any], expected: list[str]) -> None:
    """What is missing, too few or unknown because something wrong was left out is not held against the user."""
    assert sorted(paths(request_)) == expected


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("paralelism", "did you mean parallelism?"),
        ("RootTaskId", "did you mean root_task_ids?"),
        ("zzz", "one of mode, "),
    ],
)
def test_an_unknown_field_hears_of_the_known_ones(key: str, hint: str) -> None:
    """The nearest field of its own form is named, or all of them."""
    (fault,) = faults(asked({key: 1}))
    assert fault.path == f"default_run_properties.{key}"
    assert hint in fault.allowed


@pytest.mark.parametrize("value", [None, [], "text", 5, True, [{}]])
def test_what_is_no_request_at_all(value: object) -> None:
    """A document that is no mapping is one fault of the whole."""
    (fault,) = faults(value)
    assert (fault.path, fault.allowed) == ("", "a mapping of request fields")


def test_an_empty_request_hears_all_that_it_needs() -> None:
    """Nothing given: every needed field; what the type needs follows once there is one."""
    assert paths({}) == ["name", "project_id", "type"]
    needed = {"name": "x", "project_id": "flights", "type": "SupplementData"}
    assert paths(needed) == ["periods", "default_run_properties.root_task_ids"]


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_fault_is_one_line(key: str, value: str) -> None:
    """Whatever keys and texts hold, a fault can be printed on one line."""
    for fault in faults({**asked(name=value + "\n"), key + "?": value}):
        assert str(fault).isprintable()
        assert len(str(fault)) < 1_000
