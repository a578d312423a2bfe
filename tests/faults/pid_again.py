"""In a pid namespace of its own: an attempt dies with its worker, and the worker's pid is given to somebody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from ports.executor_contract import GROUPS, Host

from backfilld.executors.local import LocalExecutor
from backfilld.executors.record import Owner, read_claim
from backfilld.executors.runner import Runner
from backfilld.executors.spool import Spool

LAST_PID = Path("/proc/sys/kernel/ns_last_pid")


def owner_of(folder: Path, attempt: str) -> Owner:
    spool = Spool(folder)
    claim = read_claim(spool, attempt)
    spool.close()
    assert isinstance(claim, Owner)
    return claim


def gone(session: int) -> None:
    """Kill a worker and its task: we are this namespace's init, and both are ours to bury."""
    for path in Path("/proc").glob("[0-9]*"):
        if os.getsid(int(path.name)) == session:
            os.kill(int(path.name), signal.SIGKILL)
    for _ in range(2):
        os.waitpid(-1, 0)


def main(folder: Path) -> None:
    host = Host(lambda: LocalExecutor(Runner(folder, GROUPS)))
    attempt = host.launch("sleep", "1000")
    host.started(attempt)
    host.executor.close()
    worker = owner_of(folder, attempt).pid
    gone(worker)
    LAST_PID.write_text(str(worker - 1))
    with subprocess.Popen(["sleep", "1000"], start_new_session=True) as stranger:
        assert stranger.pid == worker
        host.restart()
        host.executor.reattach([attempt])
        ending = host.end_of(attempt).ending
        host.executor.stop({attempt: 0.0})
        host.end_of(attempt)
        print(ending.value, "left alone" if stranger.poll() is None else "killed")
        stranger.kill()
    host.executor.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
