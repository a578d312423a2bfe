"""A million task instances skipped by one filter through the real daemon, while a chain of no-ops goes on.

Prints how long that takes, how long its rounds were, and how long each step of the chain waited for its start, beside
the same chain without it. `python benchmarks/bulk.py [tasks] [dates]`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from dispatch import DIRECT, gaps_of, tasks_of
from hosting import FIRST, catalog, daemon, layered, request

CHAIN, CHAIN_DATES = 20, 40
TASKS, DATES = 1_000, 1_000


def accepted(client: httpx.Client, asked: dict[str, Any]) -> int:
    """The backfill, once its runs are written."""
    answer = client.post("/v1/backfills", json=asked)
    answer.raise_for_status()
    until(client, answer.headers["Location"], "completed")
    return int(answer.json()["backfill_id"])


def until(client: httpx.Client, path: str, status: str) -> dict[str, Any]:
    """What stands at a path once it has come to this."""
    while True:
        found: dict[str, Any] = client.get(path).json()
        if found["status"] == status:
            return found
        assert found["status"] not in ("failed", "cancelled"), found
        time.sleep(0.2)


def chain(client: httpx.Client, names: list[str]) -> list[float]:
    """Milliseconds from each end to the next start, in order of length."""
    asked = request(names, FIRST, CHAIN_DATES, parallelism=1)
    found = until(client, f"/v1/backfills/{accepted(client, asked)}", "succeeded")
    return sorted(gaps_of(client, found))


def rounds(client: httpx.Client) -> dict[float, int]:
    """How many rounds took no longer than so many seconds."""
    found = {}
    for line in client.get("/metrics").text.splitlines():
        if line.startswith("backfilld_round_seconds_bucket{"):
            bound, count = line.partition('le="')[2].split('"')[0], line.rsplit(" ", 1)[1]
            found[float(bound)] = int(float(count))
    return found


def percentile(gaps: list[float], share: float) -> float:
    return gaps[min(len(gaps) - 1, int(len(gaps) * share))]


def main() -> None:
    tasks, dates = (int(each) for each in (sys.argv[1:3] or (TASKS, DATES)))
    large = layered(tasks)
    steps = {f"step{number:02}": [f"step{number - 1:02}"] if number else [] for number in range(CHAIN)}
    with (
        tempfile.TemporaryDirectory() as folder,
        daemon(Path(folder), catalog(tasks_of({**large, **steps}, DIRECT))) as host,
    ):
        client = host.client
        alone = chain(client, list(steps))
        many = accepted(client, request(large, FIRST, dates) | {"auto_start_enabled": False})
        before, cpu, began = rounds(client), host.cpu(), time.perf_counter()
        asked = {"state": "skipped", "filter": {"backfill": {"any_": [many]}}, "expect_count": tasks * dates}
        answer = client.post("/v1/task_instances/bulk_set_state", json=asked)
        assert answer.status_code == 202, answer.text
        found = time.perf_counter() - began
        meanwhile = chain(client, list(steps))
        operation = client.get(answer.headers["Location"]).json()
        print(f"{operation['done']:,} of {operation['total']:,} done when the chain had ended")
        until(client, answer.headers["Location"], "completed")
        seconds = time.perf_counter() - began
        spent = f"done in {seconds:.1f} s, {host.cpu() - cpu:.1f} s of CPU"
        print(f"{tasks * dates:,} found and accepted in {found:.2f} s, {spent}")
        now = rounds(client)
        print("rounds by seconds:", {bound: now[bound] - before.get(bound, 0) for bound in now})
    for name, gaps in (("alone", alone), ("meanwhile", meanwhile)):
        print(f"hand-off {name}: median {percentile(gaps, 0.5):.1f} ms, p99 {percentile(gaps, 0.99):.1f} ms")


if __name__ == "__main__":
    main()
