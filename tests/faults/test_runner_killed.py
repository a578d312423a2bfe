"""The runner is killed, its daemon, or both: what runs is adopted, nothing starts twice; judged by the ledger."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from daemon.host import BACKFILLD, NOTE, PATIENCE, Host, alive, until
from faults.conftest import Judged, Rounds
from faults.trial import A_DATE, Trial

GATE = 'until test -e "$ledger.go"; do sleep 0.02; done'


class Runner:
    """A `backfilld runner` process on a spool of its own."""

    def __init__(self, folder: Path) -> None:
        self.socket, self._log = folder / "runner.sock", folder / "runner.log"
        self._command = (BACKFILLD, "runner", "--socket", self.socket, "--spool", folder / "spool")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """The daemon finds it by itself."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def end(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)
        self._process.wait(PATIENCE)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    made = Runner(tmp_path)
    made.start()
    yield made
    made.end(signal.SIGTERM)


@pytest.fixture
def host(tmp_path: Path, runner: Runner) -> Iterator[Host]:
    """A daemon whose tasks run in the runner's process."""
    with closing(Host(tmp_path, executor="socket", runner_socket=str(runner.socket))) as made:
        yield made


def test_a_killed_runner_leaves_tasks_running_and_the_next_one_adopts_them(host: Host, runner: Runner) -> None:
    """What runs goes on without it, a daemon sees nothing of it, and the exit code is told."""
    host.catalog([{"task": "t", "command": f'{NOTE}; echo $$ > "$ledger.pid"; {GATE}; exit 7'}])
    host.start()
    backfill = host.submit(roots=["t"])
    pid = host.file("pid")
    until(lambda: pid.exists() and pid.read_text().endswith("\n"))
    runner.end(signal.SIGKILL)
    survived = alive(int(pid.read_text()))
    host.file("go").touch()
    runner.start()

    host.ended(backfill)
    assert survived
    assert [(each["state"], each["exit_code"]) for each in host.one(backfill, "t")["attempts"]] == [("failed", 7)]
    assert set(host.starts().values()) == {1}


def test_runner_and_daemon_killed_at_random_points_start_nothing_twice(
    host: Host, runner: Runner, rounds: Rounds, judged: Judged
) -> None:
    """SIGKILL or SIGTERM of the runner, now and then of the daemon too: the end is that of an undisturbed run."""
    trial, kills, dice = Trial(dates=rounds(3, 100)), rounds(3, 60), random.Random(20240229)
    judged(kills, f"ends of the runner, every third of the daemon too, over {trial.dates * A_DATE} instances")
    host.catalog(trial.tasks())
    host.start()
    backfill = trial.submit(host)
    for number in range(kills):
        time.sleep(dice.uniform(0.0, 0.5))
        runner.end(signal.SIGTERM if number % 4 == 3 else signal.SIGKILL)
        if number % 3 == 2:
            host.kill()
        runner.start()
        if number % 3 == 2:
            host.start()

    trial.judge(host, backfill)
