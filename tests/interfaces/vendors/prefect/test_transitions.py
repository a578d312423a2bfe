"""What becomes of a state that is asked for: as it was measured on the vendor's server, cell by cell."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.interfaces.vendors.prefect.ids import Kind, id_of, number_of
from backfilld.interfaces.vendors.prefect.transitions import FINAL, TYPES, Question, StateType, decide

MATRIX: dict[str, Any] = json.loads((Path(__file__).parent / "transition_matrix.json").read_text())
NOW = datetime(2024, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("was", TYPES)
@pytest.mark.parametrize("deployed", [True, False])
def test_each_cell_is_as_measured(was: StateType, deployed: bool) -> None:
    """From each type to each: the status, and the type that the run has then; 81 cells for runs of either kind."""
    measured = MATRIX["with_deployment" if deployed else "without_deployment"][was]
    decisions = {asked: decide(Question(was, asked, deployed=deployed), NOW) for asked in TYPES}

    assert list(TYPES) == MATRIX["columns"]
    assert {asked: [each.status, each.put or was] for asked, each in decisions.items()} == measured
    assert all(each.reason for each in decisions.values() if each.status != "ACCEPT")


@given(st.sampled_from(TYPES), st.timedeltas(timedelta(days=-9), timedelta(days=9)))
def test_what_is_due_later_is_waited_for(was: StateType, left: timedelta) -> None:
    """A run that is scheduled, or pending with its time kept, runs no earlier: in at least so many whole seconds."""
    decision = decide(Question(was, "RUNNING", due=NOW + left), NOW)

    waits = was in ("SCHEDULED", "PENDING") and left > timedelta(0)
    assert (decision.status == "WAIT") == waits
    if waits:
        assert decision.put is None
        assert 0 <= decision.delay_seconds - left.total_seconds() < 1


@given(st.sampled_from(TYPES), st.booleans())
def test_only_what_is_scheduled_can_be_late(was: StateType, deployed: bool) -> None:
    """The name Late is refused for any run that is not scheduled."""
    decision = decide(Question(was, "SCHEDULED", "Late", deployed=deployed), NOW)

    assert decision.status == ("ACCEPT" if was == "SCHEDULED" else "REJECT")


def test_final_types_are_those_that_end() -> None:
    """A state that ends is one from which a run of no deployment cannot be scheduled."""
    rows = MATRIX["without_deployment"]
    assert {was for was in TYPES if rows[was]["SCHEDULED"][0] == "ABORT"} == FINAL


numbers = st.integers(0, 2**63 - 1)


@given(st.sampled_from(Kind), numbers, numbers)
def test_ids_hold_our_numbers(kind: Kind, one: int, other: int) -> None:
    """A number comes back out of its id, only as the kind that it went in, and ids are in the order of numbers."""
    found = id_of(kind, one)

    assert [each for each in Kind if number_of(each, found) is not None] == [kind]
    assert number_of(kind, found) == one
    assert found.version == 8
    assert (found < id_of(kind, other)) == (one < other)


@given(st.uuids())
def test_other_ids_are_not_ours(found: object) -> None:
    """A random id holds no number of any kind."""
    assert all(number_of(kind, found) is None for kind in Kind)  # type: ignore[arg-type]
