"""What requests that mean no good cost: a daemon over HTTP, then `backfill plan` without one, in whole processes.

`python benchmarks/hostile.py [words of a title]`. A body is sent eight times. A line tells the first time and the worst
of the others, the daemon's CPU time of one, and by how many MB the daemon grew with the first two and with the others.
A second is asked for. The bodies are those of the tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import hosting

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from daemon.hostile import bodies, tasks

TIMES, WARM = 8, 2
NAMES = [f"n{number}" for number in range(100_000)]
YAML = {
    "nothing wrong": "name: test\nproject_id: p\ntype: SupplementData\n"
    "periods: {biz_dates: [{start_biz_date: 2024-01-01, end_biz_date: 2024-01-03}]}\n"
    "default_run_properties: {root_task_ids: [h1]}\n",
    "aliases of aliases": "n0: &n0 [x, x]\n"
    + "".join(f"{after}: &{after} [*{name}, *{name}]\n" for name, after in pairwise(NAMES[:60])),
    "100,000 aliases": "".join(f"- &{name} x\n- *{name}\n" for name in NAMES),
    "merged 100,000 times": "a: &a {x: 1}\n" + "".join(f"{name}: {{<<: *a}}\n" for name in NAMES),
    "16 MB of one name": "name: " + "x" * (2**24 - 10) + "\n",
    "more": "name: " + "x" * 2**24 + "\n",
    "nesting": "[" * 100_000,
    "100,000 fields": "".join(f"{name}: 1\n" for name in NAMES),
}


def over_http(words: str) -> None:
    """The table of the daemon."""
    print(f"{'daemon':32} {'status':>6} {'first':>7} {'worst':>7} {'CPU s':>7} {'MB':>6} {'grown':>6} {'more':>6}")
    text = hosting.catalog(tasks(), "America/New_York")
    with tempfile.TemporaryDirectory() as name, hosting.daemon(Path(name), text.replace('"bench"', '"p"')) as host:
        for title, (status, body) in bodies().items():
            if words in title:
                print(f"{title:32} {status:6} {repeated(host, status, body)}")


def repeated(host: hosting.Hosted, status: int, body: bytes) -> str:
    """One body, sent again and again."""
    before, cpu, times, sizes = host.rss(), host.cpu(), [], []
    for _ in range(TIMES):
        began = time.perf_counter()
        answer = host.client.post("/v1/plans", content=body)
        times.append(time.perf_counter() - began)
        sizes.append(host.rss())
        assert answer.status_code == status, answer.text[:1000]
    seconds = f"{times[0]:7.3f} {max(times[1:]):7.3f} {(host.cpu() - cpu) / TIMES:7.3f}"
    return f"{seconds} {before:6.0f} {sizes[WARM - 1] - before:+6.1f} {sizes[-1] - sizes[WARM - 1]:+6.1f}"


def offline(words: str) -> None:
    """The table of whole processes; a good request tells what starting costs."""
    print(f"\n{'backfill plan':32} {'exit':>6} {'wall':>7} {'CPU s':>7}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "catalog.yaml").write_text(hosting.catalog(tasks()).replace('"bench"', '"p"'))
        given = {f"{title}.yaml": text.encode() for title, text in YAML.items()}
        given |= {f"{title}.json": body for title, (_, body) in bodies().items()}
        for title, body in given.items():
            if words in title:
                (folder / title).write_bytes(body)
                print(f"{title:32} {alone(folder, folder / title)}")


def alone(folder: Path, file: Path) -> str:
    """One process; its answer goes to nobody."""
    began = time.perf_counter()
    command = [hosting.BIN / "backfill", "plan", file, "--catalog", folder / "catalog.yaml", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall, cpu = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    return f"{os.waitstatus_to_exitcode(status):6} {wall:7.2f} {cpu:7.2f}"


if __name__ == "__main__":
    over_http(" ".join(sys.argv[1:]))
    offline(" ".join(sys.argv[1:]))
