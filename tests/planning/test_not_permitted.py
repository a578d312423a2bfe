"""Projects that the caller may not see: their tasks are left out, passed through, counted, and never named."""

from __future__ import annotations

from datetime import date
from typing import Any

from planning.asking import catalog_of, codes, resolved, seen_by, waits_of
from planning.oracle import TaskSpec

from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan

MONDAY, TUESDAY = date(2024, 1, 1), date(2024, 1, 2)
TASKS = [
    TaskSpec("raw"),
    TaskSpec("hidden", needs=(("raw", "same"),), project="secret"),
    TaskSpec("report", needs=(("hidden", "same"),)),
    TaskSpec("aside", needs=(("raw", "same"),), project="secret"),
]


def seen(tasks: list[TaskSpec] = TASKS, **fields: Any) -> Plan:
    """The plan of a caller who sees project p alone."""
    catalog = catalog_of(tasks)
    ask = resolved(catalog, [(MONDAY, TUESDAY)], **{"mode": "AllDownstream", "root_task_ids": ["raw"], **fields})
    return make_plan(seen_by(catalog, ask, ["p"]), catalog)


def test_what_is_downstream_of_a_hidden_task_stays_in_and_waits_over_it():
    """The bridge is there, and nothing names what it passes."""
    plan = seen()

    assert [task.name for task in plan.tasks] == ["raw", "report"]
    assert waits_of(plan, "report") == {"01-01T00:00": ["raw@01-01T00:00"], "01-02T00:00": ["raw@01-02T00:00"]}
    assert (plan.bridged, plan.cycles_left_out(), plan.findings) == (frozenset(), (), ())


def test_hidden_tasks_are_counted_where_they_would_be_in():
    """Two of AllDownstream; none of a selection that does not reach them."""
    assert seen().not_permitted == 2
    assert seen(mode="ManualSelection", root_task_ids=["raw", "report"]).not_permitted == 0


def test_a_project_that_is_not_wanted_hides_them_too():
    """The request's own lists leave out the same tasks: they are neither named as left out, nor counted."""
    plan = seen(include_project_ids=["p"])
    assert (plan.cycles_left_out(), plan.not_permitted) == ((), 0)


def test_a_bridge_that_ends_at_a_hidden_task_does_not_name_it():
    """It says that a task of another project is the reason."""
    tasks = [
        TaskSpec("raw"),
        TaskSpec("hidden", needs=(("raw", "previous"),), project="secret"),
        TaskSpec("report", needs=(("hidden", 2),)),
    ]
    plan = seen(tasks)
    (finding,) = (finding for finding in plan.findings if finding.code == "bridge_ended")
    assert finding.subject == "report"
    assert "a task of another project" in finding.message
    assert "hidden" not in str(plan.findings)
    assert codes(plan)["isolated"] == ["raw", "report"]
