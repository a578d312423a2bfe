"""A disk that is full for a while, with the state or with logs and records; judged by the tasks' ledger."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from daemon.host import NOTE, Host, asking, until
from faults.conftest import Judged
from faults.trial import Trial

from backfilld.executors.processes import processes

pytestmark = pytest.mark.long
SIZE = 24
"""MiB of the small disk."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system; who may not mount runs the tests under `unshare -rm`."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "backfilld", folder], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


class Ballast:
    """A file that takes all space."""

    def __init__(self, disk: Path) -> None:
        self._path = disk / "ballast"

    def fill(self) -> None:
        """To the last block, also what somebody gave back a moment ago."""
        with self._path.open("ab", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)):
                pass

    def drop(self) -> None:
        self._path.unlink()


def ready(host: Host) -> int:
    return host.client.get("/readyz").status_code


def test_a_full_disk_under_the_state_stops_everything_and_loses_nothing(
    tmp_path: Path, disk: Path, judged: Judged
) -> None:
    """While nothing can be recorded nothing starts and nothing is accepted; with space everything goes on by itself."""
    judged(1, "state on a full disk: answers, starts, ends; no restart")
    trial, host, ballast = Trial(dates=13), Host(tmp_path, spool_dir=str(tmp_path / "spool")), Ballast(disk)
    host.state = disk / "state"
    host.catalog(trial.tasks())
    with closing(host):
        host.start()
        backfill = trial.submit(host)
        until(lambda: len(host.lines()) > 40)
        until(lambda: ballast.fill() or ready(host) == 503)
        started = len(host.lines())
        refused = host.client.post("/v1/backfills", json=asking(roots=["extract"]))
        later = len(host.lines())
        ballast.drop()
        until(lambda: ready(host) == 200)

        assert refused.status_code == 503
        assert later <= started + 4, "started before it was durable"
        trial.judge(host, backfill)
        assert [each["id"] for each in host.get("/v1/backfills")["items"]] == [backfill]


@pytest.mark.parametrize("full", ["before anything ran", "when new workers are needed"])
def test_a_full_disk_under_logs_and_records_loses_nothing(
    tmp_path: Path, disk: Path, full: str, judged: Judged
) -> None:
    """What cannot be recorded does not start, is no failure, and starts as soon as there is space again."""
    judged(1, "spool on a full disk: starts, states; no restart")
    host = Host(tmp_path, spool_dir=str(disk / "spool"), groups={"later": {"slots": 4}})
    trial, ballast = Trial(dates=13), Ballast(disk)
    host.catalog(
        [{"task": "before", "command": "true"}, *({**task, "resource_group": "later"} for task in trial.tasks())]
    )
    with closing(host):
        host.start()
        if full != "before anything ran":
            host.ended(host.submit(roots=["before"]))
        ballast.fill()
        backfill = trial.submit(host)
        until(lambda: "cannot be written" in host.told() or workers(disk, "later") == 4)
        time.sleep(2)
        ballast.fill()
        lines = len(host.lines())
        running = host.get(f"/v1/backfills/{backfill}")["counts"]["running"]
        ballast.drop()

        assert (lines, running) == (0, 4)
        trial.judge(host, backfill)


def workers(disk: Path, group: str) -> int:
    """How many workers of a group live, whether they have come to a journal or not."""
    found = 0
    for process in processes():
        with suppress(OSError):
            words = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
            found += str(disk / "spool").encode() in words and group.encode() in words
    return found


def test_a_task_that_fills_the_disk_is_told_so_by_its_own_exit_code(tmp_path: Path, disk: Path, judged: Judged) -> None:
    """Output beyond the disk is the task's own error; the others find space again once its log is cut."""
    judged(1, f"{2 * SIZE} MiB of output on {SIZE} MiB")
    host = Host(tmp_path, spool_dir=str(disk / "spool"))
    writes = f"{NOTE}; head -c {2 * SIZE << 20} /dev/zero"
    host.catalog(
        [
            {"task": "writes", "command": writes, "log_limit": 2**30},
            {"task": "after", "command": NOTE, "cron": "1 0 * * *"},
        ]
    )
    with closing(host):
        host.start()
        full = host.submit(roots=["writes"])
        assert host.ended(full)["status"] == "failed"
        assert host.one(full, "writes")["attempts"][0]["exit_code"] == 1
        log = next((disk / "spool").glob("*.out"))
        log.unlink()
        assert host.ended(host.submit(roots=["after"]))["status"] == "succeeded"
