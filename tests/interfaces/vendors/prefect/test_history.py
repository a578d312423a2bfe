"""Which state a run has: what a client has said of it, until the run itself has moved on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.interfaces.vendors.prefect.history import (
    CANCELLING_SHOWN,
    Facts,
    asked_state,
    by_itself,
    current,
    said,
    state_of,
    states,
)
from backfilld.interfaces.vendors.prefect.ids import Kind, id_of
from backfilld.interfaces.vendors.prefect.states import AskedState, StateDetails
from backfilld.interfaces.vendors.prefect.transitions import FINAL, TYPES

NOW = datetime(2024, 5, 6, tzinfo=UTC)
RUN = id_of(Kind.FLOW_RUN, 1)


def facts(kind: Any, *, ended: datetime | None = None, word: str = "") -> Facts:
    return Facts(kind, kind.capitalize(), NOW, (ended or NOW) if kind in FINAL else None, None, word)


def put(kind: Any, right_after: Facts, **more: Any) -> Any:
    """A state that a client has put there, as it is kept."""
    state = asked_state(RUN, AskedState.model_validate({"type": kind, **more}), uuid4(), None, NOW)
    return said(state, right_after)


types = st.sampled_from(TYPES)
ENDS = {(kind, kind) for kind in FINAL} | {("CRASHED", "FAILED"), ("CANCELLING", "CANCELLED")}
"""What can be said of a run that has ended, and how it has."""


@given(types, types)
def test_it_stands_while_nothing_moves(kind: str, stood: str) -> None:
    """The last word stands while the run stands as it did, unless what it says is over, or is not how it has ended."""
    there = facts(stood)
    came = kind in ("SCHEDULED", "PENDING") and stood in ("RUNNING", "CANCELLING")
    over = stood in FINAL and (kind, stood) not in ENDS

    shown = current(RUN, [put(kind, there)], there, NOW)

    assert shown.type == (stood if came or over else kind)


@given(types, types, types)
def test_an_end_is_never_hidden(kind: str, stood: str, ends: str) -> None:
    """What has ended since reads as ended, whatever was said before."""
    if ends not in FINAL:
        return
    kept = put(kind, facts(stood))
    shown = current(RUN, [kept], facts(ends, ended=NOW + timedelta(hours=1)), NOW + timedelta(hours=2))

    assert shown.type in FINAL
    assert shown.type == ends or (kind == "CRASHED" and ends == "FAILED")


@given(st.none() | st.integers(1, 3), st.none() | st.integers(1, 3))
def test_a_pause_stands_as_long_as_it_lasts(asked: int | None, lasts: int | None) -> None:
    """What was said of one pause is not said of the next, which somebody else has begun."""
    until = (NOW + timedelta(hours=1)).isoformat()
    kept = put("PAUSED", replace(facts("PAUSED"), pause=asked), state_details={"pause_timeout": until})
    shown = current(RUN, [kept], replace(facts("PAUSED"), pause=lasts), NOW)

    assert shown.type == "PAUSED"
    assert (shown.pause_timeout is not None) == (asked == lasts)


@given(types, types)
def test_a_state_at_which_nobody_has_looked_stands_where_it_can_be_so(kind: str, stood: str) -> None:
    """Of a daemon that ended right after the act: what was asked for is shown once the run is there."""
    kept = said(state_of(put(kind, facts("RUNNING"))), None)
    shown = current(RUN, [kept], replace(facts(stood), pause=1), NOW)

    assert shown.type in (kind, stood)
    if kind == stood and kind != "CANCELLING":
        assert str(shown.id) == kept["id"]


def test_an_end_that_was_asked_for_keeps_its_words() -> None:
    """What ends as was asked, once its process is gone, has the name and message that were given; the next end not."""
    kept = put("COMPLETED", facts("RUNNING"), name="Cached", message="by hand", data={"a": 1})
    done = current(RUN, [kept], facts("COMPLETED", ended=NOW), NOW)
    again = current(RUN, [said(done, facts("COMPLETED"))], facts("COMPLETED", ended=NOW + timedelta(1)), NOW)

    assert (done.name, done.message, done.data) == ("Cached", "by hand", {"a": 1})
    assert again.name == "Completed"
    assert again.id != done.id


def test_a_run_without_processes_is_being_cancelled_for_a_while() -> None:
    """It reads so as long as a worker of theirs may take, then as cancelled."""
    there = facts("CANCELLED")
    kept = [put("CANCELLING", there)]

    assert current(RUN, kept, there, NOW + CANCELLING_SHOWN - timedelta(seconds=1)).type == "CANCELLING"
    assert current(RUN, kept, there, NOW + CANCELLING_SHOWN).type == "CANCELLED"


details: dict[str, Any] = {
    "flow_run_id": str(uuid4()),
    "task_run_id": str(uuid4()),
    "child_flow_run_id": str(uuid4()),
    "scheduled_time": "2030-01-01T00:00:00Z",
    "cache_key": "k",
    "cache_expiration": "2030-01-02T00:00:00Z",
    "deferred": True,
    "untrackable_result": True,
    "pause_timeout": "2030-01-03T00:00:00Z",
    "pause_reschedule": True,
    "pause_key": "p",
    "run_input_keyset": {"a": "b"},
    "refresh_cache": False,
    "retriable": True,
    "transition_id": str(uuid4()),
    "task_parameters_id": str(uuid4()),
    "traceparent": "00-1-2-01",
    "deployment_concurrency_lease_id": str(uuid4()),
}


@given(st.sets(st.sampled_from(sorted(details))), types)
def test_every_detail_is_kept(given: set[str], kind: str) -> None:
    """All 18 keys come back as they were given; a scheduled state without a time is due at once."""
    asked = {name: details[name] for name in given}
    kept = put(kind, facts("RUNNING"), state_details=asked)
    shown = kept["state_details"]

    assert set(StateDetails.model_fields) == set(details) == set(shown)
    assert {name: shown[name] for name in asked} == asked
    if "scheduled_time" not in asked:
        assert shown["scheduled_time"] == (NOW.isoformat().replace("+00:00", "Z") if kind == "SCHEDULED" else None)


@given(types)
def test_a_run_of_which_nothing_was_said_has_one_state(kind: str) -> None:
    """It has the same id whenever one looks, and another one when it moves."""
    one, same, other = (by_itself(RUN, each) for each in (facts(kind), facts(kind), facts(kind, word="x")))
    moved = by_itself(RUN, Facts(facts(kind).type, "Other", NOW, None))

    assert one == same == other
    assert moved.id != one.id
    assert isinstance(one.id, UUID)


def test_states_end_with_the_one_there_is() -> None:
    """The list begins with what the run was at first, and ends with what it is."""
    began = Facts("RUNNING", "Running", NOW + timedelta(hours=1), None)
    alone = states(RUN, [], began, NOW, NOW)
    kept = put("PAUSED", facts("RUNNING", word="pausing"))
    after = states(RUN, [kept], facts("COMPLETED"), NOW, NOW)

    assert [each.type for each in alone] == ["SCHEDULED", "RUNNING"]
    assert [each.type for each in after] == ["PAUSED", "COMPLETED"]
    assert [each.type for each in states(RUN, [kept], facts("PAUSED"), NOW, NOW)] == ["PAUSED"]


@pytest.mark.parametrize("given", [{"type": "running"}, {"type": "RUNNING", "odd": 1}, {"state_details": {}}, {}])
def test_states_that_are_none(given: dict[str, Any]) -> None:
    """A type in other letters, a key that is not known, or no type is refused."""
    with pytest.raises(ValueError, match="validation error"):
        AskedState.model_validate(given)
