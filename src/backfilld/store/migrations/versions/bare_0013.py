"""Whether every date has rows is seen at one look, however many dates there are: every page of instances asks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

BARE = sa.text("admitted_at IS NULL AND expired_at IS NULL")


def upgrade() -> None:
    """Nothing is lost by it."""
    op.create_index("ix_run_bare", "run", ["number"], sqlite_where=BARE, postgresql_where=BARE)
