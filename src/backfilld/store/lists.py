"""Pages of what there is, and several things at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, func, select

from backfilld.planning.plan import InstanceId
from backfilld.ports import (
    ANY,
    BackfillFilter,
    InstanceFilter,
    Operation,
    Page,
    RunDate,
    RunFilter,
    RunSum,
    StoredBackfill,
    StoredInstance,
    StoredRun,
)
from backfilld.store import lookups, pages, rows, tables
from backfilld.store.among import among
from backfilld.store.packed import rows_of
from backfilld.store.pages import SIZE
from backfilld.store.prepared import in_batches
from backfilld.store.recording import COUNTS
from backfilld.store.sight import Sighted
from backfilld.store.walking import Walk

T = TypeVar("T")


class Lists(Sighted):
    """What the port's `StoreReader` lists."""

    def operations(self, after: int | None, limit: int) -> Page[Operation]:
        """Acceptances, that of the newest backfill first."""
        asked = pages.operations(self._projects, after=after is not None)
        return self._page(asked, {"after": after}, limit, rows.operation_of, lambda operation: operation.backfill)

    def backfills(self, after: int | None, limit: int, wanted: BackfillFilter = ANY) -> Page[StoredBackfill]:
        """Accepted backfills that pass, the newest first."""
        asked = pages.backfills(wanted, self._projects, after=after is not None)
        with self._database.reading() as connection:
            found = rows.backfills_of(connection, rows_of(connection, asked, {"after": after, "most": limit + 1}))
        return _paged(found, limit, lambda backfill: backfill.id)

    def some_backfills(self, backfills: Iterable[int]) -> tuple[StoredBackfill, ...]:
        """Those of these backfills that are there, in the order of acceptance."""
        row = tables.backfill.c
        wanted = select(tables.backfill).where(*self._seen(row.id)).order_by(row.id)
        with self._database.reading() as connection:
            return tuple(
                found
                for part in in_batches(sorted(backfills))
                for found in rows.backfills_of(connection, connection.execute(wanted.where(row.id.in_(part))))
            )

    def run_sums(self, backfills: Iterable[int]) -> Mapping[int, Sequence[RunSum]]:
        """What each backfill's runs count together, by how they stand."""
        row, sums = tables.run.c, defaultdict[int, list[RunSum]](list)
        alike = row.backfill_id, row.settled, row.outcome, SIZE > 0
        wanted = select(*alike, func.count(), *(func.sum(row[name]) for name in COUNTS)).group_by(*alike)
        with self._database.reading() as connection:
            for part in in_batches(backfills):
                mine = wanted.where(row.backfill_id.in_(part), *self._seen(row.backfill_id))
                for backfill, settled, outcome, opened, runs, *counts in connection.execute(mine):
                    sums[backfill].append(RunSum(settled, outcome, bool(opened), runs, tuple(map(int, counts))))
        return sums

    def newest_runs(self, wanted: RunFilter, after: int | None, limit: int) -> Page[StoredRun]:
        """Runs of all backfills that pass, those with the greatest numbers first."""
        asked = pages.newest_runs(wanted, self._projects, after=after is not None)
        return self._page(asked, {"after": after}, limit, rows.run_of, lambda run: run.number)

    def runs_without_rows(self, wanted: InstanceFilter, runs: range, limit: int) -> Page[StoredRun]:
        """Of runs with these numbers those that may have instances that pass, and have no rows for them."""
        asked = pages.bare_runs(wanted, self._projects)
        numbers = {"first": runs.start, "last": runs.stop - 1}
        return self._page(asked, numbers, limit, rows.run_of, lambda run: run.number)

    def some_runs(self, runs: Iterable[int]) -> Mapping[int, StoredRun]:
        """Those of these runs that are there, by number."""
        with self._database.reading() as connection:
            return {
                found[0]: rows.run_of(found)
                for part in in_batches(sorted(runs))
                for found in _runs(connection, pages.some_runs(self._projects), part)
            }

    def run_dates(self, runs: Iterable[int]) -> Mapping[int, RunDate]:
        """The backfill and the business date of those of these runs that are there, by number."""
        with self._database.reading() as connection:
            return {
                number: RunDate(*facts)
                for part in in_batches(sorted(runs))
                for number, *facts in _runs(connection, pages.run_dates(self._projects), part)
            }

    def instances(self, wanted: InstanceFilter, after: InstanceId | None, limit: int) -> Page[StoredInstance]:
        """The rows that pass the filter, by id."""
        with self._database.reading() as connection:
            return Walk(connection, wanted, self._projects).page(after, limit)

    def some_instances(self, instances: Iterable[InstanceId]) -> Mapping[InstanceId, StoredInstance]:
        """Those of these instances that have rows."""
        with self._database.reading() as connection:
            return {
                found[0]: rows.instance_of(found)
                for part in in_batches(instances)
                for found in rows_of(connection, *among(connection, lookups.INSTANCES, tables.task_instance.c.id, part))
            }

    def _page(
        self,
        asked: Select[Any],
        numbers: Mapping[str, int | None],
        limit: int,
        read: Callable[[Sequence[Any]], T],
        key: Callable[[T], int],
    ) -> Page[T]:
        """A page that a statement of `pages` asks for; one row more than asked says whether there is a next page."""
        with self._database.reading() as connection:
            found = rows_of(connection, asked, {**numbers, "most": limit + 1})
        return _paged(tuple(map(read, found)), limit, key)


def _runs(connection: Connection, wanted: Select[Any], numbers: Sequence[int]) -> Sequence[Sequence[Any]]:
    return rows_of(connection, *among(connection, wanted, tables.run.c.number, numbers))


def _paged(items: tuple[T, ...], limit: int, key: Callable[[T], int]) -> Page[T]:
    """Of one item more than asked: that says whether there is a next page."""
    return Page(items[:limit], key(items[limit - 1]) if len(items) > limit else None)
