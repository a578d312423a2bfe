"""Messages on their way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ONCE = sa.text("event <> 'ended'")
WAITING = sa.text("settled_at IS NULL")


def upgrade() -> None:
    """Nobody was told anything before; there is no way back, as what waits would be lost."""
    op.create_table(
        "alert",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("backfill_id", KEY, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ux_alert_once",
        "alert",
        ["backfill_id", "event", "channel"],
        unique=True,
        sqlite_where=ONCE,
        postgresql_where=ONCE,
    )
    op.create_index("ix_alert_backfill", "alert", ["backfill_id", "id"])
    op.create_index("ix_alert_waiting", "alert", ["next_try"], sqlite_where=WAITING, postgresql_where=WAITING)
