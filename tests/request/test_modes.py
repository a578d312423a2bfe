"""What each mode lets a request name (spec 3 and 4.3)."""

from __future__ import annotations

from typing import Any

import pytest
from request.asking import CATALOG, asked, faults, paths, understood

from backfilld.request.selection import AllDownstream, Chain, General, ManualSelection, Selection

FLIGHTS = frozenset({1, 2, 3, 4, 5})
RUN = "default_run_properties"


def f(*tasks: int) -> frozenset[int]:
    return frozenset(tasks)


@pytest.mark.parametrize(
    ("run", "selection"),
    [
        ({}, ManualSelection(f(1), f())),
        (
            {"mode": "ManualSelection", "root_task_ids": [1, 5, 1], "include_task_ids": [2]},
            ManualSelection(f(1, 5), f(2)),
        ),
        ({"mode": "General"}, General(1, f())),
        ({"mode": "General", "include_task_ids": [2, 3]}, General(1, f(2, 3))),
        ({"mode": "Chain", "root_task_ids": [], "include_task_ids": [1, 3]}, Chain(1, 3)),
        ({"mode": "Chain", "root_task_ids": [], "include_task_ids": ["extract", 1]}, Chain(1, 1)),
        ({"mode": "AllDownstream"}, AllDownstream(1, f(), CATALOG.of_type["Scheduled"])),
        ({"mode": "AllDownstream", "include_project_ids": ["flights"]}, AllDownstream(1, f(), FLIGHTS)),
        (
            {"mode": "AllDownstream", "exclude_project_ids": [200], "include_task_ids": [21]},
            AllDownstream(1, f(21), FLIGHTS),
        ),
        (
            {"mode": "AllDownstream", "include_project_ids": [100, 200], "exclude_project_ids": [100]},
            AllDownstream(1, f(), f(21)),
        ),
    ],
)
def test_the_closed_shape_of_a_mode(run: dict[str, Any], selection: Selection) -> None:
    """Roots, includes and projects become one shape; a list that names a task twice names it once."""
    assert understood(asked(run)).selection == selection


@pytest.mark.parametrize(
    ("run", "field", "given"),
    [
        ({"root_task_ids": []}, "root_task_ids", "nothing"),
        ({"root_task_ids": [], "include_task_ids": [1]}, "root_task_ids", "nothing"),
        ({"mode": "General", "root_task_ids": []}, "root_task_ids", "nothing"),
        ({"mode": "General", "root_task_ids": [1, 2]}, "root_task_ids", "2 tasks"),
        ({"mode": "AllDownstream", "root_task_ids": []}, "root_task_ids", "nothing"),
        ({"mode": "AllDownstream", "root_task_ids": [1, 2, 3]}, "root_task_ids", "3 tasks"),
        ({"mode": "Chain", "include_task_ids": [1, 3]}, "root_task_ids", "1 task"),
        ({"mode": "Chain", "root_task_ids": []}, "include_task_ids", "nothing"),
        ({"mode": "Chain", "root_task_ids": [], "include_task_ids": [1]}, "include_task_ids", "1 task"),
        ({"mode": "Chain", "root_task_ids": [], "include_task_ids": [1, 2, 3]}, "include_task_ids", "3 tasks"),
    ],
)
def test_how_many_tasks_a_mode_takes(run: dict[str, Any], field: str, given: str) -> None:
    """One root, some roots, or none and two ends: any other number is one fault of that list."""
    (fault,) = faults(asked(run))
    assert (fault.path, fault.given) == (f"{RUN}.{field}", given)
    assert f"mode {run.get('mode', 'ManualSelection')}" in fault.allowed


@pytest.mark.parametrize("mode", ["General", "ManualSelection"])
def test_named_tasks_lie_in_the_wanted_projects(mode: str) -> None:
    """Where every task is named, the project lists cannot narrow: a task that they leave out is a contradiction."""
    fine = {"mode": mode, "include_task_ids": [2], "include_project_ids": [100], "exclude_project_ids": ["finance"]}
    assert understood(asked(fine)).selection == understood(asked({"mode": mode, "include_task_ids": [2]})).selection
    (left_out,) = faults(asked({"mode": mode, "include_task_ids": [2, 21], "include_project_ids": [100]}))
    assert left_out.path == f"{RUN}.include_task_ids[1]"
    assert "finance" in left_out.allowed
    assert paths(asked({"mode": mode, "exclude_project_ids": [100]})) == [f"{RUN}.root_task_ids[0]"]


def test_excluded_tasks_may_lie_anywhere() -> None:
    """What is excluded need not be in a wanted project: it only takes away."""
    assert understood(asked({"exclude_task_ids": [21], "exclude_project_ids": [200]})).exclude == {21}


@pytest.mark.parametrize("field", ["include_project_ids", "exclude_project_ids"])
def test_a_chain_is_never_narrowed(field: str) -> None:
    """Leaving a project out of a chain would break it, so that the lists are refused there."""
    chain = {"mode": "Chain", "root_task_ids": [], "include_task_ids": [1, 3]}
    assert paths(asked({**chain, field: ["flights"]})) == [f"{RUN}.{field}"]


@pytest.mark.parametrize("field", ["include_project_ids", "exclude_project_ids"])
def test_an_unknown_project_is_one_fault(field: str) -> None:
    """A project that is not there accuses no task of lying outside it."""
    assert paths(asked({field: ["flights", "nope"], "include_task_ids": [21]})) == [f"{RUN}.{field}[1]"]


@pytest.mark.parametrize(
    ("run", "expected"),
    [({}, "Hold"), ({"parallelism": 1}, "Hold"), ({"parallelism": 2}, "Continue"), ({"parallelism": 10}, "Continue")],
)
def test_whether_a_failed_date_gives_up_its_place(run: dict[str, Any], expected: str) -> None:
    """Left out, it holds where dates run one after another, and goes on where they do not; said, it is as said."""
    assert understood(asked(run)).on_failure == expected
    assert understood(asked(run, on_failure=None)).on_failure == expected
    for said in ("Continue", "Hold"):
        assert understood(asked(run, on_failure=said)).on_failure == said


def test_the_defaults() -> None:
    """What a request leaves out is as the contract says."""
    found = understood(asked())
    assert (found.order, found.parallelism, found.priority, found.weight_strategy) == ("Asc", 1, None, "Disable")
    assert (found.environment, found.resource_group, found.workflow_id) == ("Prod", None, None)
    assert (found.window.start.isoformat(), found.window.end.isoformat()) == ("00:00:00", "23:59:59")
    assert (found.exclude, found.tags, found.workflow_parameters, found.task_parameters) == (frozenset(), {}, {}, {})


def test_what_is_said_is_kept() -> None:
    """Order, priority, strategy, group and environment reach planning as they were asked."""
    run = {"order": "Desc", "priority": 11, "priority_weight_strategy": "Upstream", "runtime_resource": "heavy"}
    found = understood(asked(run, env_type="Dev"))
    assert (found.order, found.priority, found.weight_strategy) == ("Desc", 11, "Upstream")
    assert (found.resource_group, found.environment) == ("heavy", "Dev")
