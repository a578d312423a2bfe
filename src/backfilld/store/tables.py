"""The rows. These classes name tables and columns inside this room and never leave it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, Table, Text, text
from sqlmodel import Field, SQLModel

from backfilld.store.columns import KEY, Moment


def _id(kind: Any = KEY, **more: Any) -> Any:
    """A primary key, or a part of one, whose numbers we give ourselves."""
    return Field(sa_type=kind, primary_key=True, sa_column_kwargs={"autoincrement": False}, **more)


def _big(**more: Any) -> Any:
    """A number that may need 64 bits."""
    return Field(sa_type=KEY, **more)


def _text(**more: Any) -> Any:
    return Field(sa_type=Text, **more)


def _moment() -> Any:
    return Field(sa_type=Moment)


def _still_open(name: str, column: str, condition: str) -> Index:
    """An index of the few rows that are not done."""
    return Index(name, column, sqlite_where=text(condition), postgresql_where=text(condition))


def _once(name: str, condition: str) -> Index:
    """That a channel hears of such an event of a backfill once."""
    columns, where = ("backfill_id", "event", "channel"), text(condition)
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


class LeaseRow(SQLModel, table=True):
    """The one row that says who may write: its epoch, the last round recorded under it, and the next free numbers."""

    __tablename__ = "lease"
    __table_args__ = (CheckConstraint("id = 1", name="ck_lease_one_row"),)
    id: int = _id()
    epoch: int = _big()
    taken_at: datetime | None = _moment()
    round: int = _big()
    next_backfill: int = _big()
    next_run: int = _big()
    restored_at: datetime | None = _moment()


class CatalogVersionRow(SQLModel, table=True):
    """A catalog that some backfill is pinned to."""

    __tablename__ = "catalog_version"
    id: UUID = Field(primary_key=True)
    content: str = _text()
    first_used_at: datetime = _moment()


class BackfillRow(SQLModel, table=True):
    """An accepted request, with all that recomputes its plan."""

    __tablename__ = "backfill"
    __table_args__ = (
        _still_open("ix_backfill_open", "id", "done_at IS NULL"),
        Index("ix_backfill_plan_hash", "plan_hash"),
    )
    id: int = _id()
    name: str = _text()
    environment: str = _text()
    priority: int
    request: str = _text()
    resolved: str = _text()
    plan_hash: str = _text()
    catalog_version: UUID = Field(foreign_key="catalog_version.id")
    dates: str = _text()
    size: int = _big()
    left_out: bytes
    first_run: int = _big()
    accepted_at: datetime = _moment()
    done_at: datetime | None = _moment()
    outcome: str | None = _text()
    scheduled: bool = Field(sa_column_kwargs={"server_default": text("true")})
    schedule: str | None = _text()
    marks: str | None = _text()
    expired_at: datetime | None = _moment()


class AmendmentRow(SQLModel, table=True):
    """What was changed of a backfill; the runs of its added dates have the numbers from `first_run` on."""

    __tablename__ = "amendment"
    backfill_id: int = _id(foreign_key="backfill.id")
    number: int = _id(Integer)
    at: datetime = _moment()
    by: str = _text()
    body: str = _text()
    plan_hash: str = _text()
    added: str = _text()
    first_run: int | None = _big()
    to_run: int = _big()


class OperationRow(SQLModel, table=True):
    """The asynchronous part of an acceptance."""

    __tablename__ = "operation"
    __table_args__ = (_still_open("ix_operation_open", "accepted_at", "completed_at IS NULL"),)
    id: str = _text(primary_key=True)
    status: str = _text()
    backfill_id: int = _big(foreign_key="backfill.id")
    accepted_at: datetime = _moment()
    completed_at: datetime | None = _moment()
    error: str | None = _text()


class IdempotencyRow(SQLModel, table=True):
    """A caller's key and what it was used for."""

    __tablename__ = "idempotency"
    key: str = _text(primary_key=True)
    digest: str = _text()
    operation_id: str = _text(foreign_key="operation.id")
    used_at: datetime = _moment()


class RunRow(SQLModel, table=True):
    """One business date of a backfill; the counts are those of its state bytes."""

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint("number >= 0 AND number < 4294967296", name="ck_run_number"),
        Index("ix_run_backfill", "backfill_id", "number"),
        _still_open("ix_run_going", "number", "going"),
    )
    number: int = _id()
    backfill_id: int = _big(foreign_key="backfill.id")
    business_date: date
    waiting: int
    ready: int
    running: int
    succeeded: int
    failed: int
    lost: int
    skipped: int
    cancelled: int
    left_out: int
    held_back: int
    admitted_at: datetime | None = _moment()
    settled: bool
    settled_at: datetime | None = _moment()
    outcome: str | None = _text()
    default_state: int | None
    marks: str | None = _text()
    expired_at: datetime | None = _moment()
    going: bool = Field(sa_column_kwargs={"server_default": text("false")})


