"""Workflows that nobody schedules: what their tasks may say, and on whom they may depend."""

from __future__ import annotations

import pytest
from catalog.writing import catalog, faults

from backfilld.catalog.models import SAME, Dependency

OTHERS = ["Manual", "Triggered"]
FLOWS = """
    project: shop
    workflows:
      - workflow: nightly
        tasks: [{task: load, id: 1, virtual: true}]
      - workflow: repair
        type: %s
        tasks:
          - {task: load, id: 2, virtual: true}
          - {task: asked, id: 3, virtual: true, %s}
      - {workflow: more, type: %s, tasks: [{task: other, id: 4, virtual: true}]}
"""


def flows(kind: str, lines: str, other: str | None = None) -> str:
    return FLOWS % (kind, lines, other or kind)


@pytest.mark.parametrize("kind", ["Scheduled", *OTHERS])
def test_the_type_of_a_workflow(kind: str) -> None:
    """It is Scheduled unless it says otherwise; the catalog knows the tasks of each type."""
    found = catalog(flows(kind, "retries: 0"))
    assert [flow.type for flow in found.workflows.values()] == ["Scheduled", kind, kind]
    assert found.of_type[kind] == ({1, 2, 3, 4} if kind == "Scheduled" else {2, 3, 4})  # type: ignore[index]
    assert set().union(*found.of_type.values()) == {1, 2, 3, 4}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize(
    ("key", "value", "words"),
    [("cron", '"0 2 * * *"', "no cycles of their own"), ("smoke_test", "true", "tasks of Scheduled workflows")],
)
def test_what_only_scheduled_tasks_may_set(kind: str, key: str, value: str, words: str) -> None:
    """A key that could have no effect on a task of such a workflow is refused there."""
    [fault] = faults(flows(kind, f"{key}: {value}"))
    assert fault.path == f"workflows[1].tasks[1].{key}"
    assert words in fault.allowed
    assert f"a {kind} workflow" in fault.allowed
    assert catalog(flows("Scheduled", f"{key}: {value}")).tasks[3]


@pytest.mark.parametrize("kind", OTHERS)
def test_defaults_that_are_not_theirs(kind: str) -> None:
    """A project's cron and smoke test mark are for its Scheduled tasks; the other defaults are for all."""
    text = flows(kind, "max_active: 1") + '    defaults: {cron: "0 7 * * *", smoke_test: true, recurrence: Pause}\n'
    scheduled, _, other, _ = catalog(text).tasks.values()
    assert (scheduled.clock.cron.text, scheduled.smoke_test) == ("0 7 * * *", True)
    assert (other.clock.cron.text, other.smoke_test) == ("0 0 * * *", False)
    assert (scheduled.recurrence, other.recurrence) == ("Pause", "Pause")


@pytest.mark.parametrize("kind", OTHERS)
def test_dependencies_within_a_type(kind: str) -> None:
    """A bare name is looked up in the own workflow, then among those of the own type."""
    assert catalog(flows(kind, "depends_on: [load]")).tasks[3].depends_on == (Dependency(2, SAME),)
    assert catalog(flows(kind, "depends_on: [other]")).tasks[3].depends_on == (Dependency(4, SAME),)


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{workflow: nightly, task: load}", "repair is; nightly is Scheduled"),
        ("1", "repair is; nightly is Scheduled"),
        ("{task: load, cycle: previous}", "without cycle and dates"),
        ("{task: load, dates: 3}", "without cycle and dates"),
        ("{task: asked, cycle: previous}", "another task, without cycle and dates"),
        ("asked", "another task"),
    ],
)
def test_what_no_task_of_such_a_workflow_can_depend_on(kind: str, written: str, words: str) -> None:
    """Types never run together, and there is no cycle before the one of the request."""
    [fault] = faults(flows(kind, f"depends_on: [{written}]"))
    assert fault.path == "workflows[1].tasks[1].depends_on[0]"
    assert words in fault.allowed


def test_a_scheduled_task_depends_on_scheduled_tasks_only() -> None:
    """The same the other way round, and between the two types that are not scheduled."""
    [fault] = faults(flows("Scheduled", "depends_on: [other]", other="Manual"))
    assert "more is Manual" in fault.allowed
    [fault] = faults(flows("Triggered", "depends_on: [other]", other="Manual"))
    assert "repair is; more is Manual" in fault.allowed


def test_the_catalog_of_some_projects() -> None:
    """Narrowed to some projects a catalog knows no name of the others."""
    text = "- {project: p, id: 5, workflows: [{workflow: w, tasks: [{task: t, id: 1, virtual: true}]}]}\n"
    found = catalog(text + "- {project: q, id: 6, workflows: [{workflow: w, tasks: [{task: u, virtual: true}]}]}\n")
    narrowed = found.only(frozenset({5}))
    assert (list(narrowed.by_id), list(narrowed.tasks), list(narrowed.tasks_named)) == ([5], [1], ["t"])
    assert (narrowed.version, len(found.tasks)) == (found.version, 2)
