"""The rows of the work itself: backfills, runs, task instances and attempts, and what was recorded of cycles."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, text
from sqlmodel import Field, SQLModel

from backfilld.store import fields


class LeaseRow(SQLModel, table=True):
    """The one row that says who may write: its epoch, the last round recorded under it, and the next free numbers."""

    __tablename__ = "lease"
    __table_args__ = (CheckConstraint("id = 1", name="ck_lease_one_row"),)
    id: int = fields.key()
    epoch: int = fields.big()
    taken_at: datetime | None = fields.moment()
    round: int = fields.big()
    next_backfill: int = fields.big()
    next_run: int = fields.big()
    restored_at: datetime | None = fields.moment()


class CatalogVersionRow(SQLModel, table=True):
    """A catalog that some backfill is pinned to."""

    __tablename__ = "catalog_version"
    id: UUID = Field(primary_key=True)
    content: str = fields.text()
    first_used_at: datetime = fields.moment()


class BackfillRow(SQLModel, table=True):
    """An accepted request, with all that recomputes its plan."""

    __tablename__ = "backfill"
    __table_args__ = (
        fields.still_open("ix_backfill_open", "id", "done_at IS NULL"),
        Index("ix_backfill_plan_hash", "plan_hash"),
        Index("ix_backfill_project", "project_id", "id"),
        Index("ix_backfill_workflow", "project_id", "workflow_id", "id", "done_at", "outcome"),
        fields.named_once("ux_backfill_instance_id", "instance_id", "project_id"),
    )
    id: int = fields.key()
    name: str = fields.text()
    environment: str = fields.text()
    priority: int
    request: str = fields.text()
    resolved: str = fields.text()
    plan_hash: str = fields.text()
    catalog_version: UUID = Field(foreign_key="catalog_version.id")
    dates: str = fields.text()
    size: int = fields.big()
    left_out: bytes
    first_run: int = fields.big()
    accepted_at: datetime = fields.moment()
    done_at: datetime | None = fields.moment()
    outcome: str | None = fields.text()
    scheduled: bool = Field(sa_column_kwargs={"server_default": text("true")})
    schedule: str | None = fields.text()
    marks: str | None = fields.text()
    expired_at: datetime | None = fields.moment()
    project_id: int = fields.big(sa_column_kwargs={"server_default": text("0")})
    workflow_id: int | None = fields.big()
    by: str = fields.text(sa_column_kwargs={"server_default": text("'local'")})
    tags: str | None = fields.text()
    instance_id: str | None = fields.text()


class AmendmentRow(SQLModel, table=True):
    """What was changed of a backfill; the runs of its added dates have the numbers from `first_run` on."""

    __tablename__ = "amendment"
    backfill_id: int = fields.key(foreign_key="backfill.id")
    number: int = fields.key(Integer)
    at: datetime = fields.moment()
    by: str = fields.text()
    body: str = fields.text()
    plan_hash: str = fields.text()
    added: str = fields.text()
    first_run: int | None = fields.big()
    to_run: int = fields.big()


class OperationRow(SQLModel, table=True):
    """The asynchronous part of an acceptance."""

    __tablename__ = "operation"
    __table_args__ = (
        fields.still_open("ix_operation_open", "accepted_at", "completed_at IS NULL"),
        Index("ix_operation_backfill", "backfill_id"),
    )
    id: str = fields.text(primary_key=True)
    status: str = fields.text()
    backfill_id: int = fields.big(foreign_key="backfill.id")
    accepted_at: datetime = fields.moment()
    completed_at: datetime | None = fields.moment()
    error: str | None = fields.text()


class RunRow(SQLModel, table=True):
    """One business date of a backfill; the counts are those of its state bytes."""

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint("number >= 0 AND number < 4294967296", name="ck_run_number"),
        Index("ix_run_backfill", "backfill_id", "number"),
        fields.still_open("ix_run_going", "number", "going"),
        fields.still_open("ix_run_bare", "number", "admitted_at IS NULL AND expired_at IS NULL"),
    )
    number: int = fields.key()
    backfill_id: int = fields.big(foreign_key="backfill.id")
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
    admitted_at: datetime | None = fields.moment()
    settled: bool
    settled_at: datetime | None = fields.moment()
    outcome: str | None = fields.text()
    default_state: int | None
    marks: str | None = fields.text()
    expired_at: datetime | None = fields.moment()
    going: bool = Field(sa_column_kwargs={"server_default": text("false")})


class RunStatesRow(SQLModel, table=True):
    """State bytes of 4,096 instances of a run; `id` is an instance's id less its low 12 bits."""

    __tablename__ = "run_states"
    id: int = fields.key()
    states: bytes


class TaskInstanceRow(SQLModel, table=True):
    """One task at one cycle. Its id holds the run and is the only index: lists are stretches of ids."""

    __tablename__ = "task_instance"
    id: int = fields.key()
    task_id: int = fields.big()
    cycle_time: datetime = fields.moment()
    byte: int
    attempt: int
    failures: int
    not_before: datetime | None = fields.moment()
    changed_at: datetime | None = fields.moment()
    marks: str | None = fields.text()


class AttemptRow(SQLModel, table=True):
    """One start of an instance. The primary key is the guard that no attempt is claimed twice."""

    __tablename__ = "attempt"
    __table_args__ = (
        Index("ix_attempt_uuid", "uuid", unique=True),
        fields.still_open("ix_attempt_open", "instance_id", "ended_at IS NULL"),
        {"sqlite_with_rowid": False},
    )
    instance_id: int = fields.key(foreign_key="task_instance.id")
    number: int = fields.key(Integer)
    uuid: bytes
    epoch: int = fields.big()
    state: str = fields.text()
    claimed_at: datetime = fields.moment()
    started_at: datetime | None = fields.moment()
    ended_at: datetime | None = fields.moment()
    exit_code: int | None
    output: bytes | None
    reason: str = fields.text()


class LedgerRow(SQLModel, table=True):
    """The last ending of every cycle of a task in one month (UTC, counted from year 0), packed by `ledger`."""

    __tablename__ = "ledger"
    environment: str = fields.text(primary_key=True)
    task_id: int = fields.key()
    month: int = fields.key(Integer)
    intervals: bytes
    ended: bytes
    backfills: bytes


class DurationRow(SQLModel, table=True):
    """How long a task takes in an environment: how often it was measured, and the most recent milliseconds."""

    __tablename__ = "duration"
    environment: str = fields.text(primary_key=True)
    task_id: int = fields.key()
    measured: int = fields.big()
    recent: bytes
