"""Bring a database to the form that this program knows."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"


def is_known(revision: str) -> bool:
    """Whether this program has heard of a revision."""
    from alembic.script import ScriptDirectory

    return revision in {each.revision for each in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def migrate(connection: Connection, revision: str = "head") -> None:
    """Run the missing revisions up to this one inside the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
