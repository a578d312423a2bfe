"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()


def upgrade() -> None:
    """Make them; there is no way back, as what a later program wrote would be lost."""
    _lease()
    _catalog_versions()
    _backfills()
    _operations()
    _keys()
    _runs()
    _run_states()
    _task_instances()
    _attempts()
    _ledger()
    _durations()


def _lease() -> None:
    """Who may write."""
    table = op.create_table(
        "lease",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("epoch", KEY, nullable=False),
        sa.Column("taken_at", MOMENT, nullable=True),
        sa.Column("round", KEY, nullable=False),
        sa.Column("next_backfill", KEY, nullable=False),
        sa.Column("next_run", KEY, nullable=False),
        sa.CheckConstraint("id = 1", name="ck_lease_one_row"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(table, [{"id": 1, "epoch": 0, "round": 0, "next_backfill": 1, "next_run": 1}])


def _catalog_versions() -> None:
    """Catalogs that backfills are pinned to."""
    op.create_table(
        "catalog_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("first_used_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _backfills() -> None:
    """What was asked."""
    op.create_table(
        "backfill",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("resolved", sa.Text(), nullable=False),
        sa.Column("plan_hash", sa.Text(), nullable=False),
        sa.Column("catalog_version", sa.Uuid(), nullable=False),
        sa.Column("dates", sa.Text(), nullable=False),
        sa.Column("size", KEY, nullable=False),
        sa.Column("left_out", sa.LargeBinary(), nullable=False),
        sa.Column("first_run", KEY, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["catalog_version"], ["catalog_version.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    _index_open("ix_backfill_open", "backfill", "id", sa.text("done_at IS NULL"))


def _operations() -> None:
    """How far its acceptance is."""
    op.create_table(
        "operation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("backfill_id", KEY, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=False),
        sa.Column("completed_at", MOMENT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["backfill_id"], ["backfill.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    _index_open("ix_operation_open", "operation", "accepted_at", sa.text("completed_at IS NULL"))


def _keys() -> None:
    """Callers' own words for requests."""
    op.create_table(
        "idempotency",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["operation_id"], ["operation.id"]),
        sa.PrimaryKeyConstraint("key"),
    )


def _runs() -> None:
    """What runs, by date."""
    op.create_table(
        "run",
        sa.Column("number", KEY, autoincrement=False, nullable=False),
        sa.Column("backfill_id", KEY, nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("ready", sa.Integer(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("succeeded", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("held_back", sa.Integer(), nullable=False),
        sa.Column("admitted_at", MOMENT, nullable=True),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("default_state", sa.Integer(), nullable=True),
        sa.CheckConstraint("number >= 0 AND number < 4294967296", name="ck_run_number"),
        sa.ForeignKeyConstraint(["backfill_id"], ["backfill.id"]),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_run_backfill", "run", ["backfill_id", "number"], unique=False)


def _run_states() -> None:
    """A byte an instance."""
    op.create_table(
        "run_states",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("states", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _task_instances() -> None:
    """What runs, by instance."""
    op.create_table(
        "task_instance",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("task_id", KEY, nullable=False),
        sa.Column("cycle_time", MOMENT, nullable=False),
        sa.Column("byte", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("not_before", MOMENT, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def _attempts() -> None:
    """What ran."""
    op.create_table(
        "attempt",
        sa.Column("instance_id", KEY, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.LargeBinary(length=16), nullable=False),
        sa.Column("epoch", KEY, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claimed_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("output", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["task_instance.id"]),
        sa.PrimaryKeyConstraint("instance_id", "number"),
        sqlite_with_rowid=False,
    )
    _index_open("ix_attempt_open", "attempt", "instance_id", sa.text("ended_at IS NULL"))
    op.create_index("ix_attempt_uuid", "attempt", ["uuid"], unique=True)


def _ledger() -> None:
    """What ended how: later plans ask for it."""
    op.create_table(
        "ledger",
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("task_id", KEY, autoincrement=False, nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("intervals", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("environment", "task_id", "month"),
    )


def _durations() -> None:
    """How long it took: forecasts ask for it."""
    op.create_table(
        "duration",
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("task_id", KEY, autoincrement=False, nullable=False),
        sa.Column("measured", KEY, nullable=False),
        sa.Column("recent", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("environment", "task_id"),
    )


def _index_open(name: str, table: str, column: str, condition: sa.TextClause) -> None:
    op.create_index(name, table, [column], unique=False, sqlite_where=condition, postgresql_where=condition)
