"""Bring a database to the form that this program knows."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from backfilld.errors import Fault, InvalidSettings

MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST = "0015"
"""The last of the revisions: to read it from their files, Alembic would be imported at every start."""


def is_known(revision: str) -> bool:
    """Whether this program has heard of a revision."""
    from alembic.script import ScriptDirectory

    return revision in {each.revision for each in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def migrate(connection: Connection, revision: str = NEWEST) -> None:
    """Run the missing revisions up to this one in the connection's transaction; Alembic loads only if there are any.

    Raises `InvalidSettings` for a store of a newer program, which stays as it is.
    """
    found = _revision(connection)
    if found == revision:
        return
    if found is not None and not is_known(found):
        allowed = "a store that this program or an older one has made"
        raise InvalidSettings([Fault("database", f"a store of revision {found}", allowed)])

    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _revision(connection: Connection) -> str | None:
    """What Alembic has noted in this database, None in an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
