"""Which of our acts bring a run to a state that was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from backfilld.dates import utc_text
from backfilld.interfaces.vendors.prefect.history import Facts
from backfilld.interfaces.vendors.prefect.states import AskedState
from backfilld.interfaces.vendors.prefect.transitions import FINAL

On = Literal["backfill", "others", "run", "running", "all"]
"""All of the backfill, its other runs, the run itself, its instances that run, or each of its instances."""
_ENDS: Mapping[str, str] = {
    "CANCELLED": "cancel",
    "CANCELLING": "cancel",
    "COMPLETED": "set_succeeded",
    "FAILED": "set_failed",
    "CRASHED": "set_failed",
}
Halted = Literal["not_started", "paused", "run_paused"]


@dataclass(frozen=True, slots=True)
class Move:
    """An act of ours, by its name, and on what."""

    act: str
    on: On
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stands by itself; `halted` says what keeps it, or all of its backfill, from going on."""

    facts: Facts
    halted: Halted | None
    opened: bool
    """Whether its instances have begun to exist."""


def moves(asked: AskedState, it: Standing, now: datetime, *, force: bool) -> tuple[Move, ...]:
    """The acts, of which the first one's verdict counts; none where the run stands so already."""
    return tuple(_moves(asked, it, now, force=force))


def _moves(asked: AskedState, it: Standing, now: datetime, *, force: bool) -> Iterator[Move]:
    if asked.type in _ENDS:
        yield from _ended(asked, it)
        return
    if it.facts.ended is not None:
        yield _again(it)
    if asked.type == "PAUSED":
        yield from _paused(asked, it)
        return
    if asked.type == "SCHEDULED":
        yield Move("set_not_before", "run", {"not_before": _later(asked.state_details.scheduled_time, now)})
    elif it.halted is not None and it.facts.ended is None:
        yield from _let_go(it.halted)
    if asked.type == "RUNNING" and force:
        yield Move("set_not_before", "run", {"not_before": None})
    if asked.type == "SCHEDULED" and it.halted == "run_paused":
        yield Move("resume", "run")
    if asked.type != "RUNNING" and it.facts.type in ("RUNNING", "CANCELLING"):
        yield Move("rerun", "running", {"force": True})


def _ended(asked: AskedState, it: Standing) -> Iterator[Move]:
    """One that has ended otherwise is overridden instance by instance."""
    if it.facts.ended is None:
        yield Move(_ENDS[asked.type], "run")
    elif _ENDS[asked.type] != _ENDS[it.facts.type]:
        yield Move(_ENDS[asked.type], "all", {"force": True})


def _again(it: Standing) -> Move:
    return Move("rerun", "all") if it.opened else Move("rerun", "run")


def _paused(asked: AskedState, it: Standing) -> Iterator[Move]:
    """A pause with `pause_reschedule` ends what runs; it begins anew when the run goes on."""
    yield Move("pause", "run")
    if asked.state_details.pause_reschedule and it.facts.type not in FINAL:
        yield Move("rerun", "running", {"force": True})


def _let_go(halted: Halted) -> Iterator[Move]:
    """Where all of its backfill stands still, that goes on, and every other run is paused by itself."""
    if halted == "run_paused":
        yield Move("resume", "run")
        return
    yield Move("start" if halted == "not_started" else "resume", "backfill")
    yield Move("pause", "others")
    yield Move("resume", "run")


def _later(moment: datetime | None, now: datetime) -> str | None:
    return utc_text(moment) if moment is not None and moment > now else None
