"""A runner's process, really killed at random moments while a daemon goes on asking it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from ports.executor_contract import Host, opened, shell

from backfilld.executors.unix_socket import SocketExecutor
from backfilld.ports import Ended, Ending

BACKFILLD = Path(sys.executable).parent / "backfilld"
SLOTS = 8
TASKS = 80
KILLS = 3


@contextmanager
def runner(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of `backfilld runner`; killed in the end, if it is not before."""
    settings = folder / "runner.toml"
    settings.write_text(f"[resource_groups.default]\nslots = {SLOTS}\n")
    where = ["--settings", settings, "--spool", folder / "spool", "--socket", folder / "runner.sock"]
    with (folder / "log").open("ab") as log, subprocess.Popen([BACKFILLD, "runner", *where], stderr=log) as process:
        try:
            yield process
        finally:
            process.kill()


class Asking:
    """Keeps the slots full until all tasks have ended; what was void is asked for anew, as another attempt."""

    def __init__(self, host: Host, folder: Path) -> None:
        self._host, self._folder = host, folder
        self._todo = list(range(TASKS))
        self._running: dict[str, int] = {}
        self.codes: dict[int, int | None] = {}

    def until(self, ended: int) -> None:
        """Ask until so many have ended."""
        while len(self.codes) < ended:
            while self._todo and len(self._running) < SLOTS:
                task = self._todo.pop()
                script = shell(f"echo $BACKFILLD_ATTEMPT >> ledger; sleep 0.0{task % 4}; exit {task % 7}")
                self._running[self._host.launch(*script, cwd=str(self._folder))] = task
            for outcome in self._host.executor.outcomes():
                if isinstance(outcome, Ended) and outcome.attempt in self._running:
                    self._heard(outcome, self._running.pop(outcome.attempt))

    def _heard(self, ended: Ended, task: int) -> None:
        assert ended.ending in {Ending.EXITED, Ending.VOID}, ended
        if ended.ending is Ending.VOID:
            self._todo.append(task)
        else:
            self.codes[task] = ended.exit_code
        self._host.executor.forget([ended.attempt])


def test_a_killed_runner_starts_nothing_twice_and_loses_nothing(tmp_path: Path) -> None:
    """Every task starts once and its exit code is told, whatever the runner was about when it was killed."""
    dice = random.Random(20240229)
    with opened(lambda: SocketExecutor(tmp_path / "runner.sock", 1)) as host:
        asking = Asking(host, tmp_path)
        for kill in range(1, KILLS + 1):
            with runner(tmp_path) as process:
                asking.until(kill * TASKS // (KILLS + 1))
                Event().wait(dice.uniform(0.0, 0.05))
                process.send_signal(signal.SIGKILL)
        with runner(tmp_path):
            asking.until(TASKS)
            host.launched.clear()
            host.executor.close()
    starts = Counter((tmp_path / "ledger").read_text().split())

    assert asking.codes == {task: task % 7 for task in range(TASKS)}
    assert set(starts.values()) == {1}
    assert len(starts) == TASKS
