"""Reasons in words: one sentence for every code, the time where one is known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from backfilld.engine import explaining
from backfilld.engine.explaining import Crowd, Why
from backfilld.engine.gates import Gate
from backfilld.engine.states import AttemptState, State
from backfilld.interfaces.reasons import SENTENCES, reason, reason_of_many, sentence
from backfilld.planning.plan import InstanceId
from backfilld.ports import StoredAttempt, StoredInstance
from backfilld.service.explaining import Explained, Seen
from backfilld.service.views import ShownInstance
from backfilld.service.waiters import Waiters

NOW = datetime(2024, 3, 1, 2, 10, tzinfo=UTC)
SOON, LATER = NOW.replace(minute=14, second=30), NOW.replace(month=4)
WAITS = {explaining.NO_PLACE, explaining.PLACES_KEPT, explaining.DATE_AHEAD}
WAITS |= {explaining.UPSTREAM, explaining.BLOCKED, explaining.STARTS}


def test_every_code_has_a_sentence() -> None:
    """Every gate that the engine has, and whatever else keeps an instance, is told in words."""
    assert {gate.value for gate in Gate} | WAITS <= SENTENCES.keys()


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (Why(0x11, "held"), "held until it is released"),
        (Why(1, "retry_not_due", SOON), "retry not before 02:14:30 UTC"),
        (Why(1, "cycle_not_come", LATER), "its cycle time comes at 2024-04-01 02:10 UTC"),
        (Why(1, "queued_behind", backfill=3), "queued behind backfill 3, which holds the same cycle"),
        (Why(1, "runs_elsewhere", backfill=3), "the same cycle runs in backfill 3"),
        (
            Why(1, "no_slot", crowd=Crowd("default", 8, 8, (3, 5))),
            "no slot in default: 8 of 8 are taken, by backfills 3 and 5",
        ),
        (Why(1, "no_slot", crowd=Crowd("default", 8, 8, (3,))), "no slot in default: 8 of 8 are taken, by backfill 3"),
        (Why(1, "no_slot", crowd=Crowd("gone", 0, 0)), "no slot in gone: the settings give it none"),
        (
            Why(1, "max_active", crowd=Crowd("load", 2, 2, (1, 2, 7))),
            "load runs 2 of at most 2 times at once (max_active), by backfills 1, 2 and 7",
        ),
        (Why(0, "no_place", crowd=Crowd("", 4, 4)), "its date has no place: 4 of 4 dates in flight"),
        (
            Why(0, "places_kept", crowd=Crowd("", 2, 2)),
            "its date has no place: failed dates keep all 2 (on_failure Hold)",
        ),
        (Why(0, "date_ahead", SOON), "its date lies ahead: its first cycle comes at 02:14:30 UTC"),
        (Why(0, "date_ahead"), "its date lies ahead"),
        (Why(1, "another_gate", SOON), "another gate until 02:14:30 UTC"),
    ],
)
def test_sentences(why: Why, said: str) -> None:
    """The words name who is in the way."""
    assert reason(why, NOW) == said


def test_the_first_speaks_for_many() -> None:
    """A time that is only the earliest of several is told so."""
    why = Why(1, "retry_not_due", SOON)

    assert reason_of_many(Waiters(why, 1), NOW, None) == "retry not before 02:14:30 UTC"
    assert reason_of_many(Waiters(why, 9), NOW, None) == "retry not before 02:14:30 UTC (the first of them)"


def running(usually: timedelta | None) -> Explained:
    """The first attempt of an instance, which has just begun."""
    number, state = InstanceId(1), State.RUNNING
    shown = ShownInstance(StoredInstance(number, 1, NOW, state, 1, 0, None, NOW), 1, date(2024, 3, 1), "load")
    last = StoredAttempt("1", number, 1, 1, AttemptState.RUNNING, NOW, NOW, None, None, None, "")
    return Explained(Seen(shown, last), Why(state, "running"), (), 0, usually and NOW + usually, None, NOW)


def test_what_runs_says_by_when_it_usually_ends() -> None:
    """It says since when and which attempt; the end only where the task has shown how long it takes."""
    assert sentence(running(None)) == "runs since 02:10 UTC (attempt 1)"
    assert sentence(running(timedelta(minutes=5))) == "runs since 02:10 UTC (attempt 1), usually done by 02:15 UTC"
