"""Which cycles of a plan active backfills hold, and which of them run now; for every thread."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from backfilld.engine.snapshot import BackfillView
from backfilld.engine.states import State
from backfilld.planning.bridging import bits
from backfilld.planning.conflicts import held_cycles
from backfilld.planning.plan import Plan
from backfilld.planning.recorded import CycleKey, InFlight
from backfilld.ports import InstanceFilter, StoreReader
from backfilld.service.holders import Holder
from backfilld.service.previews import HoldersNow
from backfilld.service.standing import HasSnapshot

PAGE = 1000


class Flights:
    """Asks who holds cycles, and the rows of what runs."""

    def __init__(self, store: StoreReader, recorded: HasSnapshot, holders: HoldersNow) -> None:
        self._store, self._recorded, self._holders = store, recorded, holders

    def of(self, plan: Plan, environment: str) -> dict[CycleKey, InFlight]:
        """For cycles of a plan, the backfill that runs each, else the one accepted first of those that hold it."""
        found: dict[CycleKey, InFlight] = {}
        for holder in self._holders.of(environment):
            found = {key: InFlight(holder.entry.stored.id, running=False) for key in _held(plan, holder)} | found
        for number, view in self._recorded.snapshot.backfills.items():
            running = [run.run for run in view.runs() if run.counts[State.RUNNING]]
            if running and self._store.backfill(number).environment == environment:
                found |= {key: InFlight(number, running=True) for key in self._running(plan, view, running)}
        return found

    def _running(self, plan: Plan, view: BackfillView, runs: Collection[int]) -> Iterator[CycleKey]:
        tasks = frozenset(planned.task.id for planned in plan.tasks)
        for run in runs:
            wanted = InstanceFilter(view.backfill, run, tasks, frozenset({State.RUNNING}))
            after: int | None = None
            while True:
                page = self._store.instances(wanted, after, PAGE)
                yield from ((row.task, int(row.cycle_time.timestamp())) for row in page.items)
                if (after := page.next) is None:
                    break


def _held(plan: Plan, holder: Holder) -> Iterator[CycleKey]:
    ids = [planned.task.id for planned in plan.tasks]
    for position, ordinals in held_cycles(plan, holder.entry.plan, holder.positions).items():
        tasks = plan.template(position).tasks
        for ordinal in bits(ordinals):
            yield ids[tasks[ordinal]], int(plan.cycle_time(position, ordinal).timestamp())
