"""From a judged request to rows: numbers are given at acceptance, the rows of runs follow under the operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, insert, select, update

from backfilld.errors import AlreadyExists, PlanTooLarge
from backfilld.ports import NewBackfill, Operation, OperationStatus, StoredBackfill, StoredFiring
from backfilld.store import audit, keys, scheduling, tables
from backfilld.store.columns import dates_text, left_out_bytes, tags_text
from backfilld.store.marks import marks_text
from backfilld.store.recording import COUNTS
from backfilld.store.rows import find_operation

AS_THEY_ARE = (
    "name",
    "environment",
    "priority",
    "request",
    "resolved",
    "plan_hash",
    "catalog_version",
    "size",
    "by",
    "scheduled",
    "instance_id",
)
"""Fields of a backfill that are columns."""
NUMBERS_EVER = 1 << 32
"""Ids of instances have 32 bits for their run, the ledger has as many for a backfill."""
RUNS_AT_ONCE = 5_000
"""Run rows a transaction: the ticker waits no longer than for these."""


def _known(connection: Connection, new: Sequence[NewBackfill]) -> tuple[Operation, ...]:
    """What was accepted before as these operations, under this key, or for this firing; nothing if nothing was."""
    first, names = new[0], tuple(each.operation for each in new)
    if find_operation(connection, first.operation) is None:
        fired = scheduling.find_fired(connection, first.firing) if first.firing else None
        used = keys.find_used(connection, first.idempotency) if first.idempotency else None
        names = (fired.operation,) if fired and fired.operation else used.operations if used else ()
    return tuple(found for name in names if (found := find_operation(connection, name)))


def accept(connection: Connection, new: Sequence[NewBackfill], now: datetime) -> tuple[Operation, ...]:
    """All of these or none, or what was accepted before; they are asked for together, so under one key."""
    if found := _known(connection, new):
        return found
    refuse_taken(connection, new)
    operations = tuple(_insert_backfill(connection, each, now) for each in new)
    if key := new[0].idempotency:
        keys.remember(connection, key, now, [operation.id for operation in operations])
    return operations


def refuse_taken(connection: Connection, new: Iterable[NewBackfill]) -> None:
    """Raise `AlreadyExists` with every instance id that a backfill of the same project has."""
    asked = [each for each in new if each.instance_id is not None]
    row = tables.backfill.c
    taken = select(row.project_id, row.instance_id).where(row.instance_id.in_([each.instance_id for each in asked]))
    found = set(map(tuple, connection.execute(taken))) if asked else set()
    if known := [str(each.instance_id) for each in asked if (each.project, each.instance_id) in found]:
        raise AlreadyExists(known)


def _insert_backfill(connection: Connection, new: NewBackfill, now: datetime) -> Operation:
    """The backfill, its operation and, when it is new, its catalog version."""
    backfill, first_run = _take_number(connection), take_runs(connection, len(new.dates))
    keep_catalog(connection, new.catalog_version, new.catalog_content, now)
    connection.execute(insert(tables.backfill), _backfill_values(new, backfill, first_run, now))
    operation = Operation(new.operation, OperationStatus.PENDING, backfill, now)
    connection.execute(
        insert(tables.operation),
        {"id": operation.id, "status": operation.status.value, "backfill_id": backfill, "accepted_at": now},
    )
    about = {"backfill": backfill, **audit.origin(new.address)}
    audit.append(connection, [audit.entry(new.by, "accepted", about)], now)
    if new.firing is not None:
        scheduling.insert_firing(connection, StoredFiring(new.firing, now, operation.id, backfill, None))
    return operation


def keep_catalog(connection: Connection, version: UUID, content: str, now: datetime) -> None:
    """The catalog version, when it is new."""
    row = tables.catalog_version.c
    if connection.scalar(select(row.id).where(row.id == version)) is None:
        values = {"id": version, "content": content, "first_used_at": now}
        connection.execute(insert(tables.catalog_version), values)


def run_parts(backfill: StoredBackfill) -> Iterator[Mapping[int, date]]:
    """The backfill's run numbers with their dates, in parts for one transaction each."""
    numbered = iter(zip(backfill.runs, backfill.dates, strict=True))
    while part := dict(islice(numbered, RUNS_AT_ONCE)):
        yield part


def insert_runs(connection: Connection, backfill: int, runs: Mapping[int, date]) -> None:
    """The rows of these runs; those that an earlier try made stay as they are."""
    row = tables.run.c
    made = set(connection.scalars(select(row.number).where(row.number.between(min(runs), max(runs)))))
    empty: dict[str, Any] = dict.fromkeys((*COUNTS, "held_back"), 0) | {"backfill_id": backfill, "settled": False}
    missing = [{"number": number, "business_date": day} | empty for number, day in runs.items() if number not in made]
    if missing:
        connection.execute(insert(tables.run), missing)


def end_operation(connection: Connection, operation: str, now: datetime, error: str | None = None) -> bool:
    """Completed, or failed with `error`; False if it has ended before, which stays so."""
    status = OperationStatus.COMPLETED if error is None else OperationStatus.FAILED
    row = tables.operation.c
    ended = connection.execute(
        update(tables.operation)
        .where(row.id == operation, row.completed_at.is_(None))
        .values(status=status.value, completed_at=now, error=error)
    )
    return ended.rowcount == 1


def abandon(connection: Connection, backfill: int, now: datetime) -> None:
    """Its acceptance failed: the backfill is done without having run."""
    row = tables.backfill.c
    connection.execute(update(tables.backfill).where(row.id == backfill).values(done_at=now, outcome="failed"))


def take_runs(connection: Connection, runs: int) -> int:
    """The first of so many run numbers; none is ever given again."""
    return _take(connection, "runs", tables.lease.c.next_run, runs)


def _take_number(connection: Connection) -> int:
    """The next backfill's id."""
    return _take(connection, "backfills", tables.lease.c.next_backfill, 1)


def _take(connection: Connection, what: str, counter: Column[Any], numbers: int) -> int:
    first: int = connection.execute(select(counter)).scalar_one()
    if first + numbers > NUMBERS_EVER:
        raise PlanTooLarge(f"{what}, with all that were ever accepted,", first + numbers, NUMBERS_EVER)
    connection.execute(update(tables.lease).values({counter: first + numbers}))
    return first


def _backfill_values(new: NewBackfill, backfill: int, first_run: int, now: datetime) -> dict[str, Any]:
    return {name: getattr(new, name) for name in AS_THEY_ARE} | {
        "id": backfill,
        "dates": dates_text(new.dates),
        "left_out": left_out_bytes(new.left_out),
        "marks": marks_text(new.marks),
        "schedule": new.firing.schedule if new.firing else None,
        "project_id": new.project,
        "tags": tags_text(new.tags),
        "workflow_id": new.workflow,
        "first_run": first_run,
        "accepted_at": now,
    }
