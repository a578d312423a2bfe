"""From rows to the words of the port, and the questions that several readers share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from backfilld.engine.asking import InstanceFacts
from backfilld.engine.marks import (
    UNMARKED,
    UNMARKED_INSTANCE,
    UNMARKED_RUN,
    BackfillMarks,
    InstanceMarks,
    RunMarks,
)
from backfilld.engine.states import AttemptState
from backfilld.planning.plan import ORDINAL_MASK, RUN_BITS
from backfilld.ports import (
    Operation,
    OperationStatus,
    StoredAmendment,
    StoredAttempt,
    StoredAudit,
    StoredBackfill,
    StoredInstance,
    StoredRun,
)
from backfilld.store import tables
from backfilld.store.columns import chunks_of, dates_of, left_out_of
from backfilld.store.marks import marks_of
from backfilld.store.recording import COUNTS

COUNTED = itemgetter(*COUNTS)
AUDIT = tuple(field.name for field in fields(StoredAudit))
AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"


def operation_of(row: AnyRow) -> Operation:
    """The row as an operation."""
    status = OperationStatus(row.status)
    return Operation(row.id, status, row.backfill_id, row.accepted_at, row.completed_at, row.error)


def backfills_of(connection: Connection, found: Iterable[AnyRow]) -> tuple[StoredBackfill, ...]:
    """The rows as backfills, with their amendments."""
    rows = list(found)
    amendments = _amendments(connection, [row.id for row in rows]) if rows else {}
    return tuple(_backfill_of(row, amendments.get(row.id, ())) for row in rows)


def _amendments(connection: Connection, backfills: Iterable[int]) -> dict[int, list[StoredAmendment]]:
    """By backfill, what was changed of it, in order; those of which nothing was are left out."""
    row = tables.amendment.c
    wanted = select(tables.amendment).where(row.backfill_id.in_(backfills)).order_by(row.backfill_id, row.number)
    found: dict[int, list[StoredAmendment]] = {}
    for each in connection.execute(wanted):
        values = {name: value for name, value in each._mapping.items() if name != "backfill_id"}
        found.setdefault(each.backfill_id, []).append(StoredAmendment(**values | {"added": dates_of(each.added)}))
    return found


def _backfill_of(row: AnyRow, amendments: Sequence[StoredAmendment]) -> StoredBackfill:
    return StoredBackfill(
        id=row.id,
        name=row.name,
        environment=row.environment,
        priority=row.priority,
        request=row.request,
        resolved=row.resolved,
        plan_hash=row.plan_hash,
        catalog_version=row.catalog_version,
        dates=dates_of(row.dates),
        size=row.size,
        left_out=left_out_of(row.left_out),
        first_run=row.first_run,
        accepted_at=row.accepted_at,
        done_at=row.done_at,
        outcome=row.outcome,
        project=row.project_id,
        workflow=row.workflow_id,
        by=row.by,
        instance_id=row.instance_id,
        scheduled=row.scheduled,
        schedule=row.schedule,
        marks=marks_of(BackfillMarks, row.marks, UNMARKED),
        amendments=tuple(amendments),
        expired_at=row.expired_at,
    )


def run_of(row: AnyRow) -> StoredRun:
    """The row as a run."""
    return StoredRun(
        number=row.number,
        backfill=row.backfill_id,
        business_date=row.business_date,
        counts=COUNTED(row._mapping),
        held_back=row.held_back,
        admitted_at=row.admitted_at,
        settled=row.settled,
        settled_at=row.settled_at,
        outcome=row.outcome,
        default=row.default_state,
        marks=marks_of(RunMarks, row.marks, UNMARKED_RUN),
        expired_at=row.expired_at,
    )


def instance_of(row: AnyRow) -> StoredInstance:
    """The row as a task instance."""
    marks = marks_of(InstanceMarks, row.marks, UNMARKED_INSTANCE)
    facts = row.byte, row.attempt, row.failures, row.not_before, row.changed_at
    return StoredInstance(row.id, row.task_id, row.cycle_time, *facts, marks)


def facts_of(row: AnyRow) -> InstanceFacts:
    """The row (id, attempt, failures, not-before, marks) as what the instance remembers."""
    instance, attempt, failures, not_before, marks = row
    read = marks_of(InstanceMarks, marks, UNMARKED_INSTANCE)
    return InstanceFacts(instance, attempt, failures, not_before, read)


def audit_of(row: AnyRow) -> StoredAudit:
    """The row as an entry of the audit."""
    return StoredAudit(*(row._mapping[name] for name in AUDIT))


def attempt_of(row: AnyRow) -> StoredAttempt:
    """The row as an attempt."""
    return StoredAttempt(
        attempt=row.uuid.hex(),
        instance=row.instance_id,
        number=row.number,
        epoch=row.epoch,
        state=AttemptState(row.state),
        claimed_at=row.claimed_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        exit_code=row.exit_code,
        output=row.output,
        reason=row.reason,
    )


def find_operation(connection: Connection, operation: str) -> Operation | None:
    """The operation, if there is one."""
    wanted = select(tables.operation).where(tables.operation.c.id == operation)
    found = connection.execute(wanted).one_or_none()
    return None if found is None else operation_of(found)


def instances_of_run() -> ColumnElement[bool]:
    """Joins a run with its instances: a stretch of ids."""
    first = tables.run.c.number * (1 << RUN_BITS)
    return tables.task_instance.c.id.between(first, first + ORDINAL_MASK)


def read_states(connection: Connection, run: int) -> bytes:
    """The run's state bytes by ordinal."""
    row = tables.run_states.c
    wanted: Select[tuple[bytes]] = select(row.states).where(row.id.between(*chunks_of(run))).order_by(row.id)
    return b"".join(connection.scalars(wanted))
