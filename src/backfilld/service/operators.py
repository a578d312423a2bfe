"""What operators can do to backfills, runs and instances."""

from __future__ import annotations

from backfilld.engine.events import ActAsked, CancelAsked, HoldAsked, ReleaseAsked, RerunAsked, Said, Targets
from backfilld.errors import NotFound
from backfilld.planning.plan import InstanceId, split_id
from backfilld.ports import Store
from backfilld.service.book import Book
from backfilld.service.restoring import restored
from backfilld.service.ticker import Ticker


class Operators:
    """Each act is durable when its call returns."""

    def __init__(self, store: Store, book: Book, ticker: Ticker) -> None:
        self._store, self._book, self._ticker = store, book, ticker

    def targets_of_run(self, run: int) -> Targets:
        """One run; `NotFound` if there is none."""
        return Targets(self._store.run(run).backfill, runs=(run,))

    def targets_of_instance(self, instance: InstanceId) -> Targets:
        """One instance, also of a run that was not admitted yet; `NotFound` if its plan has none."""
        run, ordinal = split_id(instance)
        backfill = self._store.run(run).backfill
        entry = self._book.entry(backfill)
        if ordinal >= entry.plan.template(run - entry.stored.first_run).size:
            raise NotFound("task instance", instance)
        return Targets(backfill, instances=(instance,))

    def cancel(self, targets: Targets) -> None:
        """End what is not ended; what runs is stopped first."""
        self._tell(CancelAsked(targets.backfill, targets.runs, targets.instances))

    def rerun(self, targets: Targets) -> None:
        """Run again what failed, was lost or cancelled, and what waits for it."""
        self._tell(RerunAsked(targets.backfill, targets.runs, targets.instances))

    def hold(self, targets: Targets) -> None:
        """Let nothing start that is not ended; what runs goes on, and only its retry is held."""
        self._tell(HoldAsked(targets.backfill, targets.runs, targets.instances))

    def release(self, targets: Targets) -> None:
        """Let go what is held, by an operator or by its `recurrence: Pause`."""
        self._tell(ReleaseAsked(targets.backfill, targets.runs, targets.instances))

    def _tell(self, act: ActAsked) -> None:
        entry = self._book.entry(act.backfill)
        if entry.changed:
            raise entry.changed

        def leave() -> tuple[list[Said], None]:
            if act.backfill in self._ticker.running:
                return [act], None
            facts = restored(self._store, entry, ())  # a store that cannot tell them leaves the backfill unknown
            self._ticker.running.enter(entry)
            return [facts, act], None

        self._ticker.asked(leave)
