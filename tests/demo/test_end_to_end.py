"""`make demo`, as a stranger runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from figures import check_january

ROOT = Path(__file__).parents[2]


def test_the_daemon_runs_january_and_every_figure_is_true(tmp_path: Path) -> None:
    """1,740 instances through the real daemon: each task's files hold the figures that others have counted."""
    done = subprocess.run(
        [sys.executable, ROOT / "config" / "demo" / "run.py"],
        env={**os.environ, "DEMO_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    check_january(tmp_path / "out")
    assert "1,740" in done.stdout
    assert "27,004" in done.stdout
    assert "\x1b" not in done.stdout
