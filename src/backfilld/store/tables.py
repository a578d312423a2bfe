"""The rows. These classes name tables and columns inside this room and never leave it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlmodel import Field, SQLModel

from backfilld.store.columns import KEY, Moment


class LeaseRow(SQLModel, table=True):
    """The one row that says who may write: its epoch, the last round recorded under it, and the next free numbers."""

    __tablename__ = "lease"
    __table_args__ = (CheckConstraint("id = 1", name="ck_lease_one_row"),)
    id: int = Field(sa_column=Column(KEY, primary_key=True, autoincrement=False))
    epoch: int = Field(sa_column=Column(KEY, nullable=False))
    taken_at: datetime | None = Field(sa_column=Column(Moment))
    round: int = Field(sa_column=Column(KEY, nullable=False))
    next_backfill: int = Field(sa_column=Column(KEY, nullable=False))
    next_run: int = Field(sa_column=Column(KEY, nullable=False))


class CatalogVersionRow(SQLModel, table=True):
    """A catalog that some backfill is pinned to."""

    __tablename__ = "catalog_version"
    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    content: str = Field(sa_column=Column(Text, nullable=False))
    first_used_at: datetime = Field(sa_column=Column(Moment, nullable=False))


class BackfillRow(SQLModel, table=True):
    """An accepted request, with all that recomputes its plan."""

    __tablename__ = "backfill"
    __table_args__ = (
        Index(
            "ix_backfill_open",
            "id",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )
    id: int = Field(sa_column=Column(KEY, primary_key=True, autoincrement=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    environment: str = Field(sa_column=Column(Text, nullable=False))
    priority: int = Field(sa_column=Column(Integer, nullable=False))
    request: str = Field(sa_column=Column(Text, nullable=False))
    resolved: str = Field(sa_column=Column(Text, nullable=False))
    plan_hash: str = Field(sa_column=Column(Text, nullable=False))
    catalog_version: UUID = Field(sa_column=Column(Uuid, ForeignKey("catalog_version.id"), nullable=False))
    dates: str = Field(sa_column=Column(Text, nullable=False))
    size: int = Field(sa_column=Column(KEY, nullable=False))
    left_out: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    first_run: int = Field(sa_column=Column(KEY, nullable=False))
    accepted_at: datetime = Field(sa_column=Column(Moment, nullable=False))
    done_at: datetime | None = Field(sa_column=Column(Moment))
    outcome: str | None = Field(sa_column=Column(Text))


class OperationRow(SQLModel, table=True):
    """The asynchronous part of an acceptance."""

    __tablename__ = "operation"
    __table_args__ = (
        Index(
            "ix_operation_open",
            "accepted_at",
            sqlite_where=text("completed_at IS NULL"),
            postgresql_where=text("completed_at IS NULL"),
        ),
    )
    id: str = Field(sa_column=Column(Text, primary_key=True))
    status: str = Field(sa_column=Column(Text, nullable=False))
    backfill_id: int = Field(sa_column=Column(KEY, ForeignKey("backfill.id"), nullable=False))
    accepted_at: datetime = Field(sa_column=Column(Moment, nullable=False))
    completed_at: datetime | None = Field(sa_column=Column(Moment))
    error: str | None = Field(sa_column=Column(Text))


class IdempotencyRow(SQLModel, table=True):
    """A caller's key and what it was used for."""

    __tablename__ = "idempotency"
    key: str = Field(sa_column=Column(Text, primary_key=True))
    digest: str = Field(sa_column=Column(Text, nullable=False))
    operation_id: str = Field(sa_column=Column(Text, ForeignKey("operation.id"), nullable=False))
    used_at: datetime = Field(sa_column=Column(Moment, nullable=False))


