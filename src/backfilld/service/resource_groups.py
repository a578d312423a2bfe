"""Resource groups: their slots, who uses them, and how many stand in line."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass

from backfilld.engine.occupancy import Occupied
from backfilld.errors import NotFound
from backfilld.ports import Capacity, StoreReader
from backfilld.service.access import Caller
from backfilld.service.ticker import Ticker

_IDLE = Occupied({}, 0)


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A resource group: `reserved` of its slots are for scheduled requests alone; `waiting` lack nothing but a slot."""

    name: str
    slots: int
    reserved: int
    in_use: int
    waiting: int
    held_by: Mapping[int, int]
    """How many each backfill has, of those that are there for the caller."""


class Groups:
    """Those of the settings. They belong to no project, so everybody sees them, and counts of all that uses them."""

    def __init__(self, ticker: Ticker, capacity: Capacity, store: StoreReader) -> None:
        self._ticker, self._capacity, self._store = ticker, capacity, store

    def for_(self, caller: Caller) -> Groups:
        """The same for somebody: of backfills of projects that they do not see, slots are in use by nobody known."""
        if caller.projects is None:
            return self
        mine = copy(self)
        mine._store = self._store.seen_by(caller.projects)
        return mine

    def all(self) -> list[ShownGroup]:
        """By name; raises `StoreUnavailable`."""
        found = self._ticker.asked(lambda: ((), self._ticker.engine.explainer.groups()))
        there = {each.id for each in self._store.some_backfills({n for each in found.values() for n in each.holders})}
        return [self._shown(name, found.get(name, _IDLE), there) for name in sorted(self._capacity.groups)]

    def one(self, name: str) -> ShownGroup:
        """One of them; `NotFound` if there is none."""
        found = next((each for each in self.all() if each.name == name), None)
        if found is None:
            raise NotFound("resource group", name)
        return found

    def _shown(self, name: str, found: Occupied, there: set[int]) -> ShownGroup:
        return ShownGroup(
            name,
            self._capacity.groups[name],
            self._capacity.reserved.get(name, 0),
            sum(found.holders.values()),
            found.waiting,
            {backfill: slots for backfill, slots in sorted(found.holders.items()) if backfill in there},
        )
