"""The socket executor keeps every executor's promises, and what is said to a runner is lost on no way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from executors.served import Served, served
from ports.executor_contract import ExecutorContract, Host, opened, ready, release

from backfilld.executors.unix_socket import SocketExecutor

__all__ = ["TestSocketExecutor", "ready", "release"]


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as runner:
        yield runner


@pytest.fixture
def host(runner: Served) -> Iterator[Host]:
    epochs = count(1)
    with opened(lambda: SocketExecutor(runner.socket, next(epochs))) as host:
        yield host


class TestSocketExecutor(ExecutorContract):
    """The whole suite."""
