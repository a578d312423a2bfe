"""What onlookers cost: 1,000 changes of state a second, alone, and with 50 streams open on them.

Operators hold and release dates of 200 tasks, five times a second in all; what a daemon spends on that without anybody
who looks on is taken off. `python benchmarks/streams.py [seconds]`.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from hosting import FIRST, Hosted, catalog, daemon, layered, request

TASKS, DATES, LISTENERS, ACTS = 200, 365, 50, 5
MOST_CPU = 5.0
"""Percent of a core."""


class Listeners:
    """Streams of a backfill and of the list, read and thrown away by an event loop of their own."""

    def __init__(self, client: httpx.Client, backfill: int) -> None:
        self.url = client.base_url
        self._token = client.headers["Authorization"]
        self._topics = f"list,backfill:{backfill}"
        self.bytes = self.open = 0

    @contextmanager
    def listening(self, count: int) -> Iterator[None]:
        """So many are open."""
        loop = asyncio.new_event_loop()
        thread = Thread(target=loop.run_forever, daemon=True)
        thread.start()
        tasks = [asyncio.run_coroutine_threadsafe(self._listen(), loop) for _ in range(count)]
        while self.open < count:
            time.sleep(0.05)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            time.sleep(0.2)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    async def _listen(self) -> None:
        reader, writer = await asyncio.open_connection(self.url.host, self.url.port)
        asked = f"GET /v1/stream?topics={self._topics} HTTP/1.1\r\nHost: {self.url.host}\r\n"
        writer.write(f"{asked}Authorization: {self._token}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        self.open += 1
        try:
            while part := await reader.read(2**16):
                self.bytes += len(part)
        finally:
            writer.close()


def changes(hosted: Hosted, runs: list[int], seconds: int) -> tuple[float, int]:
    """Hold and release dates for so long; the CPU that the daemon took, in percent of a core, and how many changed."""
    acts = cycle([(run, act) for act in ("hold", "release") for run in runs])
    began, cpu, done = time.monotonic(), hosted.cpu(), 0
    while done < seconds * ACTS:
        run, act = next(acts)
        hosted.client.post(f"/v1/runs/{run}/{act}").raise_for_status()
        done += 1
        time.sleep(max(began + done / ACTS - time.monotonic(), 0))
    return 100 * (hosted.cpu() - cpu) / (time.monotonic() - began), done * TASKS


def accepted(hosted: Hosted, asked: Mapping[str, Any]) -> int:
    """The backfill of a request, once all its runs are written."""
    operation = hosted.client.post("/v1/backfills", json=asked).raise_for_status().json()
    while hosted.client.get(f"/v1/operations/{operation['id']}").json()["status"] != "completed":
        time.sleep(0.1)
    return int(operation["backfill_id"])


def submitted(hosted: Hosted) -> tuple[int, list[int]]:
    """A backfill that is not started, and some of its runs."""
    asked = request(layered(TASKS), FIRST, DATES, parallelism=4) | {"auto_start_enabled": False}
    backfill = accepted(hosted, asked)
    runs = hosted.client.get(f"/v1/backfills/{backfill}/runs", params={"limit": 20}).json()["items"]
    return backfill, [run["id"] for run in runs]


def main(seconds: int, place: Path) -> None:
    """Print the figures."""
    tasks = [{"task": name, "command": "/bin/true", "depends_on": ups} for name, ups in layered(TASKS).items()]
    with daemon(place, catalog(tasks)) as hosted:
        backfill, runs = submitted(hosted)
        listeners = Listeners(hosted.client, backfill)
        changes(hosted, runs, 5)
        alone, _ = changes(hosted, runs, seconds)
        with listeners.listening(LISTENERS):
            began = listeners.bytes
            watched, changed = changes(hosted, runs, seconds)
            told = (listeners.bytes - began) / LISTENERS / seconds
        again, _ = changes(hosted, runs, seconds)
        idle = (alone + again) / 2
        print(f"{changed / seconds:,.0f} changes a second; {LISTENERS} streams are sent {told / 1024:.1f} KB/s each")
        print(f"nobody looks on: {alone:.1f} %, {again:.1f} %   {LISTENERS} do: {watched:.1f} % of a core")
        print(f"they cost {watched - idle:.1f} % of a core (asked: {MOST_CPU})")


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp(prefix="backfilld-bench-"))
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, folder)
    finally:
        shutil.rmtree(folder)
