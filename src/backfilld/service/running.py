"""The backfills that the engine knows: which one a run belongs to, its rows, and how its attempts are launched."""

from __future__ import annotations

from bisect import bisect_right, insort

from backfilld.ports import RunRows, Subject
from backfilld.service.book import Entry
from backfilld.service.launching import Launcher


class Running:
    """Entries of the ticker's thread. Each backfill has one block of run numbers."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._launchers: dict[int, Launcher] = {}
        self._first_runs: list[int] = []
        self._by_first_run: dict[int, Entry] = {}

    def __contains__(self, backfill: int) -> bool:
        return backfill in self._entries

    def enter(self, entry: Entry) -> None:
        """Know a backfill."""
        if entry.stored.id not in self._entries:
            insort(self._first_runs, entry.stored.first_run)
        self._entries[entry.stored.id] = self._by_first_run[entry.stored.first_run] = entry

    def leave(self, backfill: int) -> None:
        """Forget a backfill."""
        entry = self._entries.pop(backfill)
        self._first_runs.remove(entry.stored.first_run)
        del self._by_first_run[entry.stored.first_run]
        self._launchers.pop(backfill, None)

    def subject(self, backfill: int) -> Subject:
        """A backfill that is known, as messages tell of it."""
        entry = self._entries[backfill]
        stored = entry.stored
        return Subject(stored.id, stored.name, stored.dates, stored.size, entry.resolved.alert)

    def owner(self, run: int) -> Entry:
        """The backfill of a run."""
        return self._by_first_run[self._first_runs[bisect_right(self._first_runs, run) - 1]]

    def launcher(self, run: int) -> Launcher:
        """What makes launch specs for the run's backfill."""
        entry = self.owner(run)
        known = self._launchers.get(entry.stored.id)
        if known is None:
            known = self._launchers[entry.stored.id] = Launcher(entry)
        return known

    def rows(self, run: int) -> RunRows:
        """The run's instances as the store takes them."""
        entry = self.owner(run)
        position = run - entry.stored.first_run
        template = entry.plan.template(position)
        ids = [planned.task.id for planned in entry.plan.tasks]
        return RunRows(entry.plan.dates[position], [ids[task] for task in template.tasks], template.cycles)
