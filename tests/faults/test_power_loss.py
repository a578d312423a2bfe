"""A power cut at any moment: what was answered is there, and no attempt starts twice; judged by the tasks' ledger."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from daemon.host import NOTE, Host
from faults.conftest import Judged
from faults.power import Call, calls_of, cut, recording

from backfilld.executors.worker import boot_id

pytestmark = pytest.mark.long
CUTS = 60
BEFORE = b"00000000-0000-4000-8000-000000000000"
"""The boot that a power cut has ended."""
TASKS = [
    {"task": "a", "command": NOTE, "on_lost": "retry", "retry_delay": 0},
    {"task": "b", "command": f"{NOTE}; sleep 0.05", "depends_on": ["a"]},
]


def test_a_write_that_was_synced_is_there_and_no_name_before_its_turn() -> None:
    """The model itself: synced bytes always, others now and then; a rename never without what came before it."""
    calls = [
        Call(1, 1, "openat", ("/s/new",), b"", (), "O_WRONLY|O_CREAT"),
        Call(2, 2, "write", ("/s/new",), b"safe", (4,), ""),
        Call(3, 3, "fsync", ("/s/new",), b"", (), ""),
        Call(4, 4, "write", ("/s/new",), b"perhaps", (7,), ""),
        Call(5, 5, "rename", ("/s/new", "/s/old"), b"", (), ""),
    ]
    left = [dict(cut(calls, random.Random(seed))) for seed in range(200)]

    assert all(len(files) == 1 and set(files) <= {"/s/new", "/s/old"} for files in left)
    contents = {content for files in left for content in files.values()}
    assert {b"safe", b"safeperhaps"} <= contents <= {b"safe", b"safeperhaps"}
    assert {path for files in left for path in files} == {"/s/new", "/s/old"}


def recorded(host: Host, trace: Path) -> dict[int, float]:
    """A daemon's life under the recorder; the moments at which it answered, by backfill."""
    host.before = recording(trace)
    host.catalog(TASKS)
    host.start()
    answered = {}
    for month in range(1, 9):
        backfill = host.submit(f"2024-{month:02}-01", f"2024-{month:02}-04", roots=["a", "b"], parallelism=3)
        answered[backfill] = time.time()
    for backfill in answered:
        assert host.ended(backfill)["status"] == "succeeded"
    host.kill()
    host.before = ()
    return answered


@pytest.mark.timeout(3600)
def test_no_power_cut_loses_an_answer_or_starts_an_attempt_twice(host: Host, tmp_path: Path, judged: Judged) -> None:
    """Whatever of the unsynced the disk has, a daemon starts on it, has what was answered, and brings it to an end."""
    assert shutil.which("strace"), "strace is missing: as root, apt-get install strace"
    judged(CUTS, "cuts: answered submissions, starts, ends")
    answered = recorded(host, tmp_path / "trace")
    calls = calls_of(tmp_path / "trace", host.state)
    notes = calls_of(tmp_path / "trace", host.ledger)
    first = next(number for number, call in enumerate(calls) if call.at > min(answered.values()))
    for number in range(CUTS):
        dice = random.Random(number)
        until_then = calls[: dice.randrange(first if number % 4 else 0, len(calls)) + 1]
        moment = until_then[-1].at
        restore(host, cut(until_then, dice))
        host.ledger.write_bytes(b"".join(call.data for call in notes if call.name == "write" and call.at <= moment))
        judge(host, [backfill for backfill, at in answered.items() if at < moment], f"cut {number}")


def restore(host: Host, files: Iterable[tuple[str, bytes]]) -> None:
    """The state folder as the disk has it; the boot that wrote it is over."""
    shutil.rmtree(host.state, ignore_errors=True)
    for path, content in files:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content.replace(boot_id().encode(), BEFORE))


def judge(host: Host, answered: Sequence[int], where: str) -> None:
    """What was answered is there and ends; the ledger has no start twice, and one at least for each success."""
    host.start()
    there = [each["id"] for each in host.get("/v1/backfills?limit=100")["items"]]
    assert set(answered) <= set(there), where
    for backfill in there:
        assert host.ended(backfill)["status"] in ("succeeded", "failed"), where
        for instance in host.instances(backfill):
            agree(host, instance, where)
    assert set(host.starts().values()) <= {1}, where
    host.kill()


def agree(host: Host, instance: Mapping[str, Any], where: str) -> None:
    """Every attempt that ended by itself was started; none that is said to be void was."""
    started = {line for line in host.lines() if line.startswith(f"{instance['task']} {instance['cycle_time']} ")}
    for attempt in host.get(f"/v1/task_instances/{instance['id']}")["attempts"]:
        line = f"{instance['task']} {instance['cycle_time']} {attempt['number']}"
        assert line in started or attempt["state"] in ("void", "lost"), where
        assert line not in started or attempt["state"] != "void", where
