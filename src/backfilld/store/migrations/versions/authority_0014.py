"""Which token an act was asked with: it is done no longer than that is good."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Of acts that are open nobody knows it any more: they go on, as they did before."""
    op.add_column("act", sa.Column("token_id", sa.Text(), nullable=True))
