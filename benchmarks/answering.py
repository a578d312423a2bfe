"""What requests cost the dispatch: no-op tasks through the daemon, with and without requests, in turns in one run.

One long backfill of no-op tasks runs all the while. In slices that alternate nothing is asked, or requests come at a
rate: mixed reads, and one submission a second. The ratio is that of the tasks that ended in a slice with requests to
those of the slices without right before and after it; then the daemon's CPU time a request, kind by kind.
`python benchmarks/answering.py [seconds of a slice] [slices of a rate]`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from hosting import FIRST, Hosted, catalog, daemon, layered, request

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from daemon.calling import Client

RATES = {50: 0.80, 200: 0.55}
"""Requests a second, and what of the dispatch should at least be left."""
TASKS, DATES, ALONE, CONNECTIONS = 100, 3_000, 300, 8
ROOT = "t0000"
ENDED = ("succeeded", "failed", "skipped", "cancelled", "left_out", "lost")


def reads(backfill: int, run: int, instance: int) -> list[str]:
    """What pages, clients and scripts look at."""
    return [
        "/v1/backfills?limit=20",
        f"/v1/backfills/{backfill}",
        f"/v1/backfills/{backfill}/runs?limit=50",
        f"/v1/backfills/{backfill}/task_instances?run={run}&limit=100",
        f"/v1/task_instances/{instance}",
        f"/v1/task_instances/{instance}/explain",
        "/v1/schedules",
        "/v1/audit?limit=20",
        "/healthz",
    ]


class Asking:
    """Requests at a rate, whatever becomes of them; one of each second's is a submission."""

    def __init__(self, host: Hosted, paths: list[str]) -> None:
        self._paths, self._sent = paths, 0
        token = host.client.headers["Authorization"].removeprefix("Bearer ")
        self._client = partial(Client, host.client.base_url, token)

    async def run(self, rate: int, seconds: float) -> int:
        """How many were answered in that time."""
        idle = [self._client() for _ in range(CONNECTIONS)]
        began, asked = time.perf_counter(), []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            asked.append(asyncio.create_task(self._ask(idle, submit=number % rate == 0)))
        done, late = await asyncio.wait(asked, timeout=max(0.01, began + seconds - time.perf_counter()))
        answered = len(done)
        if late:
            await asyncio.wait(late)
        assert {task.result() for task in asked} <= {200, 202}
        for client in idle:
            client.close()
        return answered

    async def _ask(self, idle: list[Client], *, submit: bool) -> int:
        self._sent += 1
        client = idle.pop() if idle else self._client()
        if submit:
            status = await client.ask("POST", "/v1/backfills", self._submission())
        else:
            status = await client.ask("GET", self._paths[self._sent % len(self._paths)])
        idle.append(client)
        return status

    def _submission(self) -> bytes:
        """Of one date, and not started: it costs what accepting costs."""
        asked = request([ROOT], FIRST, 1)
        return json.dumps({**asked, "name": f"more {self._sent}", "auto_start_enabled": False}).encode()


def ended(host: Hosted, backfill: int) -> int:
    """Tasks of the backfill that are done."""
    counts = host.client.get(f"/v1/backfills/{backfill}").json()["counts"]
    return sum(counts[word] for word in ENDED)


def slice_of(host: Hosted, backfill: int, ask: Callable[[], Any]) -> float:
    """Tasks a second while that goes on."""
    before, began = ended(host, backfill), time.perf_counter()
    ask()
    return (ended(host, backfill) - before) / (time.perf_counter() - began)


@contextmanager
def busy() -> Iterator[tuple[Hosted, int, list[str]]]:
    """A daemon with more no-op tasks to do than there is time."""
    graph = layered(TASKS)
    tasks = [{"task": name, "command": "/bin/true", "depends_on": ups} for name, ups in graph.items()]
    with tempfile.TemporaryDirectory() as name, daemon(Path(name), catalog(tasks)) as host:
        answer = host.client.post("/v1/backfills", json=request(graph, FIRST, DATES, parallelism=10))
        answer.raise_for_status()
        backfill = answer.json()["backfill_id"]
        while ended(host, backfill) < TASKS:
            time.sleep(0.1)
        (run, *_) = host.client.get(f"/v1/backfills/{backfill}/runs?limit=1").json()["items"]
        found = host.client.get(f"/v1/backfills/{backfill}/task_instances?run={run['id']}&limit=1").json()["items"]
        yield host, backfill, reads(backfill, run["id"], found[0]["id"])
        host.client.post(f"/v1/backfills/{backfill}/cancel")


def costs(host: Hosted, paths: list[str]) -> None:
    """The daemon's CPU time of a request, asked one after the other while nothing runs."""
    print(f"\n{'CPU ms a request':70}")
    for path in paths:
        host.client.get(path)
        before = host.cpu()
        for _ in range(ALONE):
            host.client.get(path)
        print(f"{path:70} {1000 * (host.cpu() - before) / ALONE:8.2f}")


def measured(host: Hosted, backfill: int, asking: Asking, rate: int, seconds: float) -> Iterator[tuple[float, ...]]:
    """Of one slice after the other: tasks a second with requests, those without around it, and answers a second."""
    alone = slice_of(host, backfill, lambda: time.sleep(seconds))
    answered: list[int] = []
    while True:
        found = slice_of(host, backfill, lambda: answered.append(asyncio.run(asking.run(rate, seconds))))
        after = slice_of(host, backfill, lambda: time.sleep(seconds))
        yield found, (alone + after) / 2, answered.pop() / seconds
        alone = after


def main(seconds: float = 4.0, slices: int = 5) -> None:
    """Print the table."""
    with busy() as (host, backfill, paths):
        asking = Asking(host, paths)
        print(f"{'requests/s':>10} {'answered/s':>11} {'tasks/s':>9} {'without':>9} {'ratio':>7} {'asked':>6}")
        for rate, least in RATES.items():
            rows = list(islice(measured(host, backfill, asking, rate, seconds), slices))
            found, alone, answered = (median(column) for column in zip(*rows, strict=True))
            ratio = median(each[0] / each[1] for each in rows)
            print(f"{rate:10} {answered:11.0f} {found:9.0f} {alone:9.0f} {ratio:7.2f} {least:6.2f}")
        host.client.post(f"/v1/backfills/{backfill}/cancel")
        costs(host, paths)


if __name__ == "__main__":
    main(*(float(word) if place == 0 else int(word) for place, word in enumerate(sys.argv[1:])))
