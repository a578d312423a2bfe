"""How backfills and their runs stand: as the engine sees them, else as they were stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Protocol

from backfilld.engine.run import NO_COUNTS
from backfilld.engine.snapshot import RunPage, RunView, Snapshot, added, words_in
from backfilld.engine.states import State
from backfilld.engine.turns import Fairness
from backfilld.ports import RunSum, StoredBackfill, StoredRun, StoreReader
from backfilld.service.book import Book, Entry

PAGE = 128
REMEMBERED = 8192
SizeOf = Callable[[int], int]
"""How many instances the date at a position has."""
AsOf = tuple[int, datetime | None, int]
"""A backfill, when it was done, and how many acts it had seen."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A backfill's word, its instances by state, which add up to its size, and its runs by word."""

    word: str
    counts: tuple[int, ...]
    runs: Mapping[str, int]
    fairness: Fairness | None = None
    """How slots were given to it; None while the engine does not know it."""


class HasSnapshot(Protocol):
    """Whoever has a snapshot of what is durable: the ticker."""

    snapshot: Snapshot

    @property
    def acts(self) -> Mapping[int, int]:
        """How many acts each backfill has seen."""
        ...


class Standings:
    """Words and counts, for every thread."""

    def __init__(self, store: StoreReader, book: Book, recorded: HasSnapshot) -> None:
        self._store, self._book, self._recorded = store, book, recorded
        self._counts: dict[AsOf, Standing] = {}

    def of_all(self, stored: Sequence[StoredBackfill]) -> list[Standing]:
        """How each of these stands; what is to be counted for those that are done is counted at one look."""
        going = self._recorded.snapshot.backfills
        done = self._done(each for each in stored if each.done_at is not None and each.id not in going)
        return [done.get(each.id) or self.of(each) for each in stored]

    def of(self, stored: StoredBackfill) -> Standing:
        """How the backfill stands."""
        known = self._recorded.snapshot.backfills.get(stored.id)
        if known is not None:
            return replace(self._tally(stored, known.word, known.pages), fairness=known.fairness)
        if stored.done_at is None:  # it may have ended, and been dismissed, since it was read
            stored = self._store.backfill(stored.id)
        if stored.done_at is not None:
            return self._done([stored])[stored.id]
        return self._from_rows(stored)

    def of_run(self, stored: StoredBackfill, run: StoredRun) -> RunView:
        """The run's word, and its instances by state, which add up to its size."""
        view, position = self._seen(stored, run)
        if any(view.counts):
            return view
        return view._replace(counts=_unopened(view.word, self._size_of(stored)(position)))

    def word_of_run(self, stored: StoredBackfill, run: StoredRun) -> str:
        """The run's word alone."""
        return self._seen(stored, run)[0].word

    def _seen(self, stored: StoredBackfill, run: StoredRun) -> tuple[RunView, int]:
        """The run as it was last told, and the position of its date."""
        known, position = self._recorded.snapshot.backfills.get(stored.id), stored.position(run.number)
        assert position is not None
        seen = known.find(run.number, position) if known else None
        return seen or _view(run, known.word if known else self._word(stored)), position

    def _done(self, stored: Iterable[StoredBackfill]) -> Mapping[int, Standing]:
        """How these stand, which are done and unknown to the engine: until an act they stay so, so count them once."""
        acts, known = self._recorded.acts, self._counts
        asked = {each.id: (each.id, each.done_at, acts.get(each.id, 0)) for each in stored}
        found = {backfill: known[key] for backfill, key in asked.items() if key in known}
        if unknown := asked.keys() - found.keys():
            again = self._store.some_backfills(unknown)  # as they are since the last act that was counted above
            sums = self._store.run_sums(unknown)
            found |= {each.id: self._counted(each, sums.get(each.id, ())) for each in again}
            self._remember({asked[backfill]: found[backfill] for backfill in unknown})
        return found

    def _remember(self, counts: Mapping[AsOf, Standing]) -> None:
        if len(self._counts) + len(counts) > REMEMBERED:
            self._counts = {}
        self._counts.update(counts)

    def _counted(self, stored: StoredBackfill, sums: Sequence[RunSum]) -> Standing:
        if any(each.settled and not each.opened for each in sums):  # how large these are only the plan tells
            return self._from_rows(stored)
        word, words = self._word(stored), Counter[str]()
        for each in sums:
            words[_run_word(each.settled, each.outcome, word)] += each.runs
        words[_run_word(False, None, word)] += len(stored.runs) - words.total()  # those without rows
        counts = [sum(column) for column in zip(NO_COUNTS, *(each.counts for each in sums), strict=True)]
        counts[State.WAITING] += stored.size - sum(counts)
        return Standing(word, tuple(counts), {word: runs for word, runs in words.items() if runs})

    def _from_rows(self, stored: StoredBackfill) -> Standing:
        word = self._word(stored)
        runs = RunPage(_view(run, word) for run in runs_from(self._store, stored, stored.runs))
        return self._tally(stored, word, [runs])

    def _word(self, stored: StoredBackfill) -> str:
        """Of a backfill that the engine does not know."""
        if stored.outcome is not None:
            return stored.outcome
        return "paused" if self._book.entry(stored.id).plan_changed else "queued"

    def _tally(self, stored: StoredBackfill, word: str, pages: Sequence[RunPage]) -> Standing:
        words, counts = words_in(pages), list(added(page.counts for page in pages))
        if words["cancelled"]:
            size_of = self._size_of(stored)
            unopened = (
                position
                for position, run in enumerate(chain.from_iterable(pages))
                if run.word == "cancelled" and not any(run.counts)
            )
            counts[State.CANCELLED] += sum(map(size_of, unopened))
        counts[State.WAITING] += stored.size - sum(counts)
        return Standing(word, tuple(counts), {word: n for word, n in words.items() if n})

    def _size_of(self, stored: StoredBackfill) -> SizeOf:
        return date_sizes(self._book.entry(stored.id))


