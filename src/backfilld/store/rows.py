"""From rows to the words of the port, and the questions that several readers share.

Rows of which a page has many are unpacked in the order of their table's columns: to ask a row for one by its name
costs as much as to read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, select

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
    AttemptTimes,
    Operation,
    OperationStatus,
    StoredAmendment,
    StoredAttempt,
    StoredAudit,
    StoredBackfill,
    StoredInstance,
    StoredRun,
)
from backfilld.store import lookups, tables
from backfilld.store.among import among
from backfilld.store.columns import chunks_of, dates_of, left_out_of
from backfilld.store.marks import marks_of
from backfilld.store.packed import rows_of
from backfilld.store.recording import COUNTS

AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"


def operation_of(row: Sequence[Any]) -> Operation:
    """The row as an operation."""
    operation, status, *facts = row
    return Operation(operation, OperationStatus(status), *facts)


def backfills_of(connection: Connection, found: Iterable[Sequence[Any]]) -> tuple[StoredBackfill, ...]:
    """The rows as backfills, with their amendments."""
    rows = list(found)
    amendments = _amendments(connection, [row[0] for row in rows]) if rows else {}
    return tuple(_backfill_of(row, amendments.get(row[0], ())) for row in rows)


def _amendments(connection: Connection, backfills: Sequence[int]) -> dict[int, list[StoredAmendment]]:
    """By backfill, what was changed of it, in order; those of which nothing was are left out."""
    found: dict[int, list[StoredAmendment]] = {}
    asked = among(connection, lookups.AMENDMENTS, tables.amendment.c.backfill_id, backfills)
    for backfill, number, at, by, body, plan_hash, added, *runs in rows_of(connection, *asked):
        made = StoredAmendment(number, at, by, body, plan_hash, dates_of(added), *runs)
        found.setdefault(backfill, []).append(made)
    return found


def _backfill_of(row: Sequence[Any], amendments: Sequence[StoredAmendment]) -> StoredBackfill:
    number, name, environment, priority, request, resolved, plan_hash, version, dates, size, left_out, *more = row
    first_run, accepted_at, done_at, outcome, scheduled, schedule, marks, expired_at, *whose = more
    project, workflow, by, _, instance_id = whose
    return StoredBackfill(
        id=number,
        name=name,
        environment=environment,
        priority=priority,
        request=request,
        resolved=resolved,
        plan_hash=plan_hash,
        catalog_version=version,
        dates=dates_of(dates),
        size=size,
        left_out=left_out_of(left_out),
        first_run=first_run,
        accepted_at=accepted_at,
        done_at=done_at,
        outcome=outcome,
        project=project,
        workflow=workflow,
        by=by,
        instance_id=instance_id,
        scheduled=scheduled,
        schedule=schedule,
        marks=marks_of(BackfillMarks, marks, UNMARKED),
        amendments=tuple(amendments),
        expired_at=expired_at,
    )


def run_of(row: Sequence[Any]) -> StoredRun:
    """The row as a run."""
    number, backfill, day, *counted = row
    counts, facts = tuple(counted[: len(COUNTS)]), counted[len(COUNTS) :]
    held_back, admitted_at, settled, settled_at, outcome, default, marks, expired_at, _ = facts
    ends = settled, settled_at, outcome, default
    read = marks_of(RunMarks, marks, UNMARKED_RUN)
    return StoredRun(number, backfill, day, counts, held_back, admitted_at, *ends, read, expired_at)


def instance_of(row: Sequence[Any]) -> StoredInstance:
    """The row as a task instance."""
    instance, task, cycle, byte, attempt, failures, not_before, changed_at, marks = row
    read = marks_of(InstanceMarks, marks, UNMARKED_INSTANCE)
    return StoredInstance(instance, task, cycle, byte, attempt, failures, not_before, changed_at, read)


def facts_of(row: Sequence[Any]) -> InstanceFacts:
    """The row (id, attempt, failures, not-before, marks) as what the instance remembers."""
    instance, attempt, failures, not_before, marks = row
    read = marks_of(InstanceMarks, marks, UNMARKED_INSTANCE)
    return InstanceFacts(instance, attempt, failures, not_before, read)


def audit_of(row: Sequence[Any]) -> StoredAudit:
    """The row as an entry of the audit."""
    *facts, _ = row
    return StoredAudit(*facts)


def attempt_of(row: Sequence[Any]) -> StoredAttempt:
    """The row as an attempt."""
    instance, number, uuid, epoch, state, *facts = row
    claimed_at, started_at, ended_at, exit_code, output, reason = facts
    ends = claimed_at, started_at, ended_at, exit_code, output, reason
    return StoredAttempt(uuid.hex(), instance, number, epoch, AttemptState(state), *ends)


def times_of(row: Sequence[Any]) -> AttemptTimes:
    """The times of the attempt of a row that begins with its instance."""
    _, number, state, *times = row
    return AttemptTimes(number, AttemptState(state), *times)


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
    first, last = chunks_of(run)
    return b"".join(connection.scalars(lookups.STATES, {"first": first, "last": last}))
