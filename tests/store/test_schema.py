"""A migrated database has the form that the tables say."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from ports.store_contract import NOW
from sqlalchemy import Connection, text
from store.place import Place

from backfilld.store.tables import metadata

SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name <> 'alembic_version' ORDER BY 1, 2"
POSTGRESQL = """
    SELECT 'column', table_name, column_name, data_type || is_nullable || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    UNION ALL SELECT 'index', tablename, indexname, indexdef
    FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
    ORDER BY 1, 2, 3
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest) -> Place:
    """Each kind of database."""
    found: Place = request.getfixturevalue(request.param)
    return found


def form(connection: Connection) -> list[tuple[str, ...]]:
    """Every table, column, index and constraint, as the database itself words it."""
    ask = SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL
    return [tuple("".join(str(part).split()).replace('"', "") for part in row) for row in connection.execute(text(ask))]


def test_a_migrated_schema_equals_the_tables(home: Place) -> None:
    """Nothing is in the tables that the migrations do not make, nor the other way round."""
    home.open().close()
    engine = home.engine()
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        migrated = form(connection)
        metadata.drop_all(connection)
        metadata.create_all(connection)
        assert form(connection) == migrated
        assert len(migrated) > len(metadata.tables)
    engine.dispose()


def test_opening_again_changes_nothing(sqlite: Place) -> None:
    """A store that is up to date is opened as it is."""
    for _ in range(2):
        store = sqlite.open()
        epoch = store.take_lease(NOW)
        store.close()
    assert epoch == 2
