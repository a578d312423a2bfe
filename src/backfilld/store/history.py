"""When a run settles, its endings go to the ledger and its durations to the samples, in the same transaction.

Once a run, not once an ending: one pass over the run's rows costs the hot path a few microseconds an instance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Dialect, Select, and_, bindparam, select, type_coerce

from backfilld.engine.states import STATE_MASK, AttemptState, State
from backfilld.store import durations, ledger, tables
from backfilld.store.among import among
from backfilld.store.columns import SECOND, ids_of
from backfilld.store.packed import rows_of
from backfilld.store.prepared import in_batches, upserting

TaskMonth = tuple[int, int]
_SAMPLE, _MONTH = tables.duration.c, tables.ledger.c
_SAMPLES = select(_SAMPLE.task_id, _SAMPLE.measured, _SAMPLE.recent).where(
    _SAMPLE.environment == bindparam("environment")
)
_OF_MONTHS = (
    _MONTH.environment == bindparam("environment"),
    _MONTH.month.between(bindparam("first"), bindparam("last")),
)
_MONTHS = (
    select(_MONTH.task_id, _MONTH.month, _MONTH.intervals, _MONTH.ended, _MONTH.backfills)
    .where(*_OF_MONTHS)
    .order_by(_MONTH.task_id, _MONTH.month)
)
_INTERVALS = select(_MONTH.task_id, _MONTH.intervals).where(*_OF_MONTHS).order_by(_MONTH.task_id, _MONTH.month)
_SUCCEEDED = AttemptState.SUCCEEDED.value


class Settled(NamedTuple):
    """A run that is settled now and was not before, and what its backfill says about it."""

    run: int
    backfill: int
    environment: str
    scheduled: bool
    admitted: bool
    since: datetime | None
    """When it was settled the last time."""


class History:
    """Writes what a settled run adds to the history of its environment."""

    def __init__(self, dialect: Dialect) -> None:
        month = ("environment", "task_id", "month", *ledger.Month._fields)
        self._put_month = upserting(tables.ledger, month, dialect)
        self._put_sample = upserting(tables.duration, ("environment", "task_id", "measured", "recent"), dialect)

    def settle(self, connection: Connection, settled: Settled) -> None:
        """Add what ended in the run after it was last settled; a cycle of no schedule has no place in the ledger."""
        changed = read_changed(connection, settled)
        endings = endings_of(changed) if settled.scheduled else {}
        measured = _measured(changed)
        for keys in in_batches(endings):
            self._add_endings(connection, settled, {key: endings[key] for key in keys})
        for tasks in in_batches(measured):
            self._add_durations(connection, settled.environment, {task: measured[task] for task in tasks})

    def _add_endings(
        self, connection: Connection, settled: Settled, endings: Mapping[TaskMonth, list[ledger.CycleEnding]]
    ) -> None:
        months = {month for _, month in endings}
        tasks = {task for task, _ in endings}
        stored = read_months(connection, settled.environment, tasks, range(min(months), max(months) + 1))
        known = {(task, month): ledger.Month(*packed) for task, month, *packed in stored}
        rows = [
            (settled.environment, *key, *ledger.with_endings(known.get(key, ledger.NOTHING), settled.backfill, new))
            for key, new in endings.items()
        ]
        self._put_month.run(connection, rows)

    def _add_durations(self, connection: Connection, environment: str, measured: Mapping[int, list[int]]) -> None:
        stored = read_samples(connection, environment, measured)
        rows = []
        for task, new in measured.items():
            count, recent = stored.get(task, (0, []))
            rows.append((environment, task, count + len(new), durations.sample_bytes(recent + new)))
        self._put_sample.run(connection, rows)


def read_samples(connection: Connection, environment: str, tasks: Iterable[int]) -> dict[int, tuple[int, list[int]]]:
    """By task: how often it was measured, and the newest milliseconds."""
    asked, keys = among(connection, _SAMPLES, tables.duration.c.task_id, list(tasks))
    found = rows_of(connection, asked, {**keys, "environment": environment})
    return {task: (measured, durations.sample_of(recent)) for task, measured, recent in found}


def read_months(
    connection: Connection, environment: str, tasks: Iterable[int], months: range
) -> Sequence[Sequence[Any]]:
    """Rows of the ledger by task and month, ascending: both, then what `ledger.Month` is made of."""
    return _read_ledger(connection, _MONTHS, environment, tasks, months)


def read_intervals(
    connection: Connection, environment: str, tasks: Iterable[int], months: range
) -> Sequence[Sequence[Any]]:
    """Task and intervals of each row of the ledger, ascending by task."""
    return _read_ledger(connection, _INTERVALS, environment, tasks, months)


def _read_ledger(
    connection: Connection, wanted: Select[Any], environment: str, tasks: Iterable[int], months: range
) -> Sequence[Sequence[Any]]:
    asked, keys = among(connection, wanted, tables.ledger.c.task_id, list(tasks))
    return rows_of(connection, asked, {**keys, "environment": environment, "first": months[0], "last": months[-1]})


def endings_of(changed: Iterable[Sequence[Any]]) -> dict[TaskMonth, list[ledger.CycleEnding]]:
    """How cycles ended, by task and month, from rows of `read_changed`."""
    endings: dict[TaskMonth, list[ledger.CycleEnding]] = defaultdict(list)
    for task, moment, byte, moved, _, ended, _ in changed:
        state = byte & STATE_MASK
        if state in ledger.ENDINGS:
            cycle = moment // SECOND
            ending = ledger.CycleEnding(cycle, state, (ended or moved) // SECOND)
            endings[task, ledger.month_of(cycle)].append(ending)
    return endings


def _measured(changed: Iterable[Sequence[Any]]) -> dict[int, list[int]]:
    """How long attempts took that succeeded, by task."""
    measured: dict[int, list[int]] = defaultdict(list)
    for task, _, byte, _, started, ended, attempt in changed:
        if byte & STATE_MASK == State.SUCCEEDED and attempt == _SUCCEEDED and started is not None:
            measured[task].append(durations.duration(started, ended))
    return measured


def read_changed(connection: Connection, settled: Settled) -> Sequence[Sequence[Any]]:
    """Instances of the run that changed since, with their last attempt; moments in stored form."""
    first, last = ids_of(settled.run)
    wanted, numbers = _changed(again=settled.since is not None), {"first": first, "last": last, "since": settled.since}
    return rows_of(connection, wanted, numbers)


@cache
def _changed(*, again: bool) -> Select[Any]:
    row, last = tables.task_instance.c, tables.attempt.c
    cycle, changed = type_coerce(row.cycle_time, BigInteger), type_coerce(row.changed_at, BigInteger)
    started, ended = type_coerce(last.started_at, BigInteger), type_coerce(last.ended_at, BigInteger)
    wanted = (
        select(row.task_id, cycle, row.byte, changed, started, ended, last.state)
        .join_from(
            tables.task_instance,
            tables.attempt,
            and_(last.instance_id == row.id, last.number == row.attempt),
            isouter=True,
        )
        .where(row.id.between(bindparam("first"), bindparam("last")))
    )
    return wanted.where(row.changed_at > bindparam("since")) if again else wanted
