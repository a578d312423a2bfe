"""Daemon and runner as two processes: whichever is killed, what runs goes on, and what it returned is what is told."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from daemon.host import BACKFILLD, NOTE, PATIENCE, Host, alive, until

GATED = f'{NOTE}; echo hello; echo $$ > "$ledger.pid"; while [ ! -e "$ledger.go" ]; do sleep 0.05; done; exit 7'


class Runner:
    """A process of `backfilld runner`, and the next one."""

    def __init__(self, folder: Path, slots: int) -> None:
        self.socket, self._spool, self._settings = folder / "r.sock", folder / "spool", folder / "runner.toml"
        self._settings.write_text(f"[resource_groups.default]\nslots = {slots}\n")
        self._log = folder / "runner.log"

    def start(self) -> None:
        """Start one; whoever asks it waits until it answers."""
        command = [BACKFILLD, "runner", "--settings", self._settings, "--spool", self._spool, "--socket", self.socket]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def end(self, number: signal.Signals) -> int:
        """Its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    made = Runner(tmp_path, slots=4)
    made.start()
    yield made
    made.end(signal.SIGTERM)


@pytest.fixture
def host(tmp_path: Path, runner: Runner) -> Iterator[Host]:
    made = Host(tmp_path, executor="socket", runner_socket=str(runner.socket))
    yield made
    made.close()


def readiness(host: Host) -> httpx.Response:
    return host.client.get("/readyz")


def test_what_runs_outlives_both(host: Host, runner: Runner) -> None:
    """Kill both in turn: a task runs once and its exit code is told; what is new waits, and logs say for what."""
    host.catalog([{"task": "long", "command": GATED}, {"task": "short", "command": NOTE}])
    host.start()
    backfill = host.submit(roots=["long"])
    until(host.file("pid").exists)
    pid, long = int(host.file("pid").read_text()), host.one(backfill, "long")
    log = f"/v1/task_instances/{long['id']}/log"

    runner.end(signal.SIGKILL)
    until(lambda: readiness(host).status_code == 503)
    assert "the runner is away" in readiness(host).text
    assert host.client.get("/healthz").status_code == 200
    assert host.client.get(log).json()["code"] == "runner_away"
    later = host.submit(roots=["short"])
    runner.start()
    assert host.ended(later)["status"] == "succeeded"
    assert readiness(host).status_code == 200
    assert host.log(long) == b"hello\n"

    assert runner.end(signal.SIGTERM) == 0
    host.kill()
    assert alive(pid)
    host.file("go").touch()
    until(lambda: not alive(pid))
    runner.start()
    host.start()

    assert host.ended(backfill)["status"] == "failed"
    attempts = host.one(backfill, "long")["attempts"]
    assert [(each["state"], each["exit_code"]) for each in attempts] == [("failed", 7)]
    assert set(host.starts().values()) == {1}
