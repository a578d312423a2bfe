"""Resource groups: their slots, how many are in use, and who stands in line."""

from __future__ import annotations

from dataclasses import dataclass

from backfilld.errors import NotFound
from backfilld.ports import Capacity
from backfilld.service.ticker import Ticker


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A resource group: `reserved` of its slots are for scheduled requests alone; `waiting` lack nothing but a slot."""

    name: str
    slots: int
    reserved: int
    in_use: int
    waiting: int


class Groups:
    """Those of the settings. They belong to no project, so everybody sees them, and counts of all that uses them."""

    def __init__(self, ticker: Ticker, capacity: Capacity) -> None:
        self._ticker, self._capacity = ticker, capacity

    def all(self) -> list[ShownGroup]:
        """By name; raises `StoreUnavailable`."""
        lines = self._ticker.asked(lambda: ((), self._ticker.engine.explainer.lines()))
        total, reserved, taken = self._capacity.groups, self._capacity.reserved, self._ticker.tally.taken
        return [
            ShownGroup(name, total[name], reserved.get(name, 0), taken.get(name, 0), lines[name])
            for name in sorted(total)
        ]

    def one(self, name: str) -> ShownGroup:
        """One of them; `NotFound` if there is none."""
        found = next((each for each in self.all() if each.name == name), None)
        if found is None:
            raise NotFound("resource group", name)
        return found
