"""Acts on whole runs: one byte where the run has no instances yet, else one instance after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import assert_never

from backfilld.engine import flow
from backfilld.engine.asking import (
    ACCEPTED,
    NO_CHANGE,
    Act,
    Change,
    Order,
    Pause,
    Replan,
    SetNotBefore,
    SetPriority,
    Verdict,
    rejected,
    unchanged,
)
from backfilld.engine.backfill import Backfill
from backfilld.engine.holds import Holds
from backfilld.engine.marks import RunMarks
from backfilld.engine.on_instances import InstanceActs
from backfilld.engine.pausing import Pauses
from backfilld.engine.run import Run
from backfilld.engine.states import DEAD, STATE_MASK, TERMINAL, Event, State
from backfilld.engine.verdicts import together
from backfilld.engine.world import World
from backfilld.planning.plan import RUN_BITS

_OPEN = frozenset(State) - TERMINAL
CONCERNED: Mapping[Event | Order, frozenset[State]] = {
    Event.CANCELLED: _OPEN,
    Event.RERUN: DEAD,
    Event.SKIPPED: _OPEN | DEAD,
    Event.SET_SUCCEEDED: _OPEN | DEAD,
    Event.SET_FAILED: _OPEN,
    Order.HOLD: _OPEN,
    Order.RELEASE: frozenset(State),
    Order.TRIGGER: frozenset({State.WAITING, State.READY}),
    Order.STOP: frozenset({State.RUNNING}),
}
"""The instances of a run that an act on all of it is about."""
MOST_OPENED = 1 << RUN_BITS
"""Instances that one round may give rows before their dates are admitted, as many as a date can have."""
OnUnopened = Callable[[Backfill, int], Verdict]


class RunActs:
    """Does to a run what is asked, or answers why not."""

    def __init__(self, world: World, instances: InstanceActs, holds: Holds, pauses: Pauses) -> None:
        self._world, self._instances, self._pauses = world, instances, pauses
        self.room = MOST_OPENED
        """How many instances the present act may still give rows."""
        self._unopened: Mapping[Event | Order, OnUnopened] = {
            Event.CANCELLED: self._cancel_unopened,
            Event.RERUN: self._rerun_unopened,
            Order.HOLD: holds.hold_unopened,
            Order.RELEASE: holds.release_unopened,
            Order.STOP: lambda backfill, position: unchanged("nothing of it runs"),
        }

    def do(self, act: Act, backfill: Backfill, position: int) -> Verdict:
        """The act on the run of a date."""
        match act:
            case Change(event=event):
                return self._on_all(act, event, backfill, position)
            case Pause():
                return self._pauses.pause_run(backfill, backfill.run_at(position), act)
            case SetPriority(priority=priority):
                run = backfill.run_at(position)
                return self._mark(backfill, run, replace(run.marks, priority=priority))
            case SetNotBefore(moment=moment):
                run = backfill.run_at(position)
                return self._mark(backfill, run, replace(run.marks, not_before=moment))
            case Order.RESUME:
                return self._pauses.resume_run(backfill, backfill.run_at(position))
            case Order.START | Replan():
                return rejected("only a whole backfill can be asked that")
            case Order():
                return self._on_all(act, act, backfill, position)
            case _:
                assert_never(act)

    def named(self, backfill: Backfill, run: Run) -> Run | None:
        """The run with instances, since some are named; None when that would be too many at once."""
        if run.opened:
            return run
        size = backfill.plan.template(run.position).size
        if size > self.room:
            return None
        self.room -= size
        cancelled = run.cancelled_whole()
        self._restore_default(run)
        self._world.open(backfill, run)
        for ordinal in reversed(range(len(run.states))) if cancelled else ():
            self._instances.do(Change(Event.CANCELLED), backfill, run, ordinal)
        return run

    def _on_all(self, act: Act, kind: Event | Order, backfill: Backfill, position: int) -> Verdict:
        """What is downstream comes first, so that nothing is freed or blocked in between; in a rerun it comes last."""
        run = backfill.runs.get(position)
        if (run is None or not run.opened) and kind in self._unopened and not _names_a_version(act, run):
            return self._unopened[kind](backfill, position)
        run = self.named(backfill, backfill.run_at(position))
        if run is None:
            return rejected(TOO_MANY)
        ordinals = list(run.instances(CONCERNED[kind]))
        order = iter if kind is Event.RERUN else reversed
        verdict = together(self._instances.do(act, backfill, run, ordinal) for ordinal in order(ordinals))
        return self._cancelled(run, verdict) if kind is Event.CANCELLED else verdict

    def _cancelled(self, run: Run, verdict: Verdict) -> Verdict:
        """A run that is cancelled as a whole keeps no place after a failure."""
        if run.all_satisfied() or run.cancelled_whole():
            return verdict
        run.set_default(run.default | State.CANCELLED)
        return ACCEPTED

    def _cancel_unopened(self, backfill: Backfill, position: int) -> Verdict:
        run = backfill.run_at(position)
        if run.cancelled_whole():
            return unchanged("it is cancelled")
        run.set_default(run.default | State.CANCELLED)
        for ordinal in run.joins:
            flow.died(run, ordinal, failed=False)
        return ACCEPTED

    def _rerun_unopened(self, backfill: Backfill, position: int) -> Verdict:
        run = backfill.runs.get(position)
        if run is None or not run.cancelled_whole():
            return unchanged("it has not run yet")
        self._restore_default(run)
        return ACCEPTED

    def _restore_default(self, run: Run) -> None:
        """A run cancelled before it was ever opened goes back to the queue."""
        if run.cancelled_whole():
            run.set_default(run.default & ~STATE_MASK)
            for ordinal in run.joins:
                flow.revived(run, ordinal, failed=False)

    def _mark(self, backfill: Backfill, run: Run, marks: RunMarks) -> Verdict:
        """Everything ready is asked again; a date that waits for its place may have it at another moment."""
        if run.settled:
            return rejected("it is done")
        if run.marks == marks:
            return NO_CHANGE
        self._world.mark_run(run, marks)
        if run.placed:
            for ordinal in list(run.instances(frozenset({State.READY}))):
                self._world.let_sleep(run, ordinal)
                self._world.stir.ready.append((run, ordinal))
        else:
            backfill.enqueue(run.position)
        return ACCEPTED


def _names_a_version(act: Act, run: Run | None) -> bool:
    """Whether a rerun of a cancelled date has something to mark on each instance."""
    return isinstance(act, Change) and act.latest is not None and run is not None and run.cancelled_whole()


TOO_MANY = f"more than {MOST_OPENED:,} instances would be written at once: name fewer dates"
