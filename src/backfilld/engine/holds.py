"""Hold and release: a flag that keeps an instance from starting until it is taken away (spec 5)."""

from __future__ import annotations

from backfilld.engine.backfill import Backfill
from backfilld.engine.run import Run
from backfilld.engine.states import HELD, PASS_THROUGH, RELEASED, STATE_MASK, TERMINAL, State
from backfilld.engine.world import World

_ALL = frozenset(State)
_FINAL = bytes(TERMINAL)


class Holds:
    """Sets and clears the flag; what is terminal, or passed through by the plan, is never held.

    A held instance keeps its run open, as one that could start; below a failure it does not: a release alone would
    change nothing there.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def hold(self, backfill: Backfill, run: Run, ordinal: int) -> None:
        """Whatever line a ready instance stands in, it will be turned away; a running one is held at its retry."""
        byte = run.states[ordinal]
        if byte & STATE_MASK not in _FINAL and not byte & (HELD | PASS_THROUGH):
            run.mark(ordinal, HELD)
            self._world.let_sleep(run, ordinal)

    def release(self, backfill: Backfill, run: Run, ordinal: int) -> None:
        """A ready instance stands in line again; also what became terminal while it was held is free for its rerun."""
        if not run.states[ordinal] & HELD:
            return
        run.unmark(ordinal, HELD)
        if run.state(ordinal) is State.READY:
            self._world.stir.ready.append((run, ordinal))

    def hold_run(self, backfill: Backfill, position: int) -> None:
        """All of a run; one that was cancelled before it was opened has nothing that could start."""
        run = backfill.run_at(position)
        if run.opened:
            for ordinal in run.instances(_ALL - TERMINAL):
                self.hold(backfill, run, ordinal)
        elif not run.cancelled_whole():
            run.set_default(HELD)

    def release_run(self, backfill: Backfill, position: int) -> None:
        """All of a run, also what the plan holds."""
        if position not in backfill.runs and not backfill.fresh.paused:
            return
        run = backfill.run_at(position)
        if run.opened:
            for ordinal in run.instances(_ALL):
                self.release(backfill, run, ordinal)
        else:
            run.set_default(run.default & STATE_MASK | (RELEASED if backfill.fresh.paused else 0))
