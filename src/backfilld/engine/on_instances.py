"""Acts on single instances: judged, then done."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from math import ceil
from typing import assert_never

from backfilld.catalog.models import Task, Virtual
from backfilld.engine.asking import Act, Change, Order, Pause, Replan, SetNotBefore, SetPriority, Verdict
from backfilld.engine.attempts import Attempts
from backfilld.engine.backfill import Backfill
from backfilld.engine.changing import change
from backfilld.engine.holds import Holds
from backfilld.engine.run import Run
from backfilld.engine.states import TRIGGERED, Event, State
from backfilld.engine.verdicts import DONE, Subject, judge
from backfilld.engine.world import World


class InstanceActs:
    """Does to an instance of an opened run what its verdict allows."""

    def __init__(self, world: World, attempts: Attempts, holds: Holds) -> None:
        self._world, self._attempts, self._holds = world, attempts, holds

    def do(self, act: Act, backfill: Backfill, run: Run, ordinal: int) -> Verdict:
        """Judge, and do it."""
        verdict = judge(act, self._subject(act, backfill, run, ordinal))
        if verdict.word in DONE:
            self._do(act, backfill, run, ordinal)
        return verdict

    def _do(self, act: Act, backfill: Backfill, run: Run, ordinal: int) -> None:
        match act:
            case Change():
                self._change(act, backfill, run, ordinal)
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

    def _change(self, asked: Change, backfill: Backfill, run: Run, ordinal: int) -> None:
        if run.state(ordinal) is State.RUNNING:
            self._attempts.end(backfill, run, ordinal, None if asked.event is Event.CANCELLED else asked.event)
        else:
            change(self._world, backfill, run, ordinal, asked.event, force=asked.force)
        if asked.latest is not None:
            version = None if asked.latest == backfill.plan.catalog_version else asked.latest
            self._world.mark_instance(run, ordinal, replace(run.marks_of(ordinal), catalog_version=version))

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

    def _subject(self, act: Act, backfill: Backfill, run: Run, ordinal: int) -> Subject:
        grace, unlike = 0, ""
        if run.state(ordinal) is State.RUNNING:
            grace = ceil(self._world.task(backfill, run, ordinal).kill_grace.total_seconds())
        if isinstance(act, Change) and act.latest is not None:
            planned = backfill.plan.tasks[backfill.plan.template(run.position).tasks[ordinal]].task
            unlike = unlike_planned(planned, self._world.catalogs[act.latest].tasks.get(planned.id))
        return Subject(run.states[ordinal], run.marks_of(ordinal), run.recall(ordinal).not_before, grace, unlike)


def unlike_planned(planned: Task, now: Task | None) -> str:
    """Why a task cannot take the place of the planned one."""
    if now is None:
        return "its task is not in the running catalog any more"
    if isinstance(now.action, Virtual) == isinstance(planned.action, Virtual):
        return ""
    return "its task has no process in the running catalog" if isinstance(now.action, Virtual) else _NOW_A_PROCESS


_NOW_A_PROCESS = "its task has a process in the running catalog, and none in the plan"
