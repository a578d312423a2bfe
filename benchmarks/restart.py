"""From exec to READY after a SIGKILL: with an empty store, and with a backfill of a million instances under way.

1,000 tasks on 1,000 business dates, one date at a time: the 1,000 instances of the first are admitted, 8 of them run.
READY is said once every plan is recomputed and every attempt is adopted. `python benchmarks/restart.py [rounds]`.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from hosting import FIRST, SLOTS, Host, Hosted, catalog, layered, pss, request

TASKS, DATES = 1000, 1000
ASKED = 2.0
"""Seconds that a start may take."""


def begin(hosted: Hosted) -> int:
    """A backfill of all tasks on all dates, once as many of its instances run as there are slots; its id."""
    asked = request(layered(TASKS), FIRST, DATES, parallelism=1)
    accepted = hosted.client.post("/v1/backfills", json=asked).raise_for_status().json()
    backfill = int(accepted["backfill_id"])
    while hosted.client.get(f"/v1/backfills/{backfill}").raise_for_status().json()["counts"]["running"] < SLOTS:
        time.sleep(0.1)
    return backfill


def measure(host: Host, rounds: int) -> list[tuple[float, float, float]]:
    """Of each start after a kill: seconds, CPU seconds, and MB."""
    found = []
    for _ in range(rounds):
        host.end(signal.SIGKILL)
        seconds = host.start()
        with host.asked() as hosted:
            found.append((seconds, hosted.cpu(), pss(hosted.pid)))
    return found


def report(title: str, found: list[tuple[float, float, float]]) -> None:
    """One row of the table."""
    seconds, cpu, size = zip(*found, strict=True)
    print(f"{title:34} {median(seconds):8.2f} {max(seconds):7.2f} {median(cpu):7.2f} {median(size):7.1f}")


def main(rounds: int, place: Path) -> None:
    """Print the table."""
    tasks = [{"task": name, "command": "sleep 3600", "depends_on": ups} for name, ups in layered(TASKS).items()]
    host = Host(place, catalog(tasks))
    host.start()
    print(f"from exec to READY, {rounds} starts each after a kill; asked: {ASKED} s with the backfill")
    print(f"{'':34} {'median s':>8} {'worst s':>7} {'CPU s':>7} {'MB':>7}")
    try:
        report("nothing accepted", measure(host, rounds))
        with host.asked() as hosted:
            backfill = begin(hosted)
        report(f"{TASKS * DATES:,} instances, {TASKS:,} admitted", measure(host, rounds))
        with host.asked() as hosted:
            hosted.client.post(f"/v1/backfills/{backfill}/cancel").raise_for_status()
            while not hosted.client.get(f"/v1/backfills/{backfill}").json()["done_at"]:
                time.sleep(0.1)
    finally:
        host.end()


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp(prefix="backfilld-bench-"))
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, folder)
    finally:
        shutil.rmtree(folder)
