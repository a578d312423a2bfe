"""The local executor keeps every executor's promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ports.executor_contract import GROUPS, ExecutorContract, Host, opened, ready, release

from backfilld.executors.local import LocalExecutor
from backfilld.executors.runner import Runner

__all__ = ["TestLocalExecutor", "ready", "release"]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with opened(lambda: LocalExecutor(Runner(tmp_path / "spool", GROUPS))) as host:
        yield host


class TestLocalExecutor(ExecutorContract):
    """The whole suite."""
