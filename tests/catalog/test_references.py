"""From what people write to what they mean, or to what they should have written."""

from __future__ import annotations

import pytest
from catalog.writing import catalog

from backfilld.catalog.documents import Ambiguous
from backfilld.catalog.models import Project, Task, Workflow, WorkflowType
from backfilld.catalog.references import Unresolved, find_project, find_task, find_tasks, find_workflow

CATALOG = catalog("""
    - project: shop
      id: 7
      workflows:
        - {workflow: daily, id: 70, tasks: [{task: extract, id: 1, virtual: true}, {task: load, id: 2, virtual: true}]}
        - {workflow: weekly, id: 71, tasks: [{task: load, id: 3, virtual: true}, {task: report, id: 4, virtual: true}]}
    - project: finance
      id: 8
      workflows:
        - {workflow: rates, id: 80, tasks: [{task: feed, id: 5, virtual: true}, {task: "a: b", id: 6, virtual: true}]}
""")
SHOP, FINANCE = CATALOG.projects
DAILY, WEEKLY = SHOP.workflows


def told(found: Project | Workflow | Task | Unresolved | None) -> str:
    assert isinstance(found, Unresolved)
    return f"{found.given}: {found.allowed}"


@pytest.mark.parametrize("ref", [7, "7", "shop", "007"])
def test_a_project_by_id_or_name(ref: object) -> None:
    """An integer or a text of digits is an id, any other text a name."""
    assert find_project(CATALOG, ref) is SHOP


@pytest.mark.parametrize("ref", [None, 1, "1"])
def test_workflow_one_is_all_of_them(ref: object) -> None:
    """Workflow id 1, or none, narrows nothing."""
    assert find_workflow(CATALOG, SHOP, ref) is None


def test_a_workflow_belongs_to_its_project() -> None:
    """Another project's workflow is not found, and the fault says whose it is."""
    assert find_workflow(CATALOG, SHOP, "daily") is find_workflow(CATALOG, SHOP, 70) is DAILY
    assert told(find_workflow(CATALOG, SHOP, 80)).endswith("80 is one of project finance")
    assert told(find_workflow(CATALOG, SHOP, "dayly")) == '"dayly": a workflow of shop; did you mean daily?'


@pytest.mark.parametrize(
    ("ref", "workflow", "task_id"),
    [
        (1, None, 1),
        ("5", None, 5),  # an id is good everywhere
        ("extract", None, 1),
        ("load", DAILY, 2),
        ("load", WEEKLY, 3),
        ({"workflow": "weekly", "task": "load"}, None, 3),
        ({"workflow": "weekly", "task": "load"}, DAILY, 3),
        ({"project": "finance", "workflow": "rates", "task": "feed"}, DAILY, 5),
        ({"project": "finance", "task": "feed"}, DAILY, 5),
        ({"project": "8", "workflow": 80, "task": "5"}, None, 5),
        ({"task": "report"}, None, 4),
    ],
)
def test_a_task(ref: object, workflow: Workflow | None, task_id: int) -> None:
    """By id, by bare name in the workflow or unique in the project, or by project, workflow and task."""
    found = find_task(CATALOG, ref, SHOP, workflow)
    assert isinstance(found, Task)
    assert found.id == task_id


@pytest.mark.parametrize(
    ("ref", "workflow", "words"),
    [
        ("load", None, "more than once: write {project: shop, workflow: daily, task: load} or {project: shop, work"),
        (
            "report",
            DAILY,
            "unique in workflow daily; it is elsewhere: write {project: shop, workflow: weekly, task: re",
        ),
        ("feed", None, "it is elsewhere: write {project: finance, workflow: rates, task: feed}"),
        ("a: b", None, 'write {project: finance, workflow: rates, task: "a: b"}'),
        ("extrakt", None, "a task of project shop; did you mean extract?"),
        (99, None, "99: the id of a task"),
        ("99", None, '"99": the id of a task'),
        ({"task": "load", "job": 1}, None, "the key job: {project"),
        ({"workflow": "daily"}, None, "with a task"),
        ({"project": "shopp", "task": "load"}, None, "did you mean shop?"),
        ({"project": "finance", "workflow": "daily", "task": "load"}, None, '"daily": a workflow of finance: rates'),
        ({"workflow": "weekly", "task": 1}, None, "{project: shop, workflow: daily, task: extract}, or the id alone"),
        (True, None, "true: the id or name of a task"),
        (None, None, "null: the id or name of a task"),
        (1.5, None, "1.5: the id or name of a task"),
        (["extract"], None, "the id or name of a task"),
        (Ambiguous("010"), None, 'quote it: "010"'),
        ("9" * 30, None, "the id or name of a task"),
        ("", None, "the id or name of a task"),
    ],
)
def test_what_is_no_task_says_what_to_write(ref: object, workflow: Workflow | None, words: str) -> None:
    """Near names, the full line where it exists elsewhere, or what a reference looks like."""
    assert words in told(find_task(CATALOG, ref, SHOP, workflow))


KINDS = catalog("""
    project: shop
    workflows:
      - {workflow: nightly, id: 10, tasks: [{task: load, id: 1, virtual: true}, {task: only, id: 2, virtual: true}]}
      - {workflow: repair, id: 11, type: Manual, tasks: [{task: load, id: 3, virtual: true}]}
      - {workflow: rescue, id: 12, type: Manual, tasks: [{task: fix, id: 4, virtual: true}]}
      - {workflow: pushed, id: 13, type: Triggered, tasks: [{task: fix, id: 5, virtual: true}]}
""")


@pytest.mark.parametrize(
    ("ref", "kind", "task_id"),
    [
        ("load", "Scheduled", 1),
        ("load", "Manual", 3),
        ("fix", "Manual", 4),
        ("fix", "Triggered", 5),
        ("only", "Manual", 2),  # there is no other; whoever asks says why it will not do
        ({"workflow": "repair", "task": "load"}, "Scheduled", 3),
        ({"workflow": 1, "task": "load"}, "Manual", 1),
    ],
)
def test_a_name_in_workflows_of_several_types(ref: object, kind: WorkflowType, task_id: int) -> None:
    """Of several tasks of a name the one is meant whose workflow is of the asked type; id 1 is the Scheduled ones."""
    found = find_task(KINDS, ref, KINDS.projects[0], kind=kind)
    assert isinstance(found, Task)
    assert found.id == task_id


@pytest.mark.parametrize(("ref", "kind"), [("load", None), ("fix", "Scheduled"), ("load", "Triggered")])
def test_a_name_that_no_type_decides(ref: str, kind: WorkflowType | None) -> None:
    """Where the type leaves none or several, all that have the name are shown."""
    assert "more than once" in told(find_task(KINDS, ref, KINDS.projects[0], kind=kind))


def test_many_references_at_once() -> None:
    """All faults, by position; only the first ones cost a search for near names."""
    refs = ["extract", *(f"extrac{number}" for number in range(30)), 4]
    tasks, unresolved = find_tasks(CATALOG, refs, SHOP)
    assert [task.id for task in tasks] == [1, 4]
    assert [position for position, _ in unresolved] == list(range(1, 31))
    assert ["did you mean" in problem.allowed for _, problem in unresolved] == [True] * 5 + [False] * 25
