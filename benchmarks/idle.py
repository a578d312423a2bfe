"""A daemon with nothing to do: what it costs to wait, with 10 backfills outside their window.

What sleeps is counted too: how often each thread has woken up. `python benchmarks/idle.py [seconds]`.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hosting import FIRST, Hosted, catalog, daemon, layered, pss, request

BACKFILLS, TASKS, DATES = 10, 100, 100
MOST_CPU, MOST_MEMORY = 0.5, 120
"""Percent of a core, and MB."""


def submit(hosted: Hosted) -> None:
    """Backfills of other dates each, that all may start in six hours at the earliest."""
    opens = datetime.now(UTC) + timedelta(hours=6)
    hours = {"start_time": f"{opens:%H:%M}:00", "end_time": f"{opens + timedelta(hours=1):%H:%M}:00"}
    for number in range(BACKFILLS):
        first = FIRST + timedelta(days=number * DATES)
        asked = request(layered(TASKS), first, DATES, parallelism=4, run_policy={"type": "Daily", **hours})
        accepted = hosted.client.post("/v1/backfills", json=asked).raise_for_status().json()
        while hosted.client.get(f"/v1/backfills/{accepted['backfill_id']}").json()["status"] != "waiting":
            time.sleep(0.1)


def wakes(hosted: Hosted) -> Counter[str]:
    """How often each thread was put to sleep so far."""
    found = Counter[str]()
    for thread in Path(f"/proc/{hosted.pid}/task").iterdir():
        status = (thread / "status").read_text()
        name = "main" if thread.name == str(hosted.pid) else f"thread {thread.name}"
        found[name] = int(re.findall(r"^voluntary_ctxt_switches:\s+(\d+)$", status, re.MULTILINE)[0])
    return found


def main(seconds: int, place: Path) -> None:
    """Print the figures."""
    tasks = [{"task": name, "command": "/bin/true", "depends_on": ups} for name, ups in layered(TASKS).items()]
    with daemon(place, catalog(tasks)) as hosted:
        submit(hosted)
        hosted.client.close()
        time.sleep(5)
        cpu, woken = hosted.cpu(), wakes(hosted)
        time.sleep(seconds)
        share, slept = 100 * (hosted.cpu() - cpu) / seconds, wakes(hosted) - woken
        print(f"{seconds} s idle, {BACKFILLS} backfills of {TASKS * DATES:,} instances each wait for their window")
        print(f"{share:.2f} % of a core (asked: {MOST_CPU})   {pss(hosted.pid):.1f} MB (asked: {MOST_MEMORY})")
        print("woken:", ", ".join(f"{name} {count}" for name, count in slept.items()) or "nobody")


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp(prefix="backfilld-bench-"))
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 60, folder)
    finally:
        shutil.rmtree(folder)
