"""What is not kept any more: runs are taken from view first, their rows then go a few at a time.

Between the two nothing reads them, so a daemon that dies on the way leaves nothing half visible.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, text, update

from backfilld.planning.plan import ORDINAL_MASK, RUN_BITS, split_id
from backfilld.ports import AttemptKey
from backfilld.request.retention import Retention
from backfilld.store import rows, tables
from backfilld.store.columns import chunks_of

RUNS_AT_ONCE = 500
GOING = text("run.going")
"""In the very words of the index, which alone make SQLite use it."""
IN_DOUBT = timedelta(hours=1)
"""How long a run with an attempt that nothing has told the end of is kept, before it is looked at again."""


_RUN, _TRY, _FIRST = tables.run.c, tables.attempt.c, tables.run.c.number * (1 << RUN_BITS)
LEAVING_ATTEMPTS = (
    select(_TRY.instance_id, _TRY.number, _TRY.uuid)
    .join_from(tables.run, tables.attempt, _TRY.instance_id.between(_FIRST, _FIRST + ORDINAL_MASK))
    .where(GOING)
    .order_by(_RUN.number, _TRY.instance_id, _TRY.number)
)
LEAVING_INSTANCES = (
    select(tables.task_instance.c.id)
    .join_from(tables.run, tables.task_instance, rows.instances_of_run())
    .where(GOING)
    .order_by(_RUN.number, tables.task_instance.c.id)
)


class Due(NamedTuple):
    """Runs whose time is over, and when to look again; None: nothing of the backfill has to be kept any longer."""

    runs: list[int]
    then: datetime | None


def kept_backfills(connection: Connection) -> tuple[int, ...]:
    """Those that are done, and whose runs have not all gone."""
    row = tables.backfill.c
    wanted = select(row.id).where(row.done_at.is_not(None), row.expired_at.is_(None)).order_by(row.id)
    return tuple(connection.scalars(wanted))


def expire(connection: Connection, backfill: int, keep: Retention, now: datetime) -> datetime | None:
    """Take from view some of the runs whose time is over; when to look again, None if never."""
    row = tables.backfill.c
    of = connection.execute(select(row.done_at, row.outcome, row.expired_at).where(row.id == backfill)).one()
    if of.done_at is None or of.expired_at is not None:
        return None
    found = _due(_ends(connection, backfill, of.done_at, keep, now), of.done_at + keep.of(of.outcome), now)
    if found.runs:
        _take_from_view(connection, found.runs, now)
    if found.then is None:
        connection.execute(update(tables.backfill).where(row.id == backfill).values(expired_at=now))
    return found.then


def leaving(connection: Connection, most: int) -> Mapping[AttemptKey, str] | None:
    """Names of attempts of runs that were taken from view, some at most; None if no such run has any rows."""
    if connection.scalar(select(tables.run.c.number).where(GOING).limit(1)) is None:
        return None
    wanted = LEAVING_ATTEMPTS.limit(most)
    return {(instance, number): uuid.hex() for instance, number, uuid in connection.execute(wanted)}


def sweep(connection: Connection, attempts: Collection[AttemptKey], most: int) -> None:
    """Delete the rows of these attempts; where there are none, some instances, and the last ones close their runs."""
    if attempts:
        row = tables.attempt.c
        each = delete(tables.attempt).where(row.instance_id == bindparam("instance"), row.number == bindparam("try"))
        connection.execute(each, [{"instance": instance, "try": number} for instance, number in attempts])
        return
    instances = list(connection.scalars(LEAVING_INSTANCES.limit(most)))
    connection.execute(delete(tables.task_instance).where(tables.task_instance.c.id.in_(instances)))
    if len(instances) < most:
        connection.execute(update(tables.run).where(GOING).values(going=False))


def _due(ends: Mapping[int, datetime], end: datetime, now: datetime) -> Due:
    """Of runs by the moment that each is kept until; the backfill itself is kept until `end`."""
    over = [run for run, until in ends.items() if until <= now]
    later = [until for until in (*ends.values(), end) if until > now]
    return Due(over[:RUNS_AT_ONCE], now if len(over) > RUNS_AT_ONCE else min(later, default=None))


def _ends(
    connection: Connection, backfill: int, done_at: datetime, keep: Retention, now: datetime
) -> dict[int, datetime]:
    """Until when each run is kept that is in view; one that never settled counts from the backfill's end."""
    row, in_doubt = tables.run.c, _in_doubt(connection)
    wanted = select(row.number, row.settled, row.settled_at, row.outcome).where(row.backfill_id == backfill)
    ends = {}
    for run in connection.execute(wanted.where(row.expired_at.is_(None)).order_by(row.number)):
        settled_at = run.settled_at if run.settled and run.settled_at else done_at
        until = settled_at + keep.of(run.outcome)
        ends[run.number] = max(until, now + IN_DOUBT) if run.number in in_doubt else until
    return ends


def _take_from_view(connection: Connection, runs: Sequence[int], now: datetime) -> None:
    """They keep their counts and their outcome."""
    row, states = tables.run.c, tables.run_states
    connection.execute(update(tables.run).where(row.number.in_(runs)).values(expired_at=now, going=True))
    between = delete(states).where(states.c.id.between(bindparam("first"), bindparam("last")))
    connection.execute(between, [dict(zip(("first", "last"), chunks_of(run), strict=True)) for run in runs])


def _in_doubt(connection: Connection) -> set[int]:
    """Runs with attempts that are open, whatever became of their instances."""
    row = tables.attempt.c
    wanted = select(row.instance_id).where(row.ended_at.is_(None))
    return {split_id(instance)[0] for instance in connection.scalars(wanted)}
