"""The facts of a round, each reported once, as they are at its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from backfilld.engine.events import CHUNK, Moved, RunChanged
from backfilld.engine.facts import IMPLIED
from backfilld.engine.run import Run
from backfilld.engine.states import STATE_MASK
from backfilld.planning.plan import instance_id

_new = tuple.__new__  # what a named tuple's own constructor comes to, without its Python frame
_ATTEMPTS = bytes(facts.attempt for facts in IMPLIED)


def moves(run: Run, now: datetime) -> list[Moved]:
    """The facts of each instance of the run that was touched."""
    first, states = instance_id(run.number, 0), run.states
    touched = sorted(run.touched)
    if run.facts:
        known = [(each, run.recall(each)) for each in touched]
        return [
            Moved(first | each, states[each], facts.attempt, facts.failures, facts.not_before, now)
            for each, facts in known
        ]
    return [  # the usual run, in which nothing has failed: all follows from the states
        _new(Moved, (first | each, states[each], _ATTEMPTS[states[each] & STATE_MASK], 0, None, now))
        for each in touched
    ]


def run_changes(runs: Iterable[Run]) -> Iterator[RunChanged]:
    """The facts of each run that is no longer as it was last reported."""
    for run in runs:
        facts = standing(run)
        if run.touched or run.fresh or facts != run.told:
            run.told = facts
            yield RunChanged(run.number, run.owner, *facts, chunks=_chunks(run))
        run.touched.clear()
        run.fresh = False


def standing(run: Run) -> tuple[tuple[int, ...], int, bool, str | None, int | None]:
    """What is to be known of a run beside its bytes."""
    return tuple(run.counts), run.held_back, run.settled, run.outcome, run.default or None


def _chunks(run: Run) -> dict[int, bytes]:
    numbers = range(-(-len(run.states) // CHUNK)) if run.fresh else sorted({each // CHUNK for each in run.touched})
    return {number: bytes(run.states[number * CHUNK : (number + 1) * CHUNK]) for number in numbers}
