"""Real processes, really killed: whatever dies, an attempt starts at most once, and what is told of it is true."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.conftest import Judged, Rounds
from faults.driver import TASKS, exit_code_of, task_of
from ports.executor_contract import GROUPS, Gate, Host, attempt_id, is_running, opened, shell

from backfilld.executors.local import LocalExecutor
from backfilld.executors.processes import processes
from backfilld.executors.record import Owner, read_claim
from backfilld.executors.runner import Runner
from backfilld.executors.spool import Spool
from backfilld.executors.worker import ENTRY_SIZE, START, boot_id, kernel_start
from backfilld.ports import Ending

DRIVER = Path(__file__).with_name("driver.py")


def drive(folder: Path, steps: int | None) -> bool:
    """Run the driver, and kill it after so many steps; True if it came to its end."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, str(DRIVER), str(folder)], stdout=subprocess.PIPE, env=environment
    ) as driver:
        assert driver.stdout
        seen = driver.stdout.read(steps if steps is not None else -1)
        if steps is not None and len(seen) == steps:
            driver.kill()
    return driver.returncode == 0


def test_nothing_starts_twice_and_nothing_is_missing(tmp_path: Path, rounds: Rounds, judged: Judged) -> None:
    """A runner that is killed at random moments loses no task, starts none twice, and has every exit code right."""
    dice = random.Random(20130101)
    kills = rounds(8, 30)
    judged(kills, f"kills over {TASKS} attempts")
    for _ in range(kills):
        drive(tmp_path, dice.randrange(1, 30))
    assert drive(tmp_path, None)

    starts = Counter((tmp_path / "ledger").read_text().split())
    ends = [line.split() for line in (tmp_path / "ended").read_text().splitlines()]
    assert set(starts.values()) == {1}
    assert sorted(map(task_of, starts)) == list(range(TASKS))
    assert {ending for _, ending, _ in ends} <= {"exited", "void"}
    told = {attempt: int(code) for attempt, ending, code in ends if ending == "exited"}
    assert told == {attempt: exit_code_of(task_of(attempt)) for attempt in starts}


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with opened(lambda: LocalExecutor(Runner(tmp_path / "spool", GROUPS))) as host:
        yield host


def our_workers() -> list[int]:
    """The workers that this process has started and that live."""
    leaders = [process.pid for process in processes() if process.alive and process.session == process.pid]
    return [pid for pid in leaders if parent_of(pid) == os.getpid()]


