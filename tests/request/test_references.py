"""Ids, names and places: what a request may call a project, a workflow and a task (spec 1)."""

from __future__ import annotations

from typing import Any

import pytest
from request.asking import asked, faults, paths, understood

from backfilld.request.selection import ManualSelection

FEED = {"project": "finance", "workflow": "rates", "task": "feed"}


@pytest.mark.parametrize(
    ("ref", "task"),
    [
        (1, 1),
        ("1", 1),
        ("extract", 1),
        ("clean/v2", 2),
        ("report", 5),
        (21, 21),
        (FEED, 21),
        ({"project": 200, "workflow": "2001", "task": 21}, 21),
        ({"workflow": "weekly", "task": "load"}, 4),
        ({"task": "extract"}, 1),
        ({"Project": "finance", "Task": "feed"}, 21),
    ],
)
def test_a_task_by_id_name_or_place(ref: object, task: int) -> None:
    """An id, a text of digits, a name that is unique in the project, and project, workflow and task mean a task."""
    found = understood(asked({"include_task_ids": [ref]}))
    assert found.selection == ManualSelection(frozenset({1}), frozenset({task}))


@pytest.mark.parametrize("project", [100, "100", "flights"])
@pytest.mark.parametrize(("workflow", "known"), [(1001, 1001), ("1001", 1001), ("daily", 1001), (1, None), ("1", None)])
def test_a_project_and_a_workflow_by_id_or_name(project: object, workflow: object, known: int | None) -> None:
    """Ids, digits and names are the same; workflow id 1 is no one workflow."""
    found = understood(asked(project_id=project, workflow_id=workflow))
    assert (found.project_id, found.workflow_id) == (100, known)


def test_a_bare_name_is_looked_up_in_the_workflow() -> None:
    """A name that occurs twice in the project is one task once the request names the workflow."""
    assert "more than once" in faults(asked({"root_task_ids": ["load"]}))[0].allowed
    for workflow, task in (("daily", 3), ("weekly", 4)):
        found = understood(asked({"root_task_ids": ["load"]}, workflow_id=workflow))
        assert found.selection == ManualSelection(frozenset({task}), frozenset())


def test_the_workflow_never_narrows_what_is_included() -> None:
    """Only roots and bare names are looked up in the workflow; ids and places may lead anywhere."""
    found = understood(asked({"include_task_ids": [5, FEED], "exclude_task_ids": [4]}, workflow_id="daily"))
    assert found.selection == ManualSelection(frozenset({1}), frozenset({5, 21}))
    assert found.exclude == {4}


@pytest.mark.parametrize(
    ("fields", "root", "word"),
    [
        ({"workflow_id": "daily"}, 5, "workflow daily"),
        ({}, 21, "project flights"),
        ({"workflow_id": 1}, FEED, "project flights"),
    ],
)
def test_roots_lie_in_the_workflow_or_the_project(fields: dict[str, Any], root: object, word: str) -> None:
    """A root of another workflow or project is refused, even by its id."""
    (fault,) = faults(asked({"root_task_ids": [1, root]}, **fields))
    assert fault.path == "default_run_properties.root_task_ids[1]"
    assert word in fault.allowed


@pytest.mark.parametrize(
    "ref",
    [
        None,
        True,
        1.5,
        [],
        ["extract"],
        {},
        {"task": None},
        {"task": ["extract"]},
        {"name": "extract"},
        "",
        " ",
        {"task": "extract", "id": 1},
        "a\nb",
        "x" * 256,
        {"project": True, "task": 1},
        {"workflow": {}, "task": 1},
    ],
)
def test_what_can_be_no_reference(ref: object) -> None:
    """Anything but an id, a name and a place is refused at its position in the list, and nothing follows from it."""
    assert paths(asked({"root_task_ids": ["extract", ref]})) == ["default_run_properties.root_task_ids[1]"]
    assert paths(asked(project_id=ref)) == ["project_id"]


@pytest.mark.parametrize(
    ("field", "ref", "hint"),
    [
        ("project_id", "flihgts", "did you mean flights?"),
        ("workflow_id", "dialy", "did you mean daily?"),
        ("project_id", 7, "the id of a project"),
        ("workflow_id", 2001, "2001 is one of project finance"),
    ],
)
def test_a_home_that_is_not_there(field: str, ref: object, hint: str) -> None:
    """A wrong project or workflow is one fault with a hint: what is looked up in it is not held against it."""
    request = asked({"root_task_ids": ["load"]}, **{"workflow_id": "daily", field: ref})
    (fault,) = faults(request | {"workflow_parameters": {"schema": "x"}, "task_parameters": {"load": "schema=x"}})
    assert fault.path == field
    assert hint in fault.allowed


def test_a_name_of_no_task_at_all_is_a_fault_in_any_home() -> None:
    """A wrong project does not hide what is wrong whatever the project is."""
    assert paths(asked({"root_task_ids": ["nowhere"], "include_task_ids": [999]}, project_id="nope")) == [
        "project_id",
        "default_run_properties.root_task_ids[0]",
        "default_run_properties.include_task_ids[0]",
    ]


def test_many_wrong_names_keep_their_positions() -> None:
    """Items that are left out for their shape do not shift the others."""
    refs = [None, "extract", "nope", [], "load", 1, {}, "gone"]
    assert paths(asked({"include_task_ids": refs})) == [
        f"default_run_properties.include_task_ids[{position}]" for position in (0, 3, 6, 2, 4, 7)
    ]
