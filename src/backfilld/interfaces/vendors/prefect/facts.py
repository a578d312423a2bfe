"""How a run stands by itself, in the client's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from backfilld.engine.marks import RunMarks
from backfilld.engine.snapshot import SETTLED
from backfilld.engine.states import STATE_MASK, STOPPING, State
from backfilld.interfaces.vendors.prefect.history import Facts
from backfilld.interfaces.vendors.prefect.moves import Halted
from backfilld.interfaces.vendors.prefect.transitions import StateType
from backfilld.service.views import ShownRun

LATE_AFTER = timedelta(seconds=15)
"""What is overdue by so much is late, as on Prefect's own server."""
_TYPES: Mapping[str, StateType] = {
    "not_started": "SCHEDULED",
    "queued": "SCHEDULED",
    "waiting": "SCHEDULED",
    "running": "RUNNING",
    "pausing": "RUNNING",
    "paused": "PAUSED",
    "succeeded": "COMPLETED",
    "failed": "FAILED",
    "cancelled": "CANCELLED",
}


_NOTHING_ELSE = frozenset({0})
"""Of a run of which nothing runs: nothing is being stopped either."""


@dataclass(frozen=True, slots=True)
class Closer:
    """What costs a look of its own, made only where it decides."""

    bytes_of: Callable[[], bytes]
    """The state bytes of the run's instances."""
    tried: Callable[[State], bool]
    """Whether any of its instances in a state has failed before."""


def facts_of(run: ShownRun, accepted: datetime, closer: Closer, now: datetime) -> Facts:
    """The type that the run is of, its name, and since when as far as is known."""
    ended = run.settled_at if run.word in SETTLED else None
    running = _running(closer.bytes_of()) if run.word in ("running", "pausing") else _NOTHING_ELSE
    kind = _type(run, running)
    since = ended or (run.admitted_at if kind != "SCHEDULED" else None) or accepted
    name = _name(kind, run, closer, now)
    pause = run.marks.pauses if run.marks.paused else None
    return Facts(kind, name, since, ended, run.marks.not_before, run.word, ending=not running, pause=pause)


def halted(word: str, marks: RunMarks) -> Halted | None:
    """What keeps the run from going on: its backfill was not started, or is paused, or it is paused itself."""
    if word == "not_started":
        return "not_started"
    if word not in ("paused", "pausing"):
        return None
    return "run_paused" if marks.paused else "paused"


def _type(run: ShownRun, running: frozenset[int]) -> StateType:
    if run.word == "queued" and run.counts[State.READY]:
        return "PENDING"
    if run.word == "failed" and run.counts[State.LOST] and not run.counts[State.FAILED]:
        return "CRASHED"
    return "CANCELLING" if running == {STOPPING} else _TYPES[run.word]


def _running(states: bytes) -> frozenset[int]:
    """Whether what runs is being stopped, all of it or some; empty for what has just ended."""
    return frozenset(byte & STOPPING for byte in states if byte & STATE_MASK == State.RUNNING)


def _name(kind: StateType, run: ShownRun, closer: Closer, now: datetime) -> str:
    due = run.marks.not_before
    if kind == "SCHEDULED":
        if run.word == "waiting" and run.counts[State.READY] and closer.tried(State.READY):
            return "AwaitingRetry"
        return "Late" if run.word == "queued" and due is not None and now - due > LATE_AFTER else "Scheduled"
    if kind == "RUNNING" and closer.tried(State.RUNNING):
        return "Retrying"
    if kind == "COMPLETED" and run.counts[State.SKIPPED] and not run.counts[State.SUCCEEDED]:
        return "Skipped"
    return kind.capitalize()
