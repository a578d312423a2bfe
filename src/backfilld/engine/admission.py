"""Which dates get the places that are free, as far as one round goes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from backfilld.engine.backfill import Backfill
from backfilld.engine.budget import A_DATE, share
from backfilld.engine.flow import satisfied
from backfilld.engine.run import Run
from backfilld.engine.states import State
from backfilld.engine.world import World

_WAITING = frozenset({State.WAITING})


class Admission:
    """Gives places to dates; `left_over` are the backfills that have places for more, by number."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.left_over: dict[int, None] = {}

    def go_on(self) -> None:
        """Have looked at again what the last round has left over."""
        self._world.stir.backfills |= self.left_over
        self.left_over.clear()

    def forget(self, backfill: Backfill) -> None:
        """Drop a dismissed backfill."""
        self.left_over.pop(backfill.number, None)

    def admit(self, backfills: Collection[Backfill]) -> None:
        """Give places to dates of each, in order; each has its share of what the round may still do."""
        world = self._world
        some_left = world.may_open > 0
        for before, backfill in enumerate(backfills):
            self._admit(backfill, share(world.may_open, len(backfills) - before) if some_left else 0)

    def _admit(self, backfill: Backfill, most: int) -> None:
        while (position := backfill.next_date(self._world.now)) is not None:
            if most <= 0:
                self.left_over[backfill.number] = None
                return
            cost = self._give_place(backfill, position)
            most -= cost
            self._world.may_open -= cost

    def _give_place(self, backfill: Backfill, position: int) -> int:
        """Free what waits for nothing but that; answers what it cost."""
        run, cost = backfill.admit(position), A_DATE
        if not run.opened:
            self._world.open(backfill, run)
            cost += len(run.states)
        for ordinal in _candidates(run):
            if not run.unmet[ordinal] and run.free(ordinal):
                satisfied(run, ordinal)
        return cost


def _candidates(run: Run) -> Sequence[int]:
    """Ordinals that may wait for nothing but a place; in a run opened this round only what has no upstream at all."""
    return list(run.instances(_WAITING)) if run.finished or run.touched or not run.fresh else run.shape.roots
