"""When a run settles, its endings go to the ledger and its durations to the samples, in the same transaction.

Once a run, not once an ending: one pass over the run's rows costs the hot path a few microseconds an instance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Dialect, Select, and_, select, type_coerce

from backfilld.engine.states import STATE_MASK, State
from backfilld.store import durations, ledger, tables
from backfilld.store.columns import SECOND, ids_of
from backfilld.store.prepared import Prepared, in_batches, upserting

Months = dict[int, dict[int, ledger.Month]]
"""By task, then by month, ascending."""


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
        self._put_month = upserting(tables.ledger, ("environment", "task_id", "month", "intervals", "ended"), dialect)
        self._put_sample = upserting(tables.duration, ("environment", "task_id", "measured", "recent"), dialect)

    def settle(self, connection: Connection, settled: Settled) -> None:
        """Add what ended in the run after it was last settled; a cycle of no schedule has no place in the ledger."""
        endings: dict[int, list[ledger.Ending]] = defaultdict(list)
        measured: dict[int, list[int]] = defaultdict(list)
        for task, cycle, byte, changed, started, ended in connection.execute(_changed(settled)).all():
            state = byte & STATE_MASK
            if state in ledger.ENDINGS and settled.scheduled:
                endings[task].append(ledger.Ending(cycle // SECOND, state, (ended or changed) // SECOND))
            if state == State.SUCCEEDED and started is not None:
                measured[task].append(durations.duration(started, ended))
        for tasks in in_batches(endings):
            _add_endings(connection, self._put_month, settled, {task: endings[task] for task in tasks})
        for tasks in in_batches(measured):
            _add_durations(connection, self._put_sample, settled.environment, {task: measured[task] for task in tasks})


def read_samples(connection: Connection, environment: str, tasks: Iterable[int]) -> dict[int, tuple[int, list[int]]]:
    """By task: how often it was measured, and the newest milliseconds."""
    row = tables.duration.c
    wanted = select(row.task_id, row.measured, row.recent).where(row.environment == environment, row.task_id.in_(tasks))
    return {
        task: (measured, durations.sample_of(recent)) for task, measured, recent in connection.execute(wanted).all()
    }


def read_months(connection: Connection, environment: str, tasks: Iterable[int], months: range) -> Months:
    """What is recorded of the tasks in a range of months; a task without anything is not there."""
    row = tables.ledger.c
    wanted = (
        select(row.task_id, row.month, row.intervals, row.ended)
        .where(row.environment == environment, row.task_id.in_(tasks), row.month.between(months[0], months[-1]))
        .order_by(row.task_id, row.month)
    )
    found: Months = {}
    for task, month, intervals, ended in connection.execute(wanted).all():
        found.setdefault(task, {})[month] = ledger.Month(intervals, ended)
    return found


def _add_endings(
    connection: Connection, put: Prepared, settled: Settled, endings: Mapping[int, list[ledger.Ending]]
) -> None:
    new: dict[tuple[int, int], list[ledger.Ending]] = defaultdict(list)
    for task, some in endings.items():
        for ending in some:
            new[task, ledger.month_of(ending.cycle)].append(ending)
    stored = read_months(connection, settled.environment, endings, _spanned(month for _, month in new))
    rows = [
        (settled.environment, task, month, *ledger.with_endings(_month(stored, task, month), settled.backfill, some))
        for (task, month), some in new.items()
    ]
    put.run(connection, rows)


def _spanned(months: Iterable[int]) -> range:
    known = set(months)
    return range(min(known), max(known) + 1)


def _month(stored: Months, task: int, month: int) -> ledger.Month:
    return stored.get(task, {}).get(month, ledger.NOTHING)


def _add_durations(connection: Connection, put: Prepared, environment: str, measured: Mapping[int, list[int]]) -> None:
    stored = read_samples(connection, environment, measured)
    rows = []
    for task, new in measured.items():
        count, recent = stored.get(task, (0, []))
        rows.append((environment, task, count + len(new), durations.sample_bytes(recent + new)))
    put.run(connection, rows)


def _changed(settled: Settled) -> Select[Any]:
    """Instances of the run that changed since, with their last attempt; moments in stored form."""
    row, last = tables.task_instance.c, tables.attempt.c
    cycle, changed = type_coerce(row.cycle_time, BigInteger), type_coerce(row.changed_at, BigInteger)
    started, ended = type_coerce(last.started_at, BigInteger), type_coerce(last.ended_at, BigInteger)
    wanted = (
        select(row.task_id, cycle, row.byte, changed, started, ended)
        .join_from(
            tables.task_instance,
            tables.attempt,
            and_(last.instance_id == row.id, last.number == row.attempt),
            isouter=True,
        )
        .where(row.id.between(*ids_of(settled.run)))
    )
    return wanted if settled.since is None else wanted.where(row.changed_at > settled.since)