def date_sizes(entry: Entry) -> SizeOf:
    """The size of each date of the plan; nothing is read into a plan that is not the accepted one any more."""
    if entry.plan_changed:
        return lambda position: 0
    templates = entry.plan.templates
    size = lru_cache(None)(templates.size)
    return lambda position: size(templates.calendar.pattern_of[position])


def runs_from(store: StoreReader, stored: StoredBackfill, numbers: Sequence[int]) -> Iterator[StoredRun]:
    """The backfill's runs of these numbers, in that order, also while their rows are not written yet."""
    for start in range(0, len(numbers), PAGE):
        part = numbers[start : start + PAGE]
        found = {run.number: run for block in _blocks(part) for run in _block(store, stored, block)}
        yield from (found.get(number) or _unwritten(stored, number) for number in part)


def _blocks(numbers: Sequence[int]) -> Iterator[range]:
    """The numbers as stretches of neighbours, ascending.

    >>> list(_blocks([7, 3, 8, 2]))
    [range(2, 4), range(7, 9)]
    """
    ordered = sorted(numbers)
    starts = [at for at in range(len(ordered)) if not at or ordered[at] != ordered[at - 1] + 1]
    for start, end in zip(starts, [*starts[1:], len(ordered)], strict=True):
        yield range(ordered[start], ordered[end - 1] + 1)


def _block(store: StoreReader, stored: StoredBackfill, numbers: range) -> tuple[StoredRun, ...]:
    return store.runs(stored.id, numbers.start - 1, len(numbers)).items


def _unwritten(stored: StoredBackfill, number: int) -> StoredRun:
    position = stored.position(number)
    assert position is not None
    return StoredRun(number, stored.id, stored.dates[position], NO_COUNTS, 0, None, False, None, None, None)


def _view(run: StoredRun, backfill_word: str) -> RunView:
    """A run as it was stored; one that is not settled shares the fate of its backfill, or waits for its turn."""
    return RunView(run.number, run.counts, run.held_back, _run_word(run.settled, run.outcome, backfill_word))


def _run_word(settled: bool, outcome: str | None, backfill_word: str) -> str:
    idle = "paused" if backfill_word == "paused" else "queued"
    return (outcome or "cancelled") if settled else idle


def _unopened(word: str, size: int) -> tuple[int, ...]:
    """All instances of a date that was never opened are in one state: cancelled if an act said so, else waiting."""
    counts = list(NO_COUNTS)
    counts[State.CANCELLED if word == "cancelled" else State.WAITING] = size
    return tuple(counts)
