"""Lists over all backfills: these themselves, their runs and their task instances."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from backfilld.engine.snapshot import SETTLED
from backfilld.planning.plan import InstanceId, split_id
from backfilld.ports import BackfillFilter, InstanceFilter, Page, RunFilter, StoredInstance, StoredRun, StoreReader
from backfilld.service.access import ITSELF, Caller
from backfilld.service.book import Book
from backfilld.service.listing import LAST_RUN, Listing, first_bare, may_be_without_row, merged
from backfilld.service.views import ShownBackfill, ShownInstance, ShownRun, Views

LOOKED_AT = 2_000
"""How many backfills or runs are looked at for one page of those that pass."""
AT_ONCE = 128
VERSIONS_KEPT = 4096
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BackfillsAsked:
    """Which backfills: those whose row passes, with one of these words, if any is named."""

    rows: BackfillFilter
    words: frozenset[str] | None = None

    @property
    def wanted(self) -> BackfillFilter:
        """What the row of one that passes passes: the store knows whether it is done."""
        done = _done(self.words)
        return self.rows if done is None else replace(self.rows, open=not done)

    def has(self, shown: ShownBackfill) -> bool:
        """Whether it passes, of those whose row does."""
        tags = shown.terms.resolved.tags
        known = all(key in tags and value in (None, tags[key]) for key, value in self.rows.tags)
        return known and (self.words is None or shown.standing.word in self.words)


class Overall:
    """For every thread. A page may be shorter than its limit and yet not the last: `next` says so."""

    def __init__(self, store: StoreReader, book: Book, views: Views) -> None:
        self._store, self._book, self._views = store, book, views
        self._caller = ITSELF
        self._version = lru_cache(VERSIONS_KEPT)(self._read_version)

    def for_(self, caller: Caller) -> Overall:
        """The same for somebody: what is of projects that they do not see is not there."""
        if caller.projects is None:
            return self
        mine = copy(self)
        mine._store, mine._book = self._store.seen_by(caller.projects), self._book.seen_by(caller.projects)
        mine._views, mine._caller = self._views.for_(caller), caller
        return mine

    def backfills(self, asked: BackfillsAsked, after: int | None, limit: int) -> Page[ShownBackfill]:
        """Those that pass, the newest first."""
        if asked.words is None and not asked.rows.tags:
            page = self._store.backfills(after, limit, asked.rows)
            return Page(self._views.shown_all(page.items), page.next)

        def read(since: int | None, most: int) -> Page[ShownBackfill]:
            page = self._store.backfills(since, most, asked.wanted)
            return Page(self._views.shown_all(page.items), page.next)

        return _sifted(read, asked.has, lambda shown: shown.stored.id, after, limit)

    def runs(self, wanted: RunFilter, words: frozenset[str] | None, after: int | None, limit: int) -> Page[ShownRun]:
        """Those that pass, with one of these words, if any is named; the newest numbers first."""
        rows = wanted if words is None else replace(wanted, words=words)

        def read(since: int | None, most: int) -> Page[ShownRun]:
            page = self._store.newest_runs(rows, since, most)
            return Page(tuple(self._shown_runs(page.items)), page.next)

        if words is None:
            return read(after, limit)
        return _sifted(read, lambda run: run.word in words, lambda run: run.number, after, limit)

    def instances(self, wanted: InstanceFilter, after: InstanceId | None, limit: int) -> Page[ShownInstance]:
        """Those that pass, by id, with rows and without; those that have expired are left out."""
        page = merged(
            lambda: self._first_bare(wanted, after),
            lambda: self._store.instances(wanted, after, limit),
            lambda reach: self._planned(wanted, after, reach),
            limit,
        )
        return Page(tuple(self._shown_instances(page.items)), page.next)

    def _first_bare(self, wanted: InstanceFilter, after: InstanceId | None) -> int | None:
        """The first run that may have instances without rows which pass."""
        first = 0 if after is None else split_id(after)[0]
        return first_bare(self._store, range(first, LAST_RUN + 1)) if may_be_without_row(wanted) else None

    def _planned(
        self, wanted: InstanceFilter, after: InstanceId | None, reach: InstanceId | None
    ) -> Iterator[StoredInstance]:
        listing = lru_cache(1)(lambda backfill: Listing(self._store, self._book.entry(backfill)))
        for run in self._runs_without_rows(wanted, after, reach):
            yield from listing(run.backfill).planned(run, wanted, after)

    def _runs_without_rows(
        self, wanted: InstanceFilter, after: InstanceId | None, reach: InstanceId | None
    ) -> Iterator[StoredRun]:
        first = 0 if after is None else split_id(after)[0]
        end = (LAST_RUN if reach is None else split_id(reach)[0]) + 1
        while True:
            page = self._store.runs_without_rows(wanted, range(first, end), AT_ONCE)
            yield from page.items
            if page.next is None:
                return
            first = page.next + 1

    def _shown_runs(self, runs: Sequence[StoredRun]) -> Iterator[ShownRun]:
        backfills = {each.id: each for each in self._store.some_backfills({run.backfill for run in runs})}
        return (self._views.shown_run(backfills[run.backfill], run) for run in runs)

    def _shown_instances(self, found: Sequence[StoredInstance]) -> Iterator[ShownInstance]:
        runs = self._store.run_dates({split_id(each.id)[0] for each in found})
        for each in found:
            run = runs[split_id(each.id)[0]]
            catalog = self._book.catalog(self._version(run.backfill))
            if self._caller.sees(catalog.tasks[each.task].project_id):
                yield ShownInstance(each, run.backfill, run.business_date, catalog.short_names[each.task])

    def _read_version(self, backfill: int) -> UUID:
        """A backfill keeps its catalog version for life."""
        return self._store.backfill(backfill).catalog_version


def _done(words: frozenset[str] | None) -> bool | None:
    """Whether what has one of these words is done, or settled; None where it may be either, or neither."""
    if not words or (words & SETTLED and words - SETTLED):
        return None
    return bool(words & SETTLED)


def _sifted(
    read: Callable[[int | None, int], Page[T]],
    passes: Callable[[T], bool],
    key: Callable[[T], int],
    after: int | None,
    limit: int,
) -> Page[T]:
    """Those of the items that are read which pass; no more than `LOOKED_AT` are looked at."""
    found: list[T] = []
    at_once = max(limit, AT_ONCE)
    for _ in range(max(LOOKED_AT // at_once, 1)):
        page = read(after, at_once)
        for item in filter(passes, page.items):
            found.append(item)
            if len(found) == limit:
                at_end = page.next is None and item is page.items[-1]
                return Page(tuple(found), None if at_end else key(item))
        if (after := page.next) is None:
            return Page(tuple(found), None)
    return Page(tuple(found), after)
