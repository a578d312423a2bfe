"""What was changed of backfills after their acceptance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nothing was amended before; there is no way back, as what was amended since would be lost."""
    op.create_table(
        "amendment",
        sa.Column("backfill_id", KEY, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("plan_hash", sa.Text(), nullable=False),
        sa.Column("added", sa.Text(), nullable=False),
        sa.Column("first_run", KEY, nullable=True),
        sa.Column("to_run", KEY, nullable=False),
        sa.ForeignKeyConstraint(["backfill_id"], ["backfill.id"]),
        sa.PrimaryKeyConstraint("backfill_id", "number"),
    )
