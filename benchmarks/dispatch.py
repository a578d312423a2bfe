"""No-op dispatch through the real daemon against `ninja -j8` on the same graph in the same run.

W(N,D): N tasks in layers of ten, one to three upstreams each in the layer before, D business dates, nothing between
dates, 8 slots. Every start and every end is durable before the next step (SQLite, synchronous=FULL), every attempt has
a process group, a run record and a log file. `python benchmarks/dispatch.py [rounds] [--executor local|socket]`.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Any

import httpx
from hosting import BIN, FIRST, SLOTS, catalog, daemon, layered, request, runner

PLACE = Path(tempfile.mkdtemp(prefix="backfilld-bench-"))
PR_SET_CHILD_SUBREAPER = 36
ASKED = {"local": ("", "0.70", "0.45"), "socket": ("", "0.60", "")}
"""What the ratios to ninja should at least be, row by row."""
DIRECT, SHELL = "/bin/true", '/bin/true "$bizdate"'


def tasks_of(graph: dict[str, list[str]], command: str) -> list[dict[str, Any]]:
    """The graph as the tasks of a catalog."""
    return [{"task": name, "command": command, "depends_on": ups} for name, ups in graph.items()]


@contextmanager
def workers(folder: Path, graph: dict[str, list[str]], command: str, executor: str) -> Iterator[httpx.Client]:
    """A daemon on a fresh state folder; its workers have ended, too, when this returns."""
    try:
        with (
            runner(folder) if executor == "socket" else nullcontext() as socket,
            daemon(folder, catalog(tasks_of(graph, command)), socket) as host,
        ):
            yield host.client
    finally:
        reap_workers()


def new_folder() -> Path:
    """A folder that stays until the end: after mass deletion ext4 creates files many times slower, for minutes."""
    return Path(tempfile.mkdtemp(dir=PLACE))


def adopt_orphans() -> None:
    """Workers outlive their daemon: as their new parent we are told what they cost."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap_workers() -> None:
    """Wait for every worker; each ends once its daemon is gone."""
    with suppress(ChildProcessError):
        while True:
            os.wait()


def run(client: httpx.Client, asked: dict[str, Any]) -> dict[str, Any]:
    """Submit, wait for the end; the backfill as the daemon tells it."""
    answer = client.post("/v1/backfills", json=asked)
    answer.raise_for_status()
    while True:
        time.sleep(0.5)
        found: dict[str, Any] = client.get(f"/v1/backfills/{answer.json()['backfill_id']}").json()
        if found["done_at"]:
            assert found["status"] == "succeeded", found
            return found


def ours(graph: dict[str, list[str]], dates: int, command: str, executor: str) -> tuple[float, float]:
    """Seconds from acceptance to the end, and CPU seconds of the daemon, its workers and their tasks."""
    before = getrusage(RUSAGE_CHILDREN)
    with workers(new_folder(), graph, command, executor) as client:
        found = run(client, request(graph, FIRST, dates, parallelism=10))
    after = getrusage(RUSAGE_CHILDREN)
    return seconds(found["accepted_at"], found["done_at"]), cpu(before, after)


def ninja(graph: dict[str, list[str]], dates: int) -> tuple[float, float]:
    """Seconds and CPU seconds of `ninja -j8` on the same graph; it starts every command through `sh -c`."""
    folder = new_folder()
    lines = ["rule r", "  command = /bin/true"]
    for day in range(dates):
        lines += [f"build {day}.{name}: r {' '.join(f'{day}.{up}' for up in ups)}" for name, ups in graph.items()]
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")
    program = shutil.which("ninja", path=f"{BIN}{os.pathsep}{os.environ['PATH']}") or sys.exit("ninja is missing")
    before, start = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([program, f"-j{SLOTS}", "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start, cpu(before, getrusage(RUSAGE_CHILDREN))


def handoffs(length: int, dates: int, executor: str) -> list[float]:
    """Milliseconds from an upstream's end to its downstream's start, in a chain, one date at a time: slots are free."""
    graph = layered(length, width=1)
    with workers(new_folder(), graph, DIRECT, executor) as client:
        return gaps_of(client, run(client, request(graph, FIRST, dates, parallelism=1)))


def gaps_of(client: httpx.Client, chains: dict[str, Any]) -> list[float]:
    """The same of a backfill of chains that is done."""
    items: list[dict[str, Any]] = []
    page = f"/v1/backfills/{chains['id']}/task_instances?limit=1000"
    after = ""
    while True:
        answer = client.get(page + after).json()
        items += answer["items"]
        if answer["next"] is None:
            break
        after = f"&after={answer['next']}"
    attempts = [client.get(f"/v1/task_instances/{item['id']}").json()["attempts"][0] for item in items]
    return [
        1000 * seconds(attempts[n]["ended_at"], attempts[n + 1]["started_at"])
        for n in range(len(items) - 1)
        if items[n]["run_id"] == items[n + 1]["run_id"]
    ]


def seconds(start: str, end: str) -> float:
    """Between two moments of RFC 3339."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def cpu(before: Any, after: Any) -> float:
    """User and system seconds of ended children."""
    return float(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the others does not pass."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main(rounds: int, executor: str, tasks: int = 100, dates: int = 50) -> None:
    """Print the table."""
    graph, size = layered(tasks), tasks * dates
    rows: dict[str, list[tuple[float, float]]] = {"ninja -j8, sh -c": [], "direct exec": [], "sh -c": []}
    for _ in range(rounds):
        rows["ninja -j8, sh -c"].append(ninja(graph, dates))
        rows["direct exec"].append(ours(graph, dates, DIRECT, executor))
        rows["sh -c"].append(ours(graph, dates, SHELL, executor))
    print(f"W({tasks},{dates}): {size:,} no-op tasks, {SLOTS} slots, {rounds} rounds, executor {executor}")
    print(f"{'':20} {'tasks/s':>9} {'CPU us/task':>12} {'ratio to ninja':>15} {'asked':>6}")
    for (name, runs), asked in zip(rows.items(), ASKED[executor], strict=True):
        ratio = median(reference[0] / own[0] for reference, own in zip(rows["ninja -j8, sh -c"], runs, strict=True))
        rate, each = size / median(run[0] for run in runs), 1e6 * median(run[1] for run in runs) / size
        print(f"{name:20} {rate:9.0f} {each:12.0f} {ratio:15.2f} {asked:>6}")
    gaps = handoffs(50, 10, executor)
    print(f"\nfrom an upstream's end to its downstream's start, {len(gaps)} hand-offs in chains, slots free")
    print(f"p50 {median(gaps):.2f} ms (asked: 10)   p99 {percentile(gaps, 0.99):.2f} ms (asked: 50)")


if __name__ == "__main__":
    adopt_orphans()
    try:
        options = argparse.ArgumentParser()
        options.add_argument("rounds", nargs="?", type=int, default=3)
        options.add_argument("--executor", choices=sorted(ASKED), default="local")
        main(**vars(options.parse_args()))
    finally:
        shutil.rmtree(PLACE)
