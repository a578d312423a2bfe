"""The backfills that the engine knows: which one a run belongs to, its rows, and how its attempts are launched."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping

from backfilld.planning.plan import instance_id
from backfilld.planning.windows import RunWindow
from backfilld.ports import RunRows, Subject
from backfilld.service.book import Entry
from backfilld.service.launching import Launcher


class Running:
    """Entries of the ticker's thread. Each backfill has blocks of run numbers, one more whenever dates were added."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._launchers: dict[int, Launcher] = {}
        self._first_runs: list[int] = []
        self._by_first_run: dict[int, Entry] = {}
        self.windows: Mapping[int, frozenset[RunWindow]] = {}
        """The run windows of each; replaced as a whole, for other threads to look at."""

    def __contains__(self, backfill: int) -> bool:
        return backfill in self._entries

    def enter(self, entry: Entry) -> None:
        """Know a backfill, as it is now."""
        if entry.stored.id in self._entries:
            self.leave(entry.stored.id)
        self._entries[entry.stored.id] = entry
        for first in _first_runs(entry):
            insort(self._first_runs, first)
            self._by_first_run[first] = entry
        windows = frozenset(each.window for each in entry.plan.tasks if each.window)
        self.windows = {**self.windows, entry.stored.id: windows}

    def leave(self, backfill: int) -> None:
        """Forget a backfill."""
        for first in _first_runs(self._entries.pop(backfill)):
            self._first_runs.remove(first)
            del self._by_first_run[first]
        self._launchers.pop(backfill, None)
        self.windows = {number: each for number, each in self.windows.items() if number != backfill}

    def entry(self, backfill: int) -> Entry | None:
        """A backfill, if it is known."""
        return self._entries.get(backfill)

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
        position, _ = entry.position(instance_id(run, 0))
        template = entry.plan.template(position)
        ids = [planned.task.id for planned in entry.plan.tasks]
        return RunRows(entry.plan.dates[position], [ids[task] for task in template.tasks], template.cycles)


def _first_runs(entry: Entry) -> list[int]:
    """The first run number of each of its blocks; one without any date has none."""
    stored = entry.stored
    own = [stored.first_run] if stored.dates else []
    return own + [each.first_run for each in stored.amendments if each.first_run is not None]
