"""Whose turn it is for a slot, and who has waited too long for one (spec 5, Who is next)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from backfilld.engine.backfill import Backfill
from backfilld.engine.facts import IMPLIED
from backfilld.engine.run import Run
from backfilld.engine.states import STATE_MASK

STARVATION_AFTER = timedelta(minutes=15)
_new = tuple.__new__  # what a named tuple's own constructor comes to, without its Python frame
Place = tuple[bool, float, int, int, Backfill]
"""In a line for slots, the smallest first; False in front says that the backfill starves."""


class Fairness(NamedTuple):
    """How slots were given to a backfill.

    `starts` counts its attempts. Since the engine began: `starved` counts those that were started out of turn because
    it had waited too long; since `waits_since` something of it has lacked nothing but a slot (None: nothing does).
    """

    starts: int
    starved: int
    waits_since: datetime | None


NO_SLOTS_YET = Fairness(0, 0, None)


def fairness(backfill: Backfill) -> Fairness:
    """How slots were given to it so far."""
    since = min(backfill.waits.values()).since if backfill.waits else None
    return _new(Fairness, (backfill.starts, backfill.starved, since))


def usual_place(backfill: Backfill) -> Place:
    """By priority, then who was served longest ago, then who was accepted first."""
    return True, -backfill.accepted.priority, backfill.turn, backfill.number, backfill


def place(backfill: Backfill, lane: str, patient_since: datetime) -> Place:
    """Before all others who has waited for the lane's slots since before `patient_since`, the longest first."""
    wait = backfill.waits.get(lane)
    if wait is None or wait.since > patient_since:
        return usual_place(backfill)
    return False, wait.since.timestamp(), backfill.turn, backfill.number, backfill


def out_of_turn(first: Place, line: Iterable[Place]) -> bool:
    """Whether a backfill is first only because it starves."""
    usual = usual_place(first[-1])
    return not first[0] and any(usual_place(each[-1]) < usual for each in line)


def starts_of(run: Run) -> int:
    """How many attempts were started in an opened run, as its bytes and facts tell."""
    implied = sum(count * facts.attempt for count, facts in zip(run.counts, IMPLIED, strict=True))
    told = ((facts.attempt, IMPLIED[run.states[ordinal] & STATE_MASK]) for ordinal, facts in run.facts.items())
    return implied + sum(attempt - usual.attempt for attempt, usual in told)
