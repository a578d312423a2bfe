"""What it costs a daemon that somebody looks at a backfill of 500 tasks on ten years: memory, and time for each view.

The backfill is not started; one stream is open on it, as the page has one. `python benchmarks/viewing.py`.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from hosting import FIRST, Hosted, catalog, daemon, layered, request
from streams import Listeners, accepted

TASKS, DATES = 500, 3650
BYTES_AN_INSTANCE, BESIDE = 2, 5
"""The most that it may grow by: so many bytes an instance, and so many MB."""
LOOKS = 5


def timed(hosted: Hosted, path: str) -> tuple[float, int]:
    """Seconds until the whole answer is there, and its bytes."""
    began = time.perf_counter()
    answer = hosted.client.get(path).raise_for_status()
    return time.perf_counter() - began, len(answer.content)


def warm(hosted: Hosted, backfill: int) -> None:
    """Have loaded what answers need of modules, whatever is looked at."""
    for path in ("/v1/backfills", f"/v1/backfills/{backfill}", "/v1/overview", "/openapi.json"):
        timed(hosted, path)


def main(place: Path) -> None:
    """Print the figures."""
    graph = layered(TASKS)
    tasks = [{"task": name, "command": "/bin/true", "depends_on": ups} for name, ups in graph.items()]
    with daemon(place, catalog(tasks)) as hosted:
        asked = request(graph, FIRST, DATES, parallelism=4) | {"auto_start_enabled": False}
        backfill = accepted(hosted, asked)
        warm(hosted, backfill)
        before = hosted.rss()
        with Listeners(hosted.client, backfill).listening(1):
            for view in ("tasks", "grid", "timeline"):
                times = [timed(hosted, f"/v1/backfills/{backfill}/{view}") for _ in range(LOOKS)]
                print(f"{view:>9}: {1000 * min(times)[0]:.0f} ms, {times[0][1]:,} bytes")
            grown = hosted.rss() - before
    most = BYTES_AN_INSTANCE * TASKS * DATES / 2**20 + BESIDE
    print(f"{TASKS * DATES:,} instances: {grown:.1f} MB more in memory (asked: {most:.1f})")


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp(prefix="backfilld-bench-"))
    try:
        main(folder)
    finally:
        shutil.rmtree(folder)
