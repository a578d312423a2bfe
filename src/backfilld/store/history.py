"""When a run settles, its endings go to the ledger and its durations to the samples, in the same transaction.

Once a run, not once an ending: one pass over the run's rows costs the hot path a few microseconds an instance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

from sqlalchemy import BigInteger, Connection, Dialect, select, type_coerce

from backfilld.engine.states import STATE_MASK, AttemptState, State
from backfilld.planning.plan import InstanceId
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
        task_of: dict[InstanceId, int] = {}
        for instance, task, cycle, byte in _changed_instances(connection, run, since):
            task_of[instance] = task
            if (state := State(byte & STATE_MASK)) in ledger.ENDINGS:
                endings[task].append((cycle, state))
        durations: dict[int, list[int]] = defaultdict(list)
        for instance, milliseconds in _durations(connection, run, since):
            durations[task_of[instance]].append(milliseconds)
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
) -> dict[tuple[int, int], str]:
    """By task and month: the recorded cycles as text."""
    row = tables.ledger.c
    wanted = select(row.task_id, row.month, row.intervals).where(
        row.environment == environment, row.task_id.in_(tasks), row.month.in_(months)
    )
    return {(task, month): text for task, month, text in connection.execute(wanted).all()}


def _add_endings(
    connection: Connection, put: Prepared, environment: str, endings: Mapping[int, list[ledger.Ending]]
) -> None:
    new: dict[tuple[int, int], list[ledger.Ending]] = defaultdict(list)
    for task, some in endings.items():
        for cycle, state in some:
            new[task, ledger.month_of(cycle)].append((cycle, state))
    stored = read_intervals(connection, environment, endings, {month for _, month in new})
    rows = [(environment, *key, ledger.with_endings(stored.get(key, "[]"), some)) for key, some in new.items()]
    put.run(connection, rows)


def _add_durations(connection: Connection, put: Prepared, environment: str, durations: Mapping[int, list[int]]) -> None:
    stored = read_samples(connection, environment, durations)
    rows = []
    for task, new in durations.items():
        measured, recent = stored.get(task, (0, []))
        rows.append((environment, task, measured + len(new), ledger.sample_text(recent + new)))
    put.run(connection, rows)


def _changed_instances(
    connection: Connection, run: int, since: datetime | None
) -> Iterator[tuple[InstanceId, int, int, int]]:
    row = tables.task_instance.c
    wanted = select(row.id, row.task_id, type_coerce(row.cycle_time, BigInteger), row.byte).where(
        row.id.between(*ids_of(run))
    )
    if since is not None:
        wanted = wanted.where(row.changed_at > since)
    yield from connection.execute(wanted).tuples().all()


def _durations(connection: Connection, run: int, since: datetime | None) -> Iterator[tuple[InstanceId, int]]:
    """Milliseconds of successful attempts, in the order of their ending."""
    row = tables.attempt.c
    ended, started = type_coerce(row.ended_at, BigInteger), type_coerce(row.started_at, BigInteger)
    wanted = (
        select(row.instance_id, (ended - started) / 1000)
        .where(row.instance_id.between(*ids_of(run)), row.state == AttemptState.SUCCEEDED.value)
        .where(row.started_at.is_not(None))
        .order_by(row.ended_at)
    )
    if since is not None:
        wanted = wanted.where(row.ended_at > since)
    for instance, milliseconds in connection.execute(wanted).all():
        yield instance, int(milliseconds)
