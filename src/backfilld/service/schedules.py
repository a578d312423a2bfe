"""What users can do with schedules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from backfilld.catalog.schedules import Schedule, firings
from backfilld.errors import NotFound
from backfilld.ports import Clock, Firing, Operation, Store, StoredFiring, StoredSchedule
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

    def __init__(self, store: Store, firer: Firer, clock: Clock) -> None:
        self._store, self._firer, self._clock = store, firer, clock

    def all(self) -> list[ShownSchedule]:
        """Each with its latest firing, in the order of the files."""
        current = self._firer.current  # before the store is asked, which knows each of them already
        known = self._store.schedules()
        return [self._shown(schedule, 1, known) for schedule in current.values()]

    def one(self, name: str) -> ShownSchedule:
        """With its latest firings."""
        return self._shown(self._named(name), FIRINGS_SHOWN)

    def next(self, name: str, count: int) -> tuple[Schedule, list[datetime]]:
        """The moments at which it fires next, unless it is paused."""
        schedule = self._named(name)
        return schedule, list(islice(firings(schedule, self._clock.now()), count))

    def pause(self, name: str, by: str = "local") -> ShownSchedule:
        """Have it fire no more; what would have fired is not made up for."""
        schedule = self._named(name)
        self._store.pause_schedule(name, by, self._clock.now())
        self._firer.wake()
        return self._shown(schedule, 1)

    def resume(self, name: str, by: str = "local") -> ShownSchedule:
        """Have it fire again, from now on."""
        schedule = self._named(name)
        self._store.resume_schedule(name, by, self._clock.now())
        self._firer.wake()
        return self._shown(schedule, 1)

    def fire(self, name: str, by: str = "local") -> Operation:
        """Have its request made now, also while it is paused; raises what `Backfills.submit` raises."""
        return self._firer.fire(self._named(name), Firing(name, self._clock.now(), by))

    def _named(self, name: str) -> Schedule:
        found = self._firer.current.get(name)
        if found is None:
            raise NotFound("schedule", name)
        return found

    def _shown(self, schedule: Schedule, most: int, known: Mapping[str, StoredSchedule] | None = None) -> ShownSchedule:
        stored = (known or self._store.schedules())[schedule.name]
        upcoming = None if stored.paused_at else next(firings(schedule, self._clock.now()), None)
        return ShownSchedule(schedule, stored, upcoming, self._store.last_firings(schedule.name, most))
