"""A backfill goes on under another plan of the same tasks: what has happened stays, waits are counted anew (spec 5).

Its runs stay the objects that they are, so that whoever waits for them, rings for them or has them parked goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from backfilld.engine import flow
from backfilld.engine.acts import replanned
from backfilld.engine.asking import ACCEPTED, Answered, Replan
from backfilld.engine.backfill import Backfill
from backfilld.engine.dispatch import Dispatcher
from backfilld.engine.events import Accepted, Amended
from backfilld.engine.pausing import Pauses
from backfilld.engine.pools import Wait
from backfilld.engine.run import Run
from backfilld.engine.states import PASS_THROUGH, STEPS, Event, State
from backfilld.engine.world import World

_READY, _WAITING = frozenset({State.READY}), frozenset({State.WAITING})
_UNENDED = _READY | _WAITING


class Amendments:
    """Puts a backfill's new plan in the place of its old one."""

    def __init__(self, world: World, pauses: Pauses, dispatcher: Dispatcher) -> None:
        self._world, self._pauses, self._dispatcher = world, pauses, dispatcher

    def carry_out(self, said: Amended) -> bool:
        """Let the backfill go on under its new plan and terms; false for an unknown one."""
        world = self._world
        old = world.backfills.get(said.accepted.backfill)
        if old is None:
            return False
        waits = [(lane, wait.since, old.find(wait.key)) for lane, wait in old.waits.items()]
        self._take_out(old)
        backfill = _succeeding(old, said.accepted, world)
        _count_anew(backfill)
        world.join(backfill)
        self._pauses.watch(backfill)
        for run in list(backfill.runs.values()):
            follow(backfill, run)
            self._line_up(run)
        backfill.waits = {
            lane: Wait(since, run.key(ordinal)) for lane, since, (run, ordinal) in waits if _is_ready(run, ordinal)
        }
        self._set_terms(backfill, said)
        return True

    def _take_out(self, old: Backfill) -> None:
        """Nothing finds the backfill by positions of its old plan any more."""
        world = self._world
        self._dispatcher.forget(old)
        world.limits.rivals.remove(old)
        for position, run in old.runs.items():
            world.dates_ahead.drop((old.number, position))
            world.resumes.drop((old.number, position))
            for ordinal in list(run.asleep):
                world.let_sleep(run, ordinal)

    def _line_up(self, run: Run) -> None:
        """Other windows may be open now, or shut: whatever is ready is asked again."""
        self._world.stir.ready.extend((run, ordinal) for ordinal in run.instances(_READY))

    def _set_terms(self, backfill: Backfill, said: Amended) -> None:
        world, act = self._world, said.asked.act
        assert isinstance(act, Replan)
        marks = replanned(backfill.marks, act)
        if marks != backfill.marks:
            world.mark_backfill(backfill, marks)
        world.marked.add(backfill.number)  # its dates have other positions: all of it is shown anew
        world.stir.backfills[backfill.number] = None
        world.effects.append(Answered(said.asked, "backfill", {backfill.number: ACCEPTED}))


def follow(backfill: Backfill, run: Run) -> None:
    """Bring the instances of an opened run in line with their plan, where an amendment has changed it since they moved.

    What was never started is passed through, or waits again, or waits no more, as the plan has it now. Nothing moves
    where that was done already.
    """
    if not run.opened or run.finished:
        return
    for ordinal in list(_newly_left_out(backfill, run)):
        run.pass_through(ordinal)
    for ordinal in list(run.instances(_READY)):
        if _never_started(run, ordinal) and (run.unmet[ordinal] or run.states[ordinal] & PASS_THROUGH):
            run.move(ordinal, STEPS[Event.BLOCKED])
            flow.evaluate(run, ordinal)
    for ordinal in list(run.instances(_WAITING)) if run.placed and not run.settled else ():
        if not run.unmet[ordinal]:
            flow.evaluate(run, ordinal)


def _newly_left_out(backfill: Backfill, run: Run) -> Iterator[int]:
    left_out = backfill.plan.left_out.get(run.position, 0)
    for ordinal in run.instances(_UNENDED) if left_out else ():
        passes = left_out >> ordinal & 1 and not run.states[ordinal] & PASS_THROUGH
        if passes and _never_started(run, ordinal):
            yield ordinal


def _never_started(run: Run, ordinal: int) -> bool:
    return run.recall(ordinal).attempt == 0


def _is_ready(run: Run, ordinal: int) -> bool:
    return run.state(ordinal) is State.READY


def _succeeding(old: Backfill, accepted: Accepted, world: World) -> Backfill:
    """The backfill under its new plan, with all that has happened.

    Who has something ready or running, or keeps its place after a failure, keeps it; all others queue anew, in order.
    """
    backfill = Backfill(replace(accepted, marks=old.marks), world.stir, world.dates_ahead)
    backfill.turn, backfill.starts, backfill.starved = old.turn, old.starts, old.starved
    backfill.done, backfill.let_go, backfill.failed_anew = old.done, old.let_go, old.failed_anew
    backfill.outcomes = old.outcomes
    backfill.unsettled += old.unsettled - len(old.accepted.runs)
    for run in old.runs.values():
        run.position = backfill.positions[run.number]
        backfill.runs[run.position] = run
        run.placed = run.placed and not run.stalled()
        if run.placed:
            backfill.places.holders.add(run.position)
    return backfill


def _count_anew(backfill: Backfill) -> None:
    """Count who waits for whom, in run order: a date looks at the dates before it."""
    runs = [run for _, run in sorted(backfill.runs.items())]
    for run in runs:
        run.forget_waits()
    for run in runs:
        if run.opened and not run.finished:
            backfill.open(run, run.states)
        run.stirring()
