import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
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
    """`make demo KEEP=1`, as a stranger runs it, looks at its page, and presses Ctrl-C."""
    folder = tmp_path_factory.mktemp("january")
    with subprocess.Popen(
        [sys.executable, DEMO / "run.py"],
        env={**os.environ, "DEMO_DIR": str(folder), "KEEP": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        lines = list(until_kept(process.stdout))
        try:
            seen = followed(lines[-2].strip())
        finally:
            os.killpg(process.pid, signal.SIGINT)
        lines += process.stdout
    assert process.returncode == 0, "".join(lines)
    return Demo(folder / "out", "".join(lines), seen)


def until_kept(lines: Iterable[str]) -> Iterator[str]:
    """Up to the one after the link; where there is none the demo has failed, and its lines say why."""
    told = []
    for line in lines:
        told.append(line)
        yield line
        if line.startswith("Ctrl-C"):
            return
    raise AssertionError("".join(told))


def followed(link: str) -> tuple[int, int, int]:
    """What a browser is answered that was given this link: the page, its login, and what it asks for next."""
    address, _, token = link.partition("login#token=")
    page = {"X-Backfill-Page": "1", "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=address, trust_env=False) as browser:
        asked = browser.get("login"), browser.post("v1/session", json={"token": token}, headers=page)
        return asked[0].status_code, asked[1].status_code, browser.get("v1/backfills").status_code
