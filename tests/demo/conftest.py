import os
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "config" / "demo"
sys.path[:0] = [str(DEMO), str(Path(__file__).parent)]  # the package `demo`, and the modules beside these tests

from demo.prepare import prepare  # noqa: E402
from pipeline import Demo, Pipeline  # noqa: E402


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prepared data."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    assert prepare(folder)
    return folder


@pytest.fixture
def pipeline(data: Path, tmp_path: Path) -> Pipeline:
    """The tasks, with nothing run yet."""
    return Pipeline(data, tmp_path / "out")


@pytest.fixture(scope="session")
def january(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """`make demo`, as a stranger runs it: what it printed, and the outputs of every task of every date."""
    folder = tmp_path_factory.mktemp("january")
    done = subprocess.run(
        [sys.executable, DEMO / "run.py"],
        env={**os.environ, "DEMO_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Demo(folder / "out", done.stdout)
