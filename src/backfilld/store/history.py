"""When a run settles, its endings go to the ledger and its durations to the samples, in the same transaction.

Once a run, not once an ending: one pass over the run's rows costs the hot path a few microseconds an instance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import BigInteger, Connection, Dialect, Select, and_, select, type_coerce

from backfilld.engine.states import STATE_MASK, State
from backfilld.store import ledger, tables
from backfilld.store.columns import ids_of
from backfilld.store.prepared import Prepared, upserting

TASKS_AT_ONCE = 1_000


class History:
    """Writes what a settled run adds to the history of its environment."""

    def __init__(self, dialect: Dialect) -> None:
        self._put_intervals = upserting(tables.ledger, ("environment", "task_id", "month", "intervals"), dialect)
        self._put_sample = upserting(tables.duration, ("environment", "task_id", "measured", "recent"), dialect)

    def settle(self, connection: Connection, environment: str, run: int, since: datetime | None) -> None:
        """Add what ended in the run after `since`, the last time that it was settled."""
        endings: dict[int, list[ledger.Ending]] = defaultdict(list)
        durations: dict[int, list[int]] = defaultdict(list)
        for task, cycle, byte, started, ended in connection.execute(_changed(run, since)).all():
            state = State(byte & STATE_MASK)
            if state in ledger.ENDINGS:
                endings[task].append((cycle, state))
            if state is State.SUCCEEDED and started is not None:
                durations[task].append(ledger.duration(started, ended))
        for tasks in in_batches(endings):
            _add_endings(connection, self._put_intervals, environment, {task: endings[task] for task in tasks})
        for tasks in in_batches(durations):
            _add_durations(connection, self._put_sample, environment, {task: durations[task] for task in tasks})


def in_batches(tasks: Iterable[int]) -> Iterator[list[int]]:
    """The tasks in parts that fit the parameters of one statement."""
    waiting = iter(tasks)
    while part := list(islice(waiting, TASKS_AT_ONCE)):
        yield part


def read_samples(connection: Connection, environment: str, tasks: Iterable[int]) -> dict[int, tuple[int, list[int]]]:
    """By task: how often it was measured, and the newest milliseconds."""
    row = tables.duration.c
    wanted = select(row.task_id, row.measured, row.recent).where(row.environment == environment, row.task_id.in_(tasks))
    return {task: (measured, ledger.sample_of(recent)) for task, measured, recent in connection.execute(wanted).all()}


def read_intervals(
    connection: Connection, environment: str, tasks: Iterable[int], months: Iterable[int]
) -> dict[tuple[int, int], bytes]:
    """By task and month: the recorded cycles, packed."""
    row = tables.ledger.c
    wanted = select(row.task_id, row.month, row.intervals).where(
        row.environment == environment, row.task_id.in_(tasks), row.month.in_(months)
    )
    return {(task, month): packed for task, month, packed in connection.execute(wanted).all()}


def _add_endings(
    connection: Connection, put: Prepared, environment: str, endings: Mapping[int, list[ledger.Ending]]
) -> None:
    new: dict[tuple[int, int], list[ledger.Ending]] = defaultdict(list)
    for task, some in endings.items():
        for cycle, state in some:
            new[task, ledger.month_of(cycle)].append((cycle, state))
    stored = read_intervals(connection, environment, endings, {month for _, month in new})
    rows = [(environment, *key, ledger.with_endings(stored.get(key, b""), some)) for key, some in new.items()]
    put.run(connection, rows)


def _add_durations(connection: Connection, put: Prepared, environment: str, durations: Mapping[int, list[int]]) -> None:
    stored = read_samples(connection, environment, durations)
    rows = []
    for task, new in durations.items():
        measured, recent = stored.get(task, (0, []))
        rows.append((environment, task, measured + len(new), ledger.sample_bytes(recent + new)))
    put.run(connection, rows)


def _changed(run: int, since: datetime | None) -> Select[Any]:
    """Instances of the run that changed after `since`, with their last attempt; moments in stored form."""
    row, last = tables.task_instance.c, tables.attempt.c
    started, ended = type_coerce(last.started_at, BigInteger), type_coerce(last.ended_at, BigInteger)
    wanted = (
        select(row.task_id, type_coerce(row.cycle_time, BigInteger), row.byte, started, ended)
        .join_from(
            tables.task_instance,
            tables.attempt,
            and_(last.instance_id == row.id, last.number == row.attempt),
            isouter=True,
        )
        .where(row.id.between(*ids_of(run)))
    )
    return wanted if since is None else wanted.where(row.changed_at > since)
