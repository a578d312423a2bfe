"""A spool that takes no new file for a while, as on a full disk: what has to be written there waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ports.executor_contract import GROUPS, Host, attempt_id, opened

from backfilld.executors.local import LocalExecutor
from backfilld.executors.retention import Retention
from backfilld.executors.runner import Runner
from backfilld.executors.spool import Spool
from backfilld.ports import Ending


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with opened(lambda: LocalExecutor(Runner(tmp_path / "spool", GROUPS))) as host:
        yield host


def test_a_launch_waits_until_its_epoch_can_be_written(host: Host, tmp_path: Path) -> None:
    """Nothing starts before the host durably knows of this boot and epoch; then it does, without being asked again."""
    hindrance = tmp_path / "spool" / "epoch.new"
    hindrance.mkdir()
    attempt = host.launch("touch", str(tmp_path / "ran"))
    early = (tmp_path / "ran").exists()
    hindrance.rmdir()

    assert not early
    assert host.end_of(attempt).exit_code == 0
    assert (tmp_path / "ran").exists()


def test_a_launch_that_waits_can_be_stopped(host: Host, tmp_path: Path) -> None:
    """A stop makes it void at once, and it stays so when the epoch can be written."""
    hindrance = tmp_path / "spool" / "epoch.new"
    hindrance.mkdir()
    attempt = host.launch("touch", str(tmp_path / "ran"))
    host.executor.stop({attempt: 0.0})
    ending = host.end_of(attempt).ending
    hindrance.rmdir()

    assert ending is Ending.VOID
    assert host.run("true").exit_code == 0
    assert not (tmp_path / "ran").exists()


def test_attempts_that_cannot_be_listed_are_listed_later(tmp_path: Path) -> None:
    """What is forgotten while the list cannot be written is kept in mind, and its records go in their time."""
    spool, attempt, now = Spool(tmp_path / "spool"), attempt_id(), [0.0]
    Path(spool.claim(attempt)).touch()
    retention = Retention(spool, lambda: now[0])
    while retention.next_step == 0:
        retention.step()
    spool.forgotten.rmdir()
    retention.forget({attempt: 0.0})
    waits = retention.next_step
    spool.forgotten.mkdir()
    retention.step()
    now[0] = 3 * 3600.0
    while retention.next_step == 0:
        retention.step()
    spool.close()

    assert waits
    assert not Path(spool.claim(attempt)).exists()
