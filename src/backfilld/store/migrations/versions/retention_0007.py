"""What has gone by its retention, which runs have rows that are still to be deleted; and whether this is a backup."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Everything was kept before; there is no way back, as what has gone could not be told from what never was."""
    for table in ("backfill", "run"):
        op.add_column(table, sa.Column("expired_at", sa.BigInteger(), nullable=True))
    op.add_column("run", sa.Column("going", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("lease", sa.Column("restored_at", sa.BigInteger(), nullable=True))
    op.create_index("ix_run_going", "run", ["number"], sqlite_where=sa.text("going"), postgresql_where=sa.text("going"))
