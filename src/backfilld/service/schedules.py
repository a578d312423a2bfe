"""What users can do with schedules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from backfilld.catalog.models import Project
from backfilld.catalog.references import find_project
from backfilld.catalog.schedules import Schedule, firings
from backfilld.errors import NotFound
from backfilld.ports import Clock, Firing, Operation, Store, StoredFiring, StoredSchedule
from backfilld.request.reading import read_request
from backfilld.request.resolved import UNLIMITED
from backfilld.service.access import ITSELF, Caller
from backfilld.service.catalogs import Shelf
from backfilld.service.firing import Firer

FIRINGS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ShownSchedule:
    """A schedule as it stands: `next` is None while it is paused, or if it never fires again."""

    schedule: Schedule
    stored: StoredSchedule
    next: datetime | None
    firings: Sequence[StoredFiring]
    """The latest first."""


class Schedules:
    """Every name is one of a schedule that is there now; `NotFound` for any other."""

    def __init__(self, store: Store, firer: Firer, clock: Clock, shelf: Shelf) -> None:
        self._store, self._firer, self._clock, self._shelf = store, firer, clock, shelf
        self._caller = ITSELF

    def for_(self, caller: Caller) -> Schedules:
        """The same for somebody, who is named in the audit; a schedule is of the project of its request."""
        mine = copy(self)
        mine._caller = caller
        return mine

    def all(self) -> list[ShownSchedule]:
        """Each with its latest firing, in the order of the files."""
        current = self._firer.current.values()  # before the store is asked, which knows each of them already
        known = self._store.schedules()
        return [self._shown(schedule, 1, known) for schedule in current if self._sees(schedule)]

    def one(self, name: str) -> ShownSchedule:
        """With its latest firings."""
        return self._shown(self._named(name), FIRINGS_SHOWN)

    def next(self, name: str, count: int) -> tuple[Schedule, list[datetime]]:
        """The moments at which it fires next, unless it is paused."""
        schedule = self._named(name)
        return schedule, list(islice(firings(schedule, self._clock.now()), count))

    def pause(self, name: str) -> ShownSchedule:
        """Have it fire no more; what would have fired is not made up for."""
        schedule = self._named(name)
        self._store.pause_schedule(name, self._caller.name, self._clock.now(), self._caller.address)
        self._firer.wake()
        return self._shown(schedule, 1)

    def resume(self, name: str) -> ShownSchedule:
        """Have it fire again, from now on."""
        schedule = self._named(name)
        self._store.resume_schedule(name, self._caller.name, self._clock.now(), self._caller.address)
        self._firer.wake()
        return self._shown(schedule, 1)

    def fire(self, name: str) -> Operation:
        """Have its request made now, also while it is paused, of what the caller sees.

        Raises what `Backfills.submit` raises.
        """
        return self._firer.fire(self._named(name), Firing(name, self._clock.now(), self._caller.name), self._caller)

    def _named(self, name: str) -> Schedule:
        found = self._firer.current.get(name)
        if found is None or not self._sees(found):
            raise NotFound("schedule", name)
        return found

    def _sees(self, schedule: Schedule) -> bool:
        """One that names no project of the catalog is there for those alone who see all."""
        if self._caller.projects is None:
            return True
        request = read_request(schedule.template, UNLIMITED).request
        found = find_project(self._shelf.current, request.project_id) if request else None
        return isinstance(found, Project) and self._caller.sees(found.id)

    def _shown(self, schedule: Schedule, most: int, known: Mapping[str, StoredSchedule] | None = None) -> ShownSchedule:
        stored = (known or self._store.schedules())[schedule.name]
        upcoming = None if stored.paused_at else next(firings(schedule, self._clock.now()), None)
        return ShownSchedule(schedule, stored, upcoming, self._store.last_firings(schedule.name, most))
