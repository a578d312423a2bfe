"""What can be added up over flights, and read back from the tables that hold such sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from demo.tables import Row


class Tally(NamedTuple):
    """Sums over flights: delays in minutes over those that departed or arrived, distance in miles over all."""

    flights: int = 0
    departed: int = 0
    cancelled: int = 0
    arrived: int = 0
    dep_delay: int = 0
    arr_delay: int = 0
    distance: int = 0

    @property
    def mean_dep_delay(self) -> float | None:
        """Minutes, over the flights that departed."""
        return self.dep_delay / self.departed if self.departed else None

    @property
    def mean_arr_delay(self) -> float | None:
        """Minutes, over the flights whose arrival was reported."""
        return self.arr_delay / self.arrived if self.arrived else None

    @property
    def cancelled_share(self) -> float | None:
        """Between 0 and 1, of all scheduled flights."""
        return self.cancelled / self.flights if self.flights else None


def tally_of(flight: Row) -> Tally:
    """One flight; without a departure time it was cancelled, without an arrival delay its arrival is unknown."""
    departed, arrived = flight["dep_time"] != "", flight["arr_delay"] != ""
    return Tally(
        flights=1,
        departed=int(departed),
        cancelled=int(not departed),
        arrived=int(arrived),
        dep_delay=int(flight["dep_delay"] or 0),
        arr_delay=int(flight["arr_delay"] or 0),
        distance=int(flight["distance"]),
    )


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them added up; nothing for none.

    >>> total([Tally(flights=2, departed=2), Tally(flights=1, cancelled=1)]).flights
    3
    """
    return Tally(*map(sum, zip(*tallies, strict=True)))


def tallies_by(key: Callable[[Row], str], flights: Iterable[Row]) -> dict[str, Tally]:
    """One tally for each value of `key`, those with the most flights first."""
    found: dict[str, list[Tally]] = {}
    for flight in flights:
        found.setdefault(key(flight), []).append(tally_of(flight))
    return largest_first({value: total(tallies) for value, tallies in found.items()})


def largest_first(tallies: dict[str, Tally]) -> dict[str, Tally]:
    """The same, those with the most flights first, then by name."""
    return dict(sorted(tallies.items(), key=lambda item: (-item[1].flights, item[0])))


def read_back(row: Row) -> Tally:
    """The tally that a table's row holds in columns of the same names."""
    return Tally(*(int(row[name]) for name in Tally._fields))


def merged(tables: Iterable[dict[str, Tally]]) -> dict[str, Tally]:
    """The tables added up key by key, those with the most flights first."""
    found: dict[str, list[Tally]] = {}
    for table in tables:
        for key, tally in table.items():
            found.setdefault(key, []).append(tally)
    return largest_first({key: total(tallies) for key, tallies in found.items()})
