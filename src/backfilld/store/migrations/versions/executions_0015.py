"""Executions of a workflow are counted, and paged by number, without a look at their rows, which may be large."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Nothing is lost by it."""
    op.create_index("ix_backfill_workflow", "backfill", ["project_id", "workflow_id", "id", "done_at", "outcome"])
