"""Keys belong to callers and are answered with what was answered first; callers may name what they create."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


NAMED = sa.text("instance_id IS NOT NULL")


def upgrade() -> None:
    """There is no way back: what callers have said would be lost."""
    _keys()
    op.add_column("backfill", sa.Column("instance_id", sa.Text(), nullable=True))
    columns = ["instance_id", "project_id"]
    op.create_index(
        "ux_backfill_instance_id", "backfill", columns, unique=True, sqlite_where=NAMED, postgresql_where=NAMED
    )


def _keys() -> None:
    """There was one caller; what was accepted then is known, what was answered is not."""
    op.execute("CREATE TABLE idempotency_0010 AS SELECT * FROM idempotency")  # renamed, it would keep its constraints
    op.drop_table("idempotency")
    op.create_table(
        "idempotency",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("operations", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("caller", "key"),
    )
    op.create_index("ix_idempotency_used", "idempotency", ["used_at"])
    op.execute(
        "INSERT INTO idempotency (caller, key, digest, used_at, operations) "
        "SELECT 'local', key, digest, used_at, operation_id FROM idempotency_0010"
    )
    op.drop_table("idempotency_0010")
