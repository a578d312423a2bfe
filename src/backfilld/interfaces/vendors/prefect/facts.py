"""How a run stands by itself, in the client's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from backfilld.engine.marks import RunMarks
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


@dataclass(frozen=True, slots=True)
class Closer:
    """What costs a look of its own, made only where it decides."""

    bytes_of: Callable[[], bytes]
    """The state bytes of the run's instances."""
    tried: Callable[[State], bool]
    """Whether any of its instances in a state has failed before."""


def facts_of(run: ShownRun, accepted: datetime, closer: Closer, now: datetime) -> Facts:
    """The type that the run is of, its name, and since when as far as is known."""
    kind = _type(run, closer)
    since = run.settled_at or (run.admitted_at if kind != "SCHEDULED" else None) or accepted
    return Facts(kind, _name(kind, run, closer, now), since, run.settled_at, run.marks.not_before, run.word)


def halted(word: str, marks: RunMarks) -> Halted | None:
    """What keeps the run from going on: its backfill was not started, or is paused, or it is paused itself."""
    if word == "not_started":
        return "not_started"
    if word not in ("paused", "pausing"):
        return None
    return "run_paused" if marks.paused else "paused"


def _type(run: ShownRun, closer: Closer) -> StateType:
    if run.word == "queued" and run.counts[State.READY]:
        return "PENDING"
    if run.word == "failed" and run.counts[State.LOST] and not run.counts[State.FAILED]:
        return "CRASHED"
    if run.word in ("running", "pausing") and _is_stopping(closer.bytes_of()):
        return "CANCELLING"
    return _TYPES[run.word]


def _is_stopping(states: bytes) -> bool:
    """Whether all that runs is being stopped."""
    running = {byte & STOPPING for byte in states if byte & STATE_MASK == State.RUNNING}
    return running == {STOPPING}


def _name(kind: StateType, run: ShownRun, closer: Closer, now: datetime) -> str:
    due = run.marks.not_before
    if kind == "SCHEDULED":
        if run.word == "waiting" and run.counts[State.READY] and closer.tried(State.READY):
            return "AwaitingRetry"
        return "Late" if run.word == "queued" and due is not None and now > due + LATE_AFTER else "Scheduled"
    if kind == "RUNNING" and closer.tried(State.RUNNING):
        return "Retrying"
    if kind == "COMPLETED" and run.counts[State.SKIPPED] and not run.counts[State.SUCCEEDED]:
        return "Skipped"
    return kind.capitalize()
