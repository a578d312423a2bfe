"""What is told of workers and tasks that are killed, deaf, stopped, or write without end; judged by the ledger."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from daemon.host import NOTE, Host, alive, until
from faults.conftest import Judged, Rounds

PID = 'echo $$ > "$ledger.$BACKFILL_TASK.$BACKFILL_ATTEMPT"'
GATE = 'until test -e "$ledger.go"; do sleep 0.02; done'
MEBIBYTE = 1 << 20


def parent(pid: int) -> int:
    """Its worker."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def pid_of(host: Host, task: str, attempt: int = 1) -> int:
    """The task's process, once it has told its number."""
    file = host.file(f"{task}.{attempt}")
    until(lambda: file.exists() and file.read_text().endswith("\n"))
    return int(file.read_text())


@pytest.mark.parametrize(
    "beside", ["the daemon lives", pytest.param("the daemon is killed too", marks=pytest.mark.long)]
)
def test_a_killed_worker_takes_its_attempt_along(host: Host, beside: str) -> None:
    """Its attempt is lost and the task's process gone; it runs again, as a new attempt, only where the task says so."""
    hangs = f'{NOTE}; {PID}; test "$BACKFILL_ATTEMPT" = 2 || sleep 300'
    host.catalog(
        [
            {"task": "stops", "command": hangs, "on_lost": "stop", "retries": 3, "retry_delay": 0},
            {"task": "retries", "command": hangs, "on_lost": "retry", "retry_delay": 0},
            {"task": "after", "command": NOTE, "depends_on": ["stops"]},
        ]
    )
    host.start()
    backfill = host.submit(roots=["stops", "retries", "after"])
    pids = [pid_of(host, task) for task in ("stops", "retries")]

    if beside != "the daemon lives":
        host.kill()
    for pid in pids:
        os.kill(parent(pid), signal.SIGKILL)
    if beside != "the daemon lives":
        host.start()

    assert host.ended(backfill)["status"] == "failed"
    assert not any(map(alive, pids))
    states = {}
    for task in ("stops", "retries", "after"):
        instance = host.one(backfill, task)
        states[task] = (instance["state"], [attempt["state"] for attempt in instance["attempts"]])
    assert states == {
        "stops": ("lost", ["lost"]),
        "retries": ("succeeded", ["lost", "succeeded"]),
        "after": ("waiting", []),
    }
    assert sorted(line.split()[0] for line in host.lines()) == ["retries", "retries", "stops"]


def test_a_killed_task_has_failed_with_its_signal(host: Host) -> None:
    """SIGKILL of the task's own process, as by the kernel short of memory: exit code 137, and a retry if it has one."""
    host.catalog(
        [
            {
                "task": "t",
                "command": f"{NOTE}; {PID}; test $BACKFILL_ATTEMPT = 2 || sleep 300",
                "retries": 1,
                "retry_delay": 0,
            }
        ]
    )
    host.start()
    backfill = host.submit(roots=["t"])

    os.kill(pid_of(host, "t"), signal.SIGKILL)

    assert host.ended(backfill)["status"] == "succeeded"
    assert [(each["state"], each["exit_code"]) for each in host.one(backfill, "t")["attempts"]] == [
        ("failed", 137),
        ("succeeded", 0),
    ]


def test_a_stopped_and_a_deaf_task_end_when_they_are_cancelled(host: Host) -> None:
    """One ignores TERM, one stands still by SIGSTOP: after the grace nothing of their groups lives."""
    host.catalog(
        [
            {
                "task": "deaf",
                "command": f"trap '' TERM; {NOTE}; {PID}; while :; do sleep 0.1; done",
                "kill_grace": "1s",
            },
            {"task": "still", "command": f"{NOTE}; {PID}; sleep 300 & kill -STOP $$; wait", "kill_grace": "1s"},
        ]
    )
    host.start()
    backfill = host.submit(roots=["deaf", "still"])
    pids = [pid_of(host, task) for task in ("deaf", "still")]
    until(lambda: state(pids[1]) == "T")

    host.act("backfills", backfill, "cancel")

    assert host.ended(backfill)["counts"]["cancelled"] == 2
    assert not any(map(alive, pids))
    assert {host.one(backfill, task)["attempts"][0]["state"] for task in ("deaf", "still")} == {"stopped"}


def state(pid: int) -> str:
    """The letter that the kernel has for what a process does."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_output_without_end_costs_neither_disk_nor_memory(host: Host, rounds: Rounds, judged: Judged) -> None:
    """A log stays near its limit on the disk while its offsets go on; daemon and worker stay as small as they were."""
    written = rounds(64, 1024) * MEBIBYTE
    judged(1, f"{written // MEBIBYTE} MiB written, limit 1 MiB; disk and memory of daemon and worker")
    writes = f"head -c {written} /dev/zero | tr '\\0' x"
    host.catalog(
        [
            {"task": "writes", "command": f"{NOTE}; {PID}; {writes}; {GATE}", "log_limit": MEBIBYTE},
            {"task": "before", "command": NOTE},
        ]
    )
    host.start()
    host.ended(host.submit(roots=["before"]))
    assert host.process is not None
    before = most_memory(host.process.pid)
    backfill = host.submit(roots=["writes"])
    worker = parent(pid_of(host, "writes"))
    item = host.one(backfill, "writes")
    log = host.state / "spool" / f"{item['attempts'][0]['id']}.out"
    until(lambda: log.exists() and log.stat().st_size == written)
    until(lambda: log.stat().st_blocks * 512 <= MEBIBYTE + 3 * 4096)
    tail = host.log(item, "bytes=-10")
    grown = most_memory(host.process.pid) - before
    most_of_worker = most_memory(worker)
    host.file("go").touch()

    assert host.ended(backfill)["status"] == "succeeded"
    assert tail == b"x" * 10
    assert grown < 16 * MEBIBYTE
    assert most_of_worker < 32 * MEBIBYTE


def most_memory(pid: int) -> int:
    """The most bytes that a process ever had in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
