"""How what becomes of an instance spreads to those that wait for it. Every edge costs once; nothing recurses."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from backfilld.engine.joins import Join
from backfilld.engine.run import Run
from backfilld.engine.states import DEAD, FAILURES, State

Dying = tuple[Run, int, bool]


def satisfied(run: Run, ordinal: int) -> None:
    """An instance has succeeded, was skipped or left out: one wait less for each downstream."""
    stack = []
    while True:
        unmet, dead = run.unmet, run.dead
        for down in run.shape.downstream(ordinal):
            left = unmet[down] - 1
            unmet[down] = left
            if not left:
                if run.free(down):
                    stack.append((run, down))
            elif dead and dead[down] == left and run.blocked(down):
                _block(run, down)
        if run.joins:
            for join in run.joins.pop(ordinal, ()):
                stack.extend(_met(join))
        if not stack:
            return
        run, ordinal = stack.pop()


def died(run: Run, ordinal: int, *, failed: bool) -> None:
    """An instance can only go on after a rerun; `failed`: because of a failure, not of a cancel."""
    stack: list[Dying] = [(run, ordinal, failed)]
    while stack:
        run, ordinal, failed = stack.pop()
        if run.opened:
            stack.extend(_one_more_dead(run, run.shape.downstream(ordinal), failed=failed))
        for join in run.joins.get(ordinal, ()):
            join.dead += 1
            join.doomed += failed
            if join.dead == join.unmet:
                stack.extend(_one_more_dead(join.run, join.children, failed=join.doomed > 0))


def revived(run: Run, ordinal: int, *, failed: bool) -> None:
    """An instance that was dead (`failed` as it was counted then) is no longer: those blocked by it wait again."""
    stack: list[Dying] = [(run, ordinal, failed)]
    while stack:
        run, ordinal, failed = stack.pop()
        if run.opened:
            stack.extend(_one_less_dead(run, run.shape.downstream(ordinal), failed=failed))
        for join in run.joins.get(ordinal, ()):
            was_blocked, was_doomed = join.dead == join.unmet, join.doomed > 0
            join.dead -= 1
            join.doomed -= failed
            if was_blocked:
                stack.extend(_one_less_dead(join.run, join.children, failed=was_doomed))


def evaluate(run: Run, ordinal: int) -> None:
    """A waiting instance of an opened run: free it, or see that it is blocked."""
    if not run.unmet[ordinal]:
        if run.free(ordinal):
            satisfied(run, ordinal)
    elif run.blocked(ordinal):
        _block(run, ordinal)


def unblock(run: Run, ordinal: int) -> None:
    """A blocked instance is about to leave `waiting`: it is no longer counted as held back, nor dead for others."""
    failed = run.doomed[ordinal] > 0
    _count_back(run, failed, -1)
    revived(run, ordinal, failed=failed)


def is_dead(run: Run, ordinal: int) -> bool:
    """Whether the instance can only go on after a rerun."""
    return run.state(ordinal) in DEAD or (run.opened and run.blocked(ordinal))


def by_failure(run: Run, ordinal: int) -> bool:
    """Whether a dead instance goes back to a failure."""
    state = run.state(ordinal)
    return state in FAILURES or (state is State.WAITING and run.doomed[ordinal] > 0)


def join_died(join: Join[Run]) -> None:
    """Everything unmet of the join is dead."""
    for run, ordinal, failed in _one_more_dead(join.run, join.children, failed=join.doomed > 0):
        died(run, ordinal, failed=failed)


def join_lives(join: Join[Run]) -> None:
    """What the join waits for is about to be more than dead ones."""
    if join.unmet and join.dead == join.unmet:
        for run, ordinal, failed in _one_less_dead(join.run, join.children, failed=join.doomed > 0):
            revived(run, ordinal, failed=failed)


def _met(join: Join[Run]) -> list[tuple[Run, int]]:
    """One parent of the join is satisfied; answers the children that pass it on at once."""
    join.unmet -= 1
    run = join.run
    passed: list[tuple[Run, int]] = []
    if run.finished:
        return passed
    if not join.unmet:
        for child in join.children:
            run.unmet[child] -= 1
            if not run.unmet[child]:
                if run.free(child):
                    passed.append((run, child))
            elif run.blocked(child):
                _block(run, child)
    elif join.dead == join.unmet:
        join_died(join)
    return passed


def _block(run: Run, ordinal: int) -> None:
    failed = run.doomed[ordinal] > 0
    _count_back(run, failed, 1)
    died(run, ordinal, failed=failed)


def _one_more_dead(run: Run, ordinals: Iterable[int], *, failed: bool) -> list[Dying]:
    if run.finished:
        return []
    if not run.dead:
        run.dead = array("I", bytes(4 * len(run.states)))
        run.doomed = run.dead[:]
    blocked: list[Dying] = []
    for ordinal in ordinals:
        run.dead[ordinal] += 1
        run.doomed[ordinal] += failed
        if run.blocked(ordinal):
            doomed = run.doomed[ordinal] > 0
            _count_back(run, doomed, 1)
            blocked.append((run, ordinal, doomed))
    return blocked


def _one_less_dead(run: Run, ordinals: Iterable[int], *, failed: bool) -> list[Dying]:
    freed: list[Dying] = []
    for ordinal in () if run.finished else ordinals:
        was_doomed = run.doomed[ordinal] > 0
        if run.blocked(ordinal):
            _count_back(run, was_doomed, -1)
            freed.append((run, ordinal, was_doomed))
        run.dead[ordinal] -= 1
        run.doomed[ordinal] -= failed
    return freed


def _count_back(run: Run, failed: bool, change: int) -> None:
    run.held_back += change
    run.held_by_failure += change * failed
    run.stirring()
