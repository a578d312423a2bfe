"""Acts that go on after their answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("completed_at IS NULL")


def upgrade() -> None:
    """No act went on before."""
    counts = (sa.Column(name, KEY, nullable=False) for name in ("accepted", "rejected", "no_change", "later"))
    op.create_table(
        "act",
        sa.Column("number", KEY, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("of", sa.Text(), nullable=False),
        sa.Column("project_id", KEY, nullable=True),
        sa.Column("targets", sa.LargeBinary(), nullable=False),
        sa.Column("total", KEY, nullable=False),
        sa.Column("accepted_at", sa.BigInteger(), nullable=False),
        sa.Column("decided", KEY, nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        *counts,
        sa.Column("refusals", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ux_act_id", "act", ["id"], unique=True)
    op.create_index("ix_act_open", "act", ["number"], sqlite_where=OPEN, postgresql_where=OPEN)
