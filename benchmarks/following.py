"""Tasks without a process, by the million, through the real daemon: each ends at once, and the next follows on it.

Prints how long the rounds were, how long each step of a chain of no-ops waited for its start meanwhile, and how long
the daemon took to end in the middle of it. `python benchmarks/following.py [tasks] [dates]`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from bulk import accepted, percentile, rounds, until
from dispatch import DIRECT, gaps_of, tasks_of
from hosting import FIRST, Host, catalog, layered, request

CHAIN, CHAIN_DATES = 10, 2
TASKS, DATES = 500, 3_650


def main() -> None:
    tasks, dates = (int(each) for each in (sys.argv[1:3] or (TASKS, DATES)))
    large = layered(tasks)
    steps = {f"step{number:02}": [f"step{number - 1:02}"] if number else [] for number in range(CHAIN)}
    virtual = [{"task": name, "virtual": True, "depends_on": ups} for name, ups in large.items()]
    with tempfile.TemporaryDirectory() as folder:
        host = Host(Path(folder), catalog([*virtual, *tasks_of(steps, DIRECT)]))
        host.start()
        try:
            with host.asked() as hosted:
                many = accepted(hosted.client, request(large, FIRST, dates, parallelism=10))
                few = accepted(hosted.client, request(steps, FIRST, CHAIN_DATES, parallelism=1))
                meanwhile = sorted(gaps_of(hosted.client, until(hosted.client, f"/v1/backfills/{few}", "succeeded")))
                counts = hosted.client.get(f"/v1/backfills/{many}").json()["counts"]
                print(f"{counts['succeeded']:,} of {tasks * dates:,} had passed when the chain had ended")
                print("rounds by seconds:", rounds(hosted.client))
                print(f"hand-off: median {percentile(meanwhile, 0.5):.1f} ms, p99 {percentile(meanwhile, 0.99):.1f} ms")
        finally:
            began = time.perf_counter()
            host.end()
            print(f"ended {time.perf_counter() - began:.2f} s after SIGTERM")


if __name__ == "__main__":
    main()
