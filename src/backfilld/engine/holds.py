"""Hold and release: a flag that keeps an instance from starting until it is taken away (spec 5)."""

from __future__ import annotations

from backfilld.engine.asking import ACCEPTED, Verdict, unchanged
from backfilld.engine.backfill import Backfill
from backfilld.engine.run import Run
from backfilld.engine.states import HELD, RELEASED, STATE_MASK, State
from backfilld.engine.world import World


class Holds:
    """Sets and clears the flag.

    A held instance keeps its run open, as one that could start; below a failure it does not: a release alone would
    change nothing there.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def hold(self, run: Run, ordinal: int) -> None:
        """Whatever line a ready instance stands in, it will be turned away; a running one is held at its retry."""
        run.mark(ordinal, HELD)
        self._world.let_sleep(run, ordinal)

    def release(self, run: Run, ordinal: int) -> None:
        """A ready instance stands in line again; also what became terminal while it was held is free for its rerun."""
        run.unmark(ordinal, HELD)
        if run.state(ordinal) is State.READY:
            self._world.stir.ready.append((run, ordinal))

    def hold_unopened(self, backfill: Backfill, position: int) -> Verdict:
        """All of a run without instances; one that was cancelled as such has nothing that could start."""
        run = backfill.run_at(position)
        if run.cancelled_whole():
            return unchanged("it is cancelled")
        return _put_default(run, HELD)

    def release_unopened(self, backfill: Backfill, position: int) -> Verdict:
        """All of a run without instances, also what the plan holds."""
        if position not in backfill.runs and not backfill.fresh.paused:
            return unchanged("nothing of it is held")
        run = backfill.run_at(position)
        return _put_default(run, run.default & STATE_MASK | (RELEASED if backfill.fresh.paused else 0))


def _put_default(run: Run, default: int) -> Verdict:
    if run.default == default:
        return unchanged("it is so already")
    run.set_default(default)
    return ACCEPTED
