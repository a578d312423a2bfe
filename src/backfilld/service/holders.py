"""Who holds cycles now: active backfills, with the dates that are not settled yet (spec 5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from backfilld.planning.bridging import bits
from backfilld.ports import Store
from backfilld.service.book import Book, Entry
from backfilld.service.standing import HasSnapshot


@dataclass(frozen=True, slots=True)
class Holder:
    """An active backfill, and the positions of its dates whose cycles it holds."""

    entry: Entry
    positions: frozenset[int]


class Holders:
    """Asked by every thread; told by the ticker's of what is accepted but not known to the engine yet."""

    def __init__(self, store: Store, book: Book, recorded: HasSnapshot) -> None:
        self._store, self._book, self._recorded = store, book, recorded
        self._beginning: set[int] = set()
        self.accepted = 0
        """How often backfills were accepted, or given dates: who judged conflicts looks whether one came in between."""

    def begins(self, backfill: int) -> None:
        """A backfill was accepted, or is given more dates, and will be known to the engine soon."""
        self.accepted += 1
        self._beginning.add(backfill)

    def came_to_nothing(self, backfill: int) -> None:
        """It never will be."""
        self._beginning.discard(backfill)

    def of(self, environment: str) -> Iterator[Holder]:
        """The backfills of an environment that hold cycles of the schedule, in the order of acceptance."""
        beginning = set(self._beginning)  # before the snapshot: whoever has left by now is in every later one
        snapshot = self._recorded.snapshot
        held = {number: frozenset(bits(dates)) for number, dates in snapshot.holding().items()}
        for backfill in sorted({*held, *self._not_begun(beginning, snapshot.backfills.keys())}):
            entry = self._book.entry(backfill)
            if entry.stored.environment == environment and not entry.resolved.at_once:
                known, dates = snapshot.backfills.get(backfill), len(entry.stored.dates)
                fits = known is not None and known.dates == dates  # else it is to be given more dates
                yield Holder(entry, held[backfill] if fits and backfill in held else frozenset(range(dates)))

    def _not_begun(self, beginning: set[int], known: Collection[int]) -> set[int]:
        """Accepted, but neither known to the engine yet nor done already."""
        begun = {each for each in beginning if each in known or self._store.backfill(each).done_at is not None}
        self._beginning.difference_update(begun)
        return beginning - begun
