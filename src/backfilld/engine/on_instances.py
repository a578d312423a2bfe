"""Acts on single instances: judged, then done."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from math import ceil
from typing import assert_never

from backfilld.engine.asking import Act, Change, Order, Pause, Replan, SetNotBefore, SetPriority, Verdict, Word
from backfilld.engine.attempts import Attempts
from backfilld.engine.backfill import Backfill
from backfilld.engine.changing import change
from backfilld.engine.holds import Holds
from backfilld.engine.run import Run
from backfilld.engine.states import TRIGGERED, Event, State
from backfilld.engine.verdicts import Subject, judge
from backfilld.engine.world import World

_DONE = frozenset({Word.ACCEPTED, Word.LATER})


class InstanceActs:
    """Does to an instance of an opened run what its verdict allows."""

    def __init__(self, world: World, attempts: Attempts, holds: Holds) -> None:
        self._world, self._attempts, self._holds = world, attempts, holds

    def do(self, act: Act, backfill: Backfill, run: Run, ordinal: int) -> Verdict:
        """Judge, and do it."""
        verdict = judge(act, _subject(backfill, run, ordinal))
        if verdict.word in _DONE:
            self._do(act, backfill, run, ordinal)
        return verdict

    def _do(self, act: Act, backfill: Backfill, run: Run, ordinal: int) -> None:
        match act:
            case Change(event=event) if run.state(ordinal) is State.RUNNING:
                self._attempts.end(backfill, run, ordinal, None if event is Event.CANCELLED else event)
            case Change(event=event, force=force):
                change(self._world, backfill, run, ordinal, event, force=force)
            case SetPriority(priority=priority):
                self._world.mark_instance(run, ordinal, replace(run.marks_of(ordinal), priority=priority))
                self._ask_again(run, ordinal)
            case SetNotBefore(moment=moment):
                self._set_not_before(run, ordinal, moment)
            case Order():
                self._order(act, backfill, run, ordinal)
            case Pause() | Replan():
                raise AssertionError(f"{act} is not done to an instance")
            case _:
                assert_never(act)

    def _order(self, order: Order, backfill: Backfill, run: Run, ordinal: int) -> None:
        match order:
            case Order.HOLD:
                self._holds.hold(run, ordinal)
            case Order.RELEASE:
                self._holds.release(run, ordinal)
            case Order.TRIGGER:
                run.mark(ordinal, TRIGGERED)
                self._ask_again(run, ordinal)
            case Order.STOP:
                self._attempts.end(backfill, run, ordinal)
            case Order.START | Order.RESUME:
                raise AssertionError(f"{order} is not done to an instance")
            case _:
                assert_never(order)

    def _set_not_before(self, run: Run, ordinal: int, moment: datetime | None) -> None:
        run.remember(ordinal, run.recall(ordinal)._replace(not_before=moment))
        run.touch(ordinal)
        self._ask_again(run, ordinal)

    def _ask_again(self, run: Run, ordinal: int) -> None:
        """Other things may keep it now, or nothing."""
        self._world.let_sleep(run, ordinal)
        if run.state(ordinal) is State.READY:
            self._world.stir.ready.append((run, ordinal))


def _subject(backfill: Backfill, run: Run, ordinal: int) -> Subject:
    grace = 0
    if run.state(ordinal) is State.RUNNING:
        grace = ceil(backfill.tasks[run.shape.tasks[ordinal]].task.kill_grace.total_seconds())
    return Subject(run.states[ordinal], run.marks_of(ordinal), run.recall(ordinal).not_before, grace)
