"""What doors ask, from any thread, each time on a connection that cannot write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select

from backfilld.catalog.models import TaskId
from backfilld.engine.asking import InstanceFacts
from backfilld.errors import NotFound
from backfilld.planning.history import Outcomes
from backfilld.planning.plan import InstanceId
from backfilld.ports import (
    AttemptTimes,
    BackfillFilter,
    Operation,
    Page,
    RunFilter,
    StoredAttempt,
    StoredAudit,
    StoredBackfill,
    StoredInstance,
    StoredOutput,
    StoredRun,
)
from backfilld.request.durations import Duration
from backfilld.store import audit, filters, ledger, lookups, pages, rows, tables
from backfilld.store.among import among
from backfilld.store.columns import SECOND, micros
from backfilld.store.durations import typical
from backfilld.store.history import read_intervals, read_months, read_samples
from backfilld.store.lists import Lists
from backfilld.store.outputs import read_outputs
from backfilld.store.packed import rows_of
from backfilld.store.prepared import in_batches

T = TypeVar("T")
TASKS_AT_ONCE = 32
"""Whose ledger one query reads: ten years of them are 4,000 rows."""
PAST_HEXADECIMAL = "g"
"""Comes after every digit of a hash."""


class Reader(Lists):
    """The port's `StoreReader`."""

    def operation(self, operation: str) -> Operation:
        """One operation; `NotFound` if there is none."""
        wanted = self._of_seen(lookups.OPERATION, tables.operation.c.backfill_id)
        return rows.operation_of(self._one(wanted, "operation", operation))

    def catalog(self, version: UUID) -> str:
        """The canonical content of a catalog version."""
        row = tables.catalog_version.c
        with self._database.reading() as connection:
            content: str | None = connection.scalar(select(row.content).where(row.id == version))
        return _found(content, "catalog version", version)

    def backfill_numbers(
        self,
        wanted: BackfillFilter,
        *,
        ascending: bool = False,
        after: int | None = None,
        skip: int = 0,
        most: int | None = None,
    ) -> tuple[int, ...]:
        """Ids of accepted backfills that pass: those after one, without the first `skip`, at `most` so many."""
        row = tables.backfill.c
        asked = select(row.id).where(*filters.of_backfills(wanted), *self._seen(row.id))
        if after is not None:
            asked = asked.where(row.id > after if ascending else row.id < after)
        asked = asked.order_by(row.id if ascending else row.id.desc()).offset(skip).limit(most)
        with self._database.reading() as connection:
            return tuple(connection.scalars(asked))

    def count_backfills(self, wanted: BackfillFilter) -> int:
        """How many accepted backfills pass."""
        row = tables.backfill.c
        asked = select(func.count()).select_from(tables.backfill)
        with self._database.reading() as connection:
            found = connection.scalar(asked.where(*filters.of_backfills(wanted), *self._seen(row.id)))
        return int(found or 0)

    def outcomes(self, wanted: BackfillFilter) -> Mapping[str, int]:
        """How many backfills that pass are done with each outcome."""
        row = tables.backfill.c
        asked = select(row.outcome, func.count().label("number")).where(
            *filters.of_backfills(wanted), *self._seen(row.id)
        )
        asked = asked.where(row.done_at.is_not(None), row.outcome.is_not(None)).group_by(row.outcome)
        with self._database.reading() as connection:
            return {each.outcome: each.number for each in connection.execute(asked)}

    def count_runs(self, wanted: RunFilter) -> int:
        """How many runs of all backfills pass."""
        asked = select(func.count()).select_from(tables.run).where(*filters.of_runs(wanted))
        with self._database.reading() as connection:
            return int(connection.scalar(asked.where(*self._seen(tables.run.c.backfill_id))) or 0)

    def backfill(self, backfill: int) -> StoredBackfill:
        """One backfill; `NotFound` if there is none."""
        wanted = self._of_seen(lookups.BACKFILL, tables.backfill.c.id)
        with self._database.reading() as connection:
            found = rows.backfills_of(connection, rows_of(connection, wanted, {"ref": backfill}))
        return _found(next(iter(found), None), "backfill", backfill)

    def named(self, instance_ids: Collection[str], project: int | None = None) -> tuple[StoredBackfill, ...]:
        """The backfills that their callers named so, of one project or of all."""
        row = tables.backfill.c
        wanted = select(tables.backfill).where(row.instance_id.in_(instance_ids), *self._seen(row.id)).order_by(row.id)
        if project is not None:
            wanted = wanted.where(row.project_id == project)
        with self._database.reading() as connection:
            return rows.backfills_of(connection, connection.execute(wanted))

    def backfill_by_hash(self, prefix: str) -> StoredBackfill | None:
        """The newest backfill whose plan hash begins so."""
        row = tables.backfill.c
        wanted = (
            select(tables.backfill)
            .where(row.plan_hash.between(prefix, prefix + PAST_HEXADECIMAL))
            .where(func.substr(row.plan_hash, 1, len(prefix)) == prefix, *self._seen(row.id))  # some know no case
            .order_by(row.id.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            return next(iter(rows.backfills_of(connection, connection.execute(wanted))), None)

    def runs(self, backfill: int, after: int | None, limit: int) -> Page[StoredRun]:
        """The backfill's runs, in run order."""
        numbers = {"ref": backfill, "after": -1 if after is None else after}
        return self._page(pages.runs_of_one(self._projects), numbers, limit, rows.run_of, lambda run: run.number)

    def run(self, run: int) -> StoredRun:
        """One run; `NotFound` if there is none."""
        return rows.run_of(self._one(self._of_seen(lookups.RUN, tables.run.c.backfill_id), "run", run))

    def state_bytes(self, run: int) -> bytes:
        """A byte an instance by ordinal; empty when the run was never admitted."""
        with self._database.reading() as connection:
            return rows.read_states(connection, run)

    def instance(self, instance: InstanceId) -> StoredInstance:
        """One row; `NotFound` if there is none."""
        return rows.instance_of(self._one(lookups.INSTANCE, "task instance", instance))

    def expired_since(self, backfill: int) -> datetime | None:
        """When the first of the backfill's runs was taken from view by its retention; None while it has all."""
        row = tables.run.c
        wanted = select(func.min(row.expired_at)).where(row.backfill_id == backfill, *self._seen(row.backfill_id))
        with self._database.reading() as connection:
            found: datetime | None = connection.scalar(wanted)
        return found

    def attempts(self, instance: InstanceId) -> tuple[StoredAttempt, ...]:
        """Every attempt of the instance, by number."""
        with self._database.reading() as connection:
            return tuple(map(rows.attempt_of, rows_of(connection, lookups.ATTEMPTS, {"ref": instance})))

    def last_times(self, instances: Iterable[InstanceId], most: int) -> Mapping[InstanceId, tuple[AttemptTimes, ...]]:
        """By number the last `most` attempts of each of these instances that was ever started."""
        found: dict[InstanceId, list[AttemptTimes]] = {}
        with self._database.reading() as connection:
            for part in in_batches(instances):
                asked, keys = among(connection, lookups.TIMES, tables.attempt.c.instance_id, part)
                for row in rows_of(connection, asked, {**keys, "most": most}):
                    found.setdefault(row[0], []).append(rows.times_of(row))
        return {instance: tuple(times) for instance, times in found.items()}

    def outputs(self, backfill: int, after: InstanceId | None, limit: int) -> Page[StoredOutput]:
        """What the last attempts of the backfill's instances handed back."""
        mine = filters.instances_of(backfill, after).where(*self._seen(tables.run.c.backfill_id))
        with self._database.reading() as connection:
            return read_outputs(connection, mine, limit)

    def facts_of(self, instances: Iterable[InstanceId]) -> tuple[InstanceFacts, ...]:
        """What these instances remember, those that have rows."""
        with self._database.reading() as connection:
            return tuple(
                rows.facts_of(found)
                for part in in_batches(instances)
                for found in rows_of(connection, *among(connection, lookups.FACTS, tables.task_instance.c.id, part))
            )

    def audit(self, after: int | None, limit: int) -> Page[StoredAudit]:
        """Acts, and changes of backfills and runs, the newest first."""
        return self._audit("anything", {"after": after}, limit)

    def audit_about(self, backfill: int | None, after: int | None, limit: int) -> Page[StoredAudit]:
        """Those entries of the audit that are about one backfill, or about no single one, the newest first."""
        return self._audit("none" if backfill is None else "one", {"after": after, "ref": backfill}, limit)

    def _audit(self, about: pages.About, numbers: Mapping[str, int | None], limit: int) -> Page[StoredAudit]:
        asked = pages.audit(about, self._projects, after=numbers["after"] is not None)
        return self._page(asked, numbers, limit, rows.audit_of, lambda entry: entry.id)

    def broken_audit(self) -> int | None:
        """The first entry of the audit that is not as it was written, or whose forerunner is not."""
        return audit.broken(self._whole_audit())

    def durations(self, environment: str, tasks: Iterable[int]) -> Mapping[int, Duration]:
        """How long each task's recent successful attempts in settled runs took."""
        found: dict[int, Duration] = {}
        with self._database.reading() as connection:
            for part in in_batches(tasks):
                for task, (_, recent) in read_samples(connection, environment, part).items():
                    found[task] = typical(recent)
        return found

    def ledger(
        self, environment: str, tasks: Iterable[int], first: datetime, last: datetime
    ) -> Iterator[tuple[TaskId, Outcomes]]:
        """What settled runs recorded of the tasks' cycles from `first` to `last`."""
        low, high = -(-micros(first) // SECOND), micros(last) // SECOND
        months = range(ledger.month_of(low), ledger.month_of(high) + 1)
        for part in in_batches(dict.fromkeys(tasks), TASKS_AT_ONCE):
            with self._database.reading() as connection:
                stored = read_months(connection, environment, part, months)
            by_task = {
                task: [ledger.Month(*packed) for _, _, *packed in of_task]
                for task, of_task in groupby(stored, key=itemgetter(0))
            }
            for task in part:
                if outcomes := ledger.outcomes_of(by_task.pop(task, ()), low, high):
                    yield task, outcomes

    def succeeded(
        self, environment: str, tasks: Iterable[int], first: datetime, last: datetime
    ) -> Iterator[tuple[TaskId, Set[int]]]:
        """The tasks' cycles of the months from `first` to `last` that ever succeeded."""
        months = range(ledger.month_of(micros(first) // SECOND), ledger.month_of(micros(last) // SECOND) + 1)
        for part in in_batches(dict.fromkeys(tasks), TASKS_AT_ONCE):
            with self._database.reading() as connection:
                stored = read_intervals(connection, environment, part, months)
            by_task = {
                task: b"".join([packed for _, packed in of_task])
                for task, of_task in groupby(stored, key=itemgetter(0))
            }
            for task in part:
                if cycles := ledger.succeeded_of(by_task.pop(task, b"")):
                    yield task, cycles

    def _whole_audit(self) -> Iterator[StoredAudit]:
        """All entries in order, a part at a time."""
        row, last = tables.audit.c, 0
        wanted = select(tables.audit).order_by(row.id).limit(audit.AT_ONCE)
        while True:
            with self._database.reading() as connection:
                part = [rows.audit_of(found) for found in connection.execute(wanted.where(row.id > last))]
            yield from part
            if len(part) < audit.AT_ONCE:
                return
            last = part[-1].id

    def _one(self, wanted: Select[Any], what: str, ref: object) -> Sequence[Any]:
        """What a statement of `lookups` finds."""
        with self._database.reading() as connection:
            return _found(next(iter(rows_of(connection, wanted, {"ref": ref})), None), what, ref)


def _found(thing: T | None, what: str, ref: object) -> T:
    if thing is None:
        raise NotFound(what, ref)
    return thing
