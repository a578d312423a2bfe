import sys
from datetime import date
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "config" / "demo"
sys.path[:0] = [str(DEMO), str(Path(__file__).parent)]  # the package `demo`, and the modules beside these tests

from demo.prepare import prepare  # noqa: E402
from pipeline import Pipeline  # noqa: E402


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
def january(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The outputs of January, every task of every date."""
    whole = Pipeline(data, tmp_path_factory.mktemp("january"))
    for day in range(1, 32):
        whole.run(date(2013, 1, day))
    return whole.out
