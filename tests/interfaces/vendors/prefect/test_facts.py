"""How our words for a run read to the client: each row of the table of states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from backfilld.engine.marks import UNMARKED_RUN
from backfilld.engine.run import NO_COUNTS
from backfilld.engine.states import STOPPING, State
from backfilld.interfaces.vendors.prefect.facts import LATE_AFTER, Closer, facts_of, halted
from backfilld.interfaces.vendors.prefect.history import Facts
from backfilld.service.views import ShownRun

NOW = datetime(2024, 5, 6, 12, tzinfo=UTC)
AN_HOUR_AGO = NOW - timedelta(hours=1)
RUNNING, STOPPED = State.RUNNING.value, State.RUNNING | STOPPING


def read(word: str, states: bytes = b"", *, tried: bool = False, due: datetime | None = None, **counts: int) -> Facts:
    """A run with these instances."""
    counted = list(NO_COUNTS)
    for name, number in counts.items():
        counted[State[name.upper()]] = number
    settled = NOW if word in ("succeeded", "failed", "cancelled") else None
    marks = replace(UNMARKED_RUN, not_before=due)
    run = ShownRun(1, 1, date(2024, 5, 5), word, tuple(counted), AN_HOUR_AGO, settled, marks)
    return facts_of(run, AN_HOUR_AGO, Closer(lambda: states, lambda state: tried), NOW)


LATE = NOW - LATE_AFTER - timedelta(seconds=1)
TABLE: Mapping[str, tuple[Facts, str, str]] = {
    "not started": (read("not_started", waiting=2), "SCHEDULED", "Scheduled"),
    "time or window": (read("waiting", ready=1), "SCHEDULED", "Scheduled"),
    "overdue": (read("queued", waiting=1, due=LATE), "SCHEDULED", "Late"),
    "just due": (read("queued", waiting=1, due=NOW - LATE_AFTER), "SCHEDULED", "Scheduled"),
    "upstream": (read("queued", waiting=1), "SCHEDULED", "Scheduled"),
    "retry delay": (read("waiting", ready=1, tried=True), "SCHEDULED", "AwaitingRetry"),
    "ready": (read("queued", ready=1), "PENDING", "Pending"),
    "running": (read("running", bytes([RUNNING]), running=1), "RUNNING", "Running"),
    "again": (read("running", bytes([RUNNING]), running=1, tried=True), "RUNNING", "Retrying"),
    "pausing": (read("pausing", bytes([RUNNING]), running=1), "RUNNING", "Running"),
    "paused": (read("paused", ready=1), "PAUSED", "Paused"),
    "stopping": (read("running", bytes([STOPPED, 7]), running=1), "CANCELLING", "Cancelling"),
    "stopping in part": (read("running", bytes([STOPPED, RUNNING]), running=2), "RUNNING", "Running"),
    "succeeded": (read("succeeded", succeeded=1, skipped=1), "COMPLETED", "Completed"),
    "skipped": (read("succeeded", skipped=2), "COMPLETED", "Skipped"),
    "failed": (read("failed", failed=1, lost=1), "FAILED", "Failed"),
    "vanished": (read("failed", lost=1), "CRASHED", "Crashed"),
    "cancelled": (read("cancelled", cancelled=1), "CANCELLED", "Cancelled"),
}


@pytest.mark.parametrize("situation", TABLE)
def test_each_situation(situation: str) -> None:
    """A run in this situation is of this type, under this name, and has ended where the type says so."""
    facts, kind, name = TABLE[situation]

    assert (facts.type, facts.name) == (kind, name)
    assert (facts.ended is not None) == (kind in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"))


def test_what_has_just_ended_is_ending() -> None:
    """Bytes are written before the word is said: a run of which nothing runs any more is no run that goes on."""
    assert read("running", bytes([State.SUCCEEDED]), running=1).ending
    assert not read("running", bytes([RUNNING]), running=1).ending
    assert not read("queued", ready=1).ending


@pytest.mark.parametrize(
    ("word", "marked", "expected"),
    [
        ("not_started", False, "not_started"),
        ("paused", True, "run_paused"),
        ("pausing", True, "run_paused"),
        ("paused", False, "paused"),
        ("pausing", False, "paused"),
        ("running", False, None),
        ("queued", False, None),
    ],
)
def test_what_keeps_a_run(word: str, marked: bool, expected: Any) -> None:
    """A pause of its own is told from one of all its backfill."""
    assert halted(word, replace(UNMARKED_RUN, paused=marked)) == expected


def test_one_pause_is_told_from_the_next() -> None:
    """By how often the run was paused; what only its backfill's pause keeps has none of its own."""

    def pause(**marks: Any) -> int | None:
        run = ShownRun(1, 1, date(2024, 5, 5), "paused", NO_COUNTS, None, None, replace(UNMARKED_RUN, **marks))
        return facts_of(run, AN_HOUR_AGO, Closer(lambda: b"", lambda state: False), NOW).pause

    assert (pause(paused=True, pauses=2), pause(pauses=2), pause()) == (2, None, None)
