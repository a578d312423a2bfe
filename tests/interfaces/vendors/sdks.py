"""Stories told by the vendors' own clients: scripts for an environment of theirs, which print what they were given."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

PYTHON = Path(sys.prefix) / "sdks" / "bin" / "python"
NODE_MODULES = Path(__file__).parent / "node" / "node_modules"
PATIENCE = 120
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")
"""Of our environment: no proxy and no credential of somebody else reaches a client."""


def python_story(script: Path, *words: str, **environment: str) -> Any:
    """What a script prints as JSON, run with the official clients for Python; `make test` installs these."""
    if not PYTHON.exists():
        pytest.fail(f"{PYTHON} is not there: `make test` makes it from {Path(__file__).parent.name}/sdks.txt")
    return _told([str(PYTHON), "-I", str(script), *words], environment)


def node_story(script: Path, *words: str, **environment: str) -> Any:
    """The same with the official clients for Node."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("there is no Node, which these clients need: as root, apt-get install nodejs npm; then `make test`")
    if not NODE_MODULES.exists():
        pytest.fail(f"{NODE_MODULES} is not there: `make test` makes it")
    return _told([node, str(script), *words], environment)


def _told(command: Sequence[str], environment: dict[str, str]) -> Any:
    mine = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    done = subprocess.run(
        command, env=mine | environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)