class RunRow(SQLModel, table=True):
    """One business date of a backfill; the counts are those of its state bytes."""

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint("number >= 0 AND number < 4294967296", name="ck_run_number"),
        Index("ix_run_backfill", "backfill_id", "number"),
    )
    number: int = Field(sa_column=Column(KEY, primary_key=True, autoincrement=False))
    backfill_id: int = Field(sa_column=Column(KEY, ForeignKey("backfill.id"), nullable=False))
    business_date: date = Field(sa_column=Column(Date, nullable=False))
    waiting: int = Field(sa_column=Column(Integer, nullable=False))
    ready: int = Field(sa_column=Column(Integer, nullable=False))
    running: int = Field(sa_column=Column(Integer, nullable=False))
    succeeded: int = Field(sa_column=Column(Integer, nullable=False))
    failed: int = Field(sa_column=Column(Integer, nullable=False))
    lost: int = Field(sa_column=Column(Integer, nullable=False))
    skipped: int = Field(sa_column=Column(Integer, nullable=False))
    cancelled: int = Field(sa_column=Column(Integer, nullable=False))
    left_out: int = Field(sa_column=Column(Integer, nullable=False))
    held_back: int = Field(sa_column=Column(Integer, nullable=False))
    admitted_at: datetime | None = Field(sa_column=Column(Moment))
    settled: bool = Field(sa_column=Column(Boolean, nullable=False))
    settled_at: datetime | None = Field(sa_column=Column(Moment))
    outcome: str | None = Field(sa_column=Column(Text))
    default_state: int | None = Field(sa_column=Column(Integer))


class RunStatesRow(SQLModel, table=True):
    """State bytes of 4,096 instances of a run; `id` is an instance's id less its low 12 bits."""

    __tablename__ = "run_states"
    id: int = Field(sa_column=Column(KEY, primary_key=True, autoincrement=False))
    states: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class TaskInstanceRow(SQLModel, table=True):
    """One task at one cycle. Its id holds the run and is the only index: lists are stretches of ids."""

    __tablename__ = "task_instance"
    id: int = Field(sa_column=Column(KEY, primary_key=True, autoincrement=False))
    task_id: int = Field(sa_column=Column(KEY, nullable=False))
    cycle_time: datetime = Field(sa_column=Column(Moment, nullable=False))
    byte: int = Field(sa_column=Column(Integer, nullable=False))
    attempt: int = Field(sa_column=Column(Integer, nullable=False))
    failures: int = Field(sa_column=Column(Integer, nullable=False))
    not_before: datetime | None = Field(sa_column=Column(Moment))
    changed_at: datetime | None = Field(sa_column=Column(Moment))


class AttemptRow(SQLModel, table=True):
    """One start of an instance. The primary key is the guard that no attempt is claimed twice."""

    __tablename__ = "attempt"
    __table_args__ = (
        Index("ix_attempt_uuid", "uuid", unique=True),
        Index(
            "ix_attempt_open",
            "instance_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        {"sqlite_with_rowid": False},
    )
    instance_id: int = Field(
        sa_column=Column(KEY, ForeignKey("task_instance.id"), primary_key=True, autoincrement=False)
    )
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    uuid: bytes = Field(sa_column=Column(LargeBinary(16), nullable=False))
    epoch: int = Field(sa_column=Column(KEY, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    claimed_at: datetime = Field(sa_column=Column(Moment, nullable=False))
    started_at: datetime | None = Field(sa_column=Column(Moment))
    ended_at: datetime | None = Field(sa_column=Column(Moment))
    exit_code: int | None = Field(sa_column=Column(Integer))
    output: bytes | None = Field(sa_column=Column(LargeBinary))
    reason: str = Field(sa_column=Column(Text, nullable=False))


class LedgerRow(SQLModel, table=True):
    """The last ending of every cycle of a task in one month (UTC, counted from year 0), as intervals of cycles."""

    __tablename__ = "ledger"
    environment: str = Field(sa_column=Column(Text, primary_key=True))
    task_id: int = Field(sa_column=Column(KEY, primary_key=True, autoincrement=False))
    month: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    intervals: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class DurationRow(SQLModel, table=True):
    """How long a task takes in an environment: how often it was measured, and the most recent milliseconds."""

    __tablename__ = "duration"
    environment: str = Field(sa_column=Column(Text, primary_key=True))
    task_id: int = Field(sa_column=Column(KEY, primary_key=True, autoincrement=False))
    measured: int = Field(sa_column=Column(KEY, nullable=False))
    recent: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


def table(row: type[SQLModel]) -> Table:
    """The table behind a row class."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


metadata = SQLModel.metadata
lease = table(LeaseRow)
catalog_version = table(CatalogVersionRow)
backfill = table(BackfillRow)
operation = table(OperationRow)
idempotency = table(IdempotencyRow)
run = table(RunRow)
run_states = table(RunStatesRow)
task_instance = table(TaskInstanceRow)
attempt = table(AttemptRow)
ledger = table(LedgerRow)
duration = table(DurationRow)