def parent_of(pid: int) -> int | None:
    """None for a process that has gone meanwhile: the host has others than ours."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def test_killed_workers_start_nothing_twice(host: Host, tmp_path: Path, rounds: Rounds, judged: Judged) -> None:
    """Attempts whose worker is killed are lost or void or just made it; none runs twice, a void one never ran."""
    dice = random.Random(7)
    script = "echo $BACKFILLD_ATTEMPT >> ledger; exit 3"
    endings = {}
    kills = rounds(10, 300)
    judged(kills, "a worker of four killed from before the claim to after the end")
    for _ in range(kills):
        attempts = [host.launch(*shell(script), group="wide", cwd=str(tmp_path)) for _ in range(4)]
        for _ in range(dice.randrange(2000)):  # from before the claim to after the end
            pass
        if workers := our_workers():
            os.kill(dice.choice(workers), signal.SIGKILL)
        endings |= {attempt: host.end_of(attempt) for attempt in attempts}
    starts = Counter((tmp_path / "ledger").read_text().split())

    assert set(starts.values()) == {1}
    assert {e.ending for e in endings.values()} <= {Ending.EXITED, Ending.LOST, Ending.VOID}
    assert {e.exit_code for e in endings.values() if e.ending is Ending.EXITED} == {3}
    for attempt, end in endings.items():
        assert end.ending is not Ending.VOID or attempt not in starts
        assert end.ending is not Ending.EXITED or attempt in starts


def test_a_tombstone_and_a_claim_exclude_each_other(host: Host, tmp_path: Path, rounds: Rounds, judged: Judged) -> None:
    """A daemon back before a worker has read its job makes it void, or finds it claimed; never both."""
    endings = {}
    races = rounds(10, 300)
    judged(races, "four launches and tombstones at once")
    for _ in range(races):
        attempts = [
            host.launch(*shell("echo $BACKFILLD_ATTEMPT >> ledger"), group="wide", cwd=str(tmp_path)) for _ in range(4)
        ]
        host.restart()
        host.executor.reattach(attempts)
        endings |= {attempt: host.end_of(attempt).ending for attempt in attempts}
    host.executor.close()
    while workers := our_workers():  # those that came too late say so before they exit
        os.waitid(os.P_PID, workers[0], os.WEXITED)
    starts = Counter((tmp_path / "ledger").read_text().split()) if (tmp_path / "ledger").exists() else Counter()
    host.restart()

    assert set(starts.values()) <= {1}
    assert set(starts) == {attempt for attempt, ending in endings.items() if ending is Ending.EXITED}
    assert set(endings.values()) <= {Ending.EXITED, Ending.VOID}


def owner_of(host: Host, spool: Path, attempt: str) -> Owner:
    """Who holds the claim, read while the runner is away."""
    host.executor.close()
    reader = Spool(spool)
    claim = read_claim(reader, attempt)
    reader.close()
    assert isinstance(claim, Owner)
    return claim


@pytest.mark.parametrize("while_away", [False, True])
def test_a_killed_worker_loses_its_attempt(host: Host, tmp_path: Path, ready: Gate, while_away: bool) -> None:
    """Without a worker nobody learns the exit code: what is left is killed, in every group, and then it is lost."""
    script = f"set -m; sleep 1000 & sleep 1000 & echo $! $$ > {ready.path}; wait"
    attempt = host.launch("/bin/bash", "-c", script)
    started, pids = host.started(attempt), [int(pid) for pid in ready.wait().split()]
    worker = owner_of(host, tmp_path / "spool", attempt).pid
    if while_away:
        os.kill(worker, signal.SIGKILL)
    host.restart()
    host.executor.reattach([attempt])
    if not while_away:
        host.started(attempt)
        os.kill(worker, signal.SIGKILL)
    ended = host.end_of(attempt)

    assert (ended.ending, ended.exit_code, ended.started_at) == (Ending.LOST, None, started.at)
    assert not any(map(is_running, pids))
    assert host.run("true").exit_code == 0


def test_a_killed_worker_of_ours_is_replaced(host: Host, ready: Gate) -> None:
    """The slot of a lost attempt is free when that is told, and works."""
    attempt = host.launch(*shell(f"env -i sleep 1000 & echo $PPID $! > {ready.path}; wait"), group="vault")
    worker, child = (int(pid) for pid in ready.wait().split())
    host.started(attempt)
    os.kill(worker, signal.SIGKILL)

    assert host.end_of(attempt).ending is Ending.LOST
    assert not is_running(child)
    assert host.run("true", group="vault").exit_code == 0


def test_a_worker_that_dies_idle_is_replaced(host: Host) -> None:
    """A launch that meets a dead worker goes to another one, or is void; it is never lost."""
    for _ in range(5):
        assert host.run("true").exit_code == 0
        for worker in our_workers():
            os.kill(worker, signal.SIGKILL)
        assert host.run("true").ending in {Ending.EXITED, Ending.VOID}


def test_signals_for_the_daemon_leave_workers_alone(host: Host, ready: Gate) -> None:
    """A worker outlives what ends a daemon politely, and still tells how its task ended."""
    attempt = host.launch(*shell(f"echo $PPID > {ready.path}; exec sleep 1000"))
    worker = int(ready.wait())
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
        os.kill(worker, number)
    host.executor.stop({attempt: 30.0})
    ended = host.end_of(attempt)

    assert (ended.ending, ended.exit_code) == (Ending.STOPPED, 128 + signal.SIGTERM)


def test_a_launch_that_comes_after_its_tombstone_starts_nothing(host: Host, tmp_path: Path) -> None:
    """A job that its worker reads only when a later runner has made it void never runs."""
    assert host.run("true").exit_code == 0
    (worker,) = our_workers()
    os.kill(worker, signal.SIGSTOP)
    os.waitid(os.P_PID, worker, os.WSTOPPED)
    attempt = host.launch("touch", str(tmp_path / "ran"))
    host.restart()
    host.executor.reattach([attempt])
    ending = host.end_of(attempt).ending
    os.kill(worker, signal.SIGCONT)
    os.waitid(os.P_PID, worker, os.WEXITED)  # its runner is gone: it reads the job, and then the end

    assert ending is Ending.VOID
    assert not (tmp_path / "ran").exists()
    host.executor.reattach([attempt])
    assert host.end_of(attempt).ending is Ending.VOID


def test_who_has_the_pid_now_is_left_alone(tmp_path: Path) -> None:
    """A claim whose owner's pid and group are somebody else's by now: the attempt is lost, and nobody is killed."""
    with subprocess.Popen(["sleep", "1000"], start_new_session=True) as stranger:
        attempt, journal = attempt_id(), f"{'a' * 32}.0.journal"
        identity = ("backfilld worker", stranger.pid, kernel_start(stranger.pid) - 1, boot_id(), journal, "default")
        entry = START % (attempt.encode(), stranger.pid, kernel_start(stranger.pid) - 1, 1, 1000)
        workers = tmp_path / "spool" / "workers"
        workers.mkdir(parents=True)
        (workers / journal).write_bytes(entry.ljust(ENTRY_SIZE, b"\0"))
        (tmp_path / "spool" / f"{attempt}.claim").write_text("\n".join(map(str, (*identity, "end", ""))))
        with opened(lambda: LocalExecutor(Runner(tmp_path / "spool", GROUPS))) as host:
            host.executor.reattach([attempt])
            ended = host.end_of(attempt)
            host.executor.stop({attempt: 0.0})
            again = host.end_of(attempt)
        left_alone = stranger.poll() is None
        stranger.kill()

    assert (ended.ending, again.ending) == (Ending.LOST, Ending.LOST)
    assert left_alone


@pytest.mark.long
def test_a_pid_that_is_given_away_again_is_somebody_else(tmp_path: Path, judged: Judged) -> None:
    """The same with a pid that the kernel itself has given to another process, in a pid namespace of its own."""
    judged(1, "pid cycled by ns_last_pid; needs root")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    script = Path(__file__).with_name("pid_again.py")
    told = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, script, tmp_path / "spool"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.stdout.split("\n")[0] == "lost left alone", told.stderr