class RunStatesRow(SQLModel, table=True):
    """State bytes of 4,096 instances of a run; `id` is an instance's id less its low 12 bits."""

    __tablename__ = "run_states"
    id: int = _id()
    states: bytes


class TaskInstanceRow(SQLModel, table=True):
    """One task at one cycle. Its id holds the run and is the only index: lists are stretches of ids."""

    __tablename__ = "task_instance"
    id: int = _id()
    task_id: int = _big()
    cycle_time: datetime = _moment()
    byte: int
    attempt: int
    failures: int
    not_before: datetime | None = _moment()
    changed_at: datetime | None = _moment()
    marks: str | None = _text()


class AttemptRow(SQLModel, table=True):
    """One start of an instance. The primary key is the guard that no attempt is claimed twice."""

    __tablename__ = "attempt"
    __table_args__ = (
        Index("ix_attempt_uuid", "uuid", unique=True),
        _still_open("ix_attempt_open", "instance_id", "ended_at IS NULL"),
        {"sqlite_with_rowid": False},
    )
    instance_id: int = _id(foreign_key="task_instance.id")
    number: int = _id(Integer)
    uuid: bytes
    epoch: int = _big()
    state: str = _text()
    claimed_at: datetime = _moment()
    started_at: datetime | None = _moment()
    ended_at: datetime | None = _moment()
    exit_code: int | None
    output: bytes | None
    reason: str = _text()


class LedgerRow(SQLModel, table=True):
    """The last ending of every cycle of a task in one month (UTC, counted from year 0), packed by `ledger`."""

    __tablename__ = "ledger"
    environment: str = _text(primary_key=True)
    task_id: int = _id()
    month: int = _id(Integer)
    intervals: bytes
    ended: bytes
    backfills: bytes


class DurationRow(SQLModel, table=True):
    """How long a task takes in an environment: how often it was measured, and the most recent milliseconds."""

    __tablename__ = "duration"
    environment: str = _text(primary_key=True)
    task_id: int = _id()
    measured: int = _big()
    recent: bytes


class AuditRow(SQLModel, table=True):
    """An act, or a change of a backfill or its runs; each row's hash is over it and the hash before it."""

    __tablename__ = "audit"
    id: int = _id()
    at: datetime = _moment()
    by: str = _text()
    what: str = _text()
    about: str = _text()
    counts: str = _text()
    previous: str = _text()
    hash: str = _text()


class ScheduleRow(SQLModel, table=True):
    """A schedule that was ever seen; `times` are those by which it is decided up to now, none while it is missing."""

    __tablename__ = "schedule"
    name: str = _text(primary_key=True)
    times: str | None = _text()
    known_since: datetime = _moment()
    decided_until: datetime = _moment()
    paused_at: datetime | None = _moment()


class FiringRow(SQLModel, table=True):
    """What became of a schedule at a moment. The primary key is the guard that it fires once."""

    __tablename__ = "firing"
    schedule: str = _text(primary_key=True)
    moment: datetime = Field(sa_type=Moment, primary_key=True)
    by: str | None = _text()
    at: datetime = _moment()
    operation_id: str | None = _text()
    backfill_id: int | None = _big()
    refusal: str | None = _text()


class AlertRow(SQLModel, table=True):
    """A message to one channel; of all but endings a backfill has one a channel for its whole life."""

    __tablename__ = "alert"
    __table_args__ = (
        _once("ux_alert_once", "event <> 'ended'"),
        Index("ix_alert_backfill", "backfill_id", "id"),
        _still_open("ix_alert_waiting", "next_try", "settled_at IS NULL"),
    )
    id: int = _id()
    backfill_id: int = _big()
    event: str = _text()
    channel: str = _text()
    title: str = _text()
    body: str = _text()
    state: str = _text()
    created_at: datetime = _moment()
    tries: int
    next_try: datetime | None = _moment()
    settled_at: datetime | None = _moment()
    error: str = _text()


def table(row: type[SQLModel]) -> Table:
    """The table behind a row class."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


metadata = SQLModel.metadata
lease = table(LeaseRow)
catalog_version = table(CatalogVersionRow)
backfill = table(BackfillRow)
amendment = table(AmendmentRow)
operation = table(OperationRow)
idempotency = table(IdempotencyRow)
run = table(RunRow)
run_states = table(RunStatesRow)
task_instance = table(TaskInstanceRow)
attempt = table(AttemptRow)
ledger = table(LedgerRow)
duration = table(DurationRow)
audit = table(AuditRow)
alert = table(AlertRow)
schedule = table(ScheduleRow)
firing = table(FiringRow)
