"""The facts of a round, each told once, as they are at its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backfilld.engine.events import CHUNK, Moved, RunChanged
from backfilld.engine.run import Run
from backfilld.engine.states import State
from backfilld.engine.world import World
from backfilld.planning.plan import instance_id


def moves(run: Run, world: World) -> Iterator[Moved]:
    """The facts of each instance of the run that was touched."""
    for ordinal in sorted(run.touched):
        facts = run.recall(ordinal)
        instance = instance_id(run.number, ordinal)
        yield Moved(instance, run.states[ordinal], facts.attempt, facts.failures, facts.not_before, world.now)


def run_changes(runs: Iterable[Run]) -> Iterator[RunChanged]:
    """The facts of each run that is no longer as it was last told."""
    for run in runs:
        facts = standing(run)
        if run.touched or run.fresh or facts != run.told:
            run.told = facts
            yield RunChanged(run.number, run.owner, *facts, chunks=_chunks(run))
        run.touched.clear()
        run.fresh = False


def standing(run: Run) -> tuple[tuple[int, ...], int, bool, str | None, State | None]:
    """What is to be known of a run beside its bytes."""
    return tuple(run.counts), run.held_back, run.settled, run.outcome, run.default


def _chunks(run: Run) -> dict[int, bytes]:
    numbers = range(-(-len(run.states) // CHUNK)) if run.fresh else sorted({each // CHUNK for each in run.touched})
    return {number: bytes(run.states[number * CHUNK : (number + 1) * CHUNK]) for number in numbers}
