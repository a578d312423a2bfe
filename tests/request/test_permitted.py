"""What a caller may not see is not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from request.asking import CATALOG, CIRCUMSTANCES, asked, at_once, faults, understood

from backfilld.request.selection import AllDownstream

FLIGHTS_ALONE = replace(CIRCUMSTANCES, permitted=frozenset({100}))
FINANCE_ALONE = replace(CIRCUMSTANCES, permitted=frozenset({200}))
FEED = {"project": "finance", "workflow": "rates", "task": "feed"}


@pytest.mark.parametrize(
    ("hidden", "missing"),
    [
        (asked(project_id=200), asked(project_id=201)),
        (asked(project_id="finance"), asked(project_id="finances")),
        (asked(workflow_id=2001), asked(workflow_id=2002)),
        (asked({"root_task_ids": [1, 21]}), asked({"root_task_ids": [1, 22]})),
        (asked({"include_task_ids": ["feed"]}), asked({"include_task_ids": ["feeds"]})),
        (asked({"exclude_task_ids": [FEED]}), asked({"exclude_task_ids": [{**FEED, "project": "financ"}]})),
        (
            asked({"mode": "AllDownstream", "exclude_project_ids": ["finance"]}),
            asked({"mode": "AllDownstream", "exclude_project_ids": ["finances"]}),
        ),
        (asked(task_parameters={"21": "schema=x"}), asked(task_parameters={"22": "schema=x"})),
        (at_once("Manual", {"root_task_ids": [21]}), at_once("Manual", {"root_task_ids": [22]})),
    ],
)
def test_it_reads_as_unknown(hidden: dict[str, Any], missing: dict[str, Any]) -> None:
    """The fault is the one that a name gets which does not exist: nobody learns what others have."""
    (fault,), (of_nothing,) = faults(hidden, FLIGHTS_ALONE), faults(missing, FLIGHTS_ALONE)
    assert fault.path.rpartition(".")[0] == of_nothing.path.rpartition(".")[0]
    assert fault.allowed == of_nothing.allowed
    assert not any(word in fault.allowed for word in ("finance", "rates", "21"))


def test_who_may_see_everything_sees_everything() -> None:
    """Without a scope every project is known, and with one its own are."""
    request = asked({"include_task_ids": [21]})
    assert understood(request).permitted is None
    assert understood(request, replace(CIRCUMSTANCES, permitted=frozenset({100, 200}))).permitted == {100, 200}
    project, root = faults(asked(), FINANCE_ALONE)
    assert (project.path, root.path) == ("project_id", "default_run_properties.root_task_ids[0]")


def test_what_is_downstream_is_left_to_planning() -> None:
    """Only what is named is judged here: planning counts what the caller may not see, so it stays in the shape."""
    found = understood(asked({"mode": "AllDownstream"}), FLIGHTS_ALONE)
    assert found.selection == AllDownstream(1, frozenset(), CATALOG.of_type["Scheduled"])
    assert found.permitted == {100}


def test_a_payload_sets_what_the_caller_may_see() -> None:
    """A parameter of a hidden project is declared by nothing here, so that nothing is told of it."""
    assert understood(asked(payload={"currency": "two\nlines"}), FLIGHTS_ALONE).payload_parameters == {}
    (fault,) = faults(asked(payload={"currency": "two\nlines"}))
    assert fault.path == "payload.currency"
