"""What was satisfied is so no longer: who waits for it waits again; what has started goes on (spec 5)."""

from __future__ import annotations

from collections.abc import Iterator

from backfilld.engine import flow
from backfilld.engine.backfill import Backfill
from backfilld.engine.joins import Join
from backfilld.engine.run import Run
from backfilld.engine.states import STEPS, Event, State
from backfilld.engine.world import World
from backfilld.planning.plan import CrossWait


def unsatisfied(world: World, backfill: Backfill, run: Run, ordinal: int) -> None:
    """One wait more for each downstream, through what the plan leaves out; to be said before the instance moves.

    A run is brought back before any of its waits is counted up, while all its bytes still say satisfied: so each edge
    is counted once.
    """
    stack = [(run, ordinal)]
    while stack:
        run, ordinal = stack.pop()
        backfill.bring_back(run)
        for down in run.shape.downstream(ordinal):
            stack += _waits_again(world, run, down)
        for child, wait in _later(backfill, run, ordinal):
            backfill.bring_back(child)
            for down in _joins_again(run, ordinal, child, wait):
                stack += _waits_again(world, child, down)
        if run.state(ordinal) is State.LEFT_OUT:
            run.move(ordinal, STEPS[Event.BLOCKED])


def _waits_again(world: World, run: Run, ordinal: int) -> list[tuple[Run, int]]:
    """One wait more for an instance; answers it if it only hands that on."""
    if run.blocked(ordinal):
        flow.unblock(run, ordinal)
    run.unmet[ordinal] += 1
    state = run.state(ordinal)
    if state is State.READY:
        run.move(ordinal, STEPS[Event.BLOCKED])
        world.let_sleep(run, ordinal)
    return [(run, ordinal)] if state is State.LEFT_OUT and run.unmet[ordinal] == 1 else []


def _joins_again(run: Run, ordinal: int, child: Run, wait: CrossWait) -> list[int]:
    """The join waits for the ordinal again; answers the children for whom that is one wait more."""
    join = _known(run, child, wait)
    if join is not None:
        flow.join_lives(join)
        join.unmet += 1
    else:
        join = Join(child, wait.children, wait.parents)
        join.unmet = 1
    run.joins.setdefault(ordinal, []).append(join)
    return list(wait.children) if join.unmet == 1 else []


def _known(run: Run, child: Run, wait: CrossWait) -> Join[Run] | None:
    """The join of this wait, if it waits for another ordinal of the run."""
    for joins in run.joins.values():
        for join in joins:
            if join.run is child and join.children == wait.children and join.parents == wait.parents:
                return join
    return None


def _later(backfill: Backfill, run: Run, ordinal: int) -> Iterator[tuple[Run, CrossWait]]:
    """The waits of opened later dates for this instance."""
    for position in backfill.crossings.reach(run.position, run.shape.tasks[ordinal]):
        child = backfill.runs.get(position)
        for wait in backfill.crossings.waits(position) if child and child.opened else ():
            if wait.position == run.position and ordinal in wait.parents:
                assert child is not None
                yield child, wait
