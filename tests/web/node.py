"""The tools of the page's build, for its checks: `python tests/web/node.py svelte-check ...` runs one in `src/web`."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

SOURCES = Path(__file__).parents[2] / "src" / "web"
PACKAGES = SOURCES / "node_modules"


@cache
def build_web() -> ModuleType:
    """The hook that builds the page: it knows where Node is, and what the page is made of."""
    spec = importlib.util.spec_from_file_location("build_web", SOURCES / "build_web.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def node() -> list[str]:
    """The command of the Node that builds the page: from PATH, else from the wheel."""
    folder: Path = build_web().node_folder() or build_web().wheel_folder()
    return [str(folder / "node")]


def run(name: str, *arguments: str) -> int:
    """Run a program of the packages, in the folder of the page's sources; its exit code."""
    program = (PACKAGES / ".bin" / name).resolve()
    return subprocess.call([*node(), str(program), *arguments], cwd=SOURCES)


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
