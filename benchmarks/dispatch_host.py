"""What the host's half costs alone: no-op tasks through a runner, without a store, against ninja in the same run.

`python benchmarks/dispatch_host.py [tasks]` prints tasks a second, CPU microseconds a task and the ratio to ninja.
"""

from __future__ import annotations

import os
import queue
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backfilld.executors.runner import Runner
from backfilld.ports import Ended, LaunchSpec, SlotGroup

SLOTS = 8


def cpu_seconds() -> float:
    """User and system time of this process and of every child that was waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def specs(command: tuple[str, ...], count: int) -> list[LaunchSpec]:
    environment = {"PATH": os.environ["PATH"], "bizdate": "20130101", "cyctime": "20130101000000"}
    not_after = datetime.now(UTC) + timedelta(hours=1)
    return [LaunchSpec(uuid.uuid4().hex, "all", command, environment, None, 1 << 20, not_after) for _ in range(count)]


def through_runner(spool: Path, command: tuple[str, ...], count: int) -> None:
    """As a daemon does it: one thread takes outcomes, another refills the slots and forgets what has ended."""
    runner = Runner(spool, {"all": SlotGroup(SLOTS)})
    inbox: queue.SimpleQueue[list[Ended]] = queue.SimpleQueue()
    threading.Thread(target=lambda: pump(runner, inbox), daemon=True).start()
    waiting = specs(command, count)
    runner.launch([waiting.pop() for _ in range(SLOTS)], 1)
    ended = 0
    while ended < count:
        ends = inbox.get()
        assert all(end.exit_code == 0 for end in ends), ends
        ended += len(ends)
        runner.launch([waiting.pop() for _ in ends if waiting], 1)
        runner.forget(end.attempt for end in ends)
    runner.close()
    wait_for_children()


def pump(runner: Runner, inbox: queue.SimpleQueue[list[Ended]]) -> None:
    while outcomes := runner.outcomes():
        if ends := [outcome for outcome in outcomes if isinstance(outcome, Ended)]:
            inbox.put(ends)


def wait_for_children() -> None:
    """The workers' time counts only when they are waited for."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def through_ninja(folder: Path, count: int) -> None:
    rules = ["rule noop", "  command = /bin/true", *(f"build t{i}: noop" for i in range(count)), ""]
    (folder / "build.ninja").write_text("\n".join(rules))
    subprocess.run(["ninja", f"-j{SLOTS}", "--quiet", "-C", str(folder)], check=True, stdout=subprocess.DEVNULL)


def measured(work: Callable[[], None]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), cpu_seconds()
    work()
    return time.perf_counter() - wall, cpu_seconds() - cpu


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    if not shutil.which("ninja"):
        raise SystemExit("ninja is not on the PATH")
    with tempfile.TemporaryDirectory() as name:  # deleted at the end: on ext4 that makes new files slow for minutes
        report(Path(name), count)


def report(folder: Path, count: int) -> None:
    direct, shell = ("/bin/true",), ("/bin/sh", "-c", "/bin/true")
    rows = {
        "ninja -j8": measured(lambda: through_ninja(folder, count)),
        "runner, direct exec": measured(lambda: through_runner(folder / "direct", direct, count)),
        "runner, sh -c": measured(lambda: through_runner(folder / "shell", shell, count)),
    }
    print(f"{'':22}{'tasks/s':>10}{'CPU us':>10}{'ratio':>8}")
    for name, (wall, cpu) in rows.items():
        ratio = rows["ninja -j8"][0] / wall
        print(f"{name:22}{count / wall:10.0f}{cpu / count * 1e6:10.0f}{ratio:8.2f}")


if __name__ == "__main__":
    main()
