"""Half an hour of work under two kills a minute: nothing may grow, and nothing may start twice.

A schedule fires every minute, backfills follow one another, a task in ten fails once. Daemon and runner are killed in
turns (SIGKILL), each half a minute after the other; just before, what has grown old is looked at. At the end nobody is
killed any more, and all that was accepted must have succeeded, each attempt having started at most once, as the
tasks themselves have noted. `python benchmarks/soak.py [minutes]`; exit code 1 if something grew or was wrong.
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

from hosting import FIRST, Host, Hosted, RunnerHost, Service, catalog, layered, pss, request

KILL_EVERY = 30.0
TASKS, DATES = 40, 5
WARM = 0.25
"""The share of the time that may fill what is then to stay: connections, journals, the folders of a first month."""


@dataclass(frozen=True)
class Sample:
    """What both services hold after a minute of life."""

    minute: float
    daemon_mb: float
    runner_mb: float
    daemon_files: int
    runner_files: int
    wal_mb: float


ALLOWED = {"daemon_mb": 8.0, "runner_mb": 4.0, "daemon_files": 6.0, "runner_files": 6.0, "wal_mb": 6.0}
"""How much each may have risen at the end, along its line: noise, not growth."""


class Soak:
    """Two services, and what is asked of them."""

    def __init__(self, folder: Path) -> None:
        self.ledger = folder / "ledger"
        self.ledger.touch()
        self.runner = RunnerHost(folder)
        self.daemon = Host(folder, catalog(self._tasks(), "UTC"), self.runner.socket)
        (folder / "schedules").mkdir()
        (folder / "schedules" / "minutely.yaml").write_text(json.dumps(self._schedule()))
        self.submitted: list[int] = []
        self.samples: list[Sample] = []
        self._dice = random.Random(1)

    def _tasks(self) -> Iterable[dict[str, Any]]:
        note = f'echo "$BACKFILL_INSTANCE_ID $BACKFILL_ATTEMPT" >> {self.ledger}; sleep 0.2'
        for number, (name, ups) in enumerate(layered(TASKS).items()):
            command = note if number % 10 else f'{note}; test "$BACKFILL_ATTEMPT" -gt 1'
            yield {"task": name, "command": command, "depends_on": ups, "retries": 1, "retry_delay": "1s"}

    def _schedule(self) -> dict[str, Any]:
        asked = request(list(layered(TASKS))[:10], FIRST, 1)
        asked["periods"] = {"biz_dates": [{"start_biz_date": "yesterday", "end_biz_date": "yesterday"}]}
        return {"schedule": "minutely", "cron": "* * * * *", "request": asked}

    def start(self) -> None:
        """Both services, and their work."""
        for service in (self.runner, self.daemon):
            service.start()

    def work(self, seconds: float) -> None:
        """Have something to do for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self.daemon.asked() as hosted:
                self._keep_busy(hosted)
            time.sleep(min(1.0, max(0.0, end - time.monotonic())))

    def _keep_busy(self, hosted: Hosted) -> None:
        if self.submitted and not self._shown(hosted, self.submitted[-1])["done_at"]:
            return
        first = FIRST + timedelta(days=DATES * len(self.submitted))
        asked = request(layered(TASKS), first, DATES, parallelism=3)
        accepted = hosted.client.post("/v1/backfills", json=asked).raise_for_status().json()
        self.submitted.append(int(accepted["backfill_id"]))

    def kill(self, service: Service) -> None:
        """From one moment to the next, and start it again."""
        time.sleep(self._dice.uniform(0, 0.5))
        service.end(signal.SIGKILL)
        service.start()

    def look(self, minute: float) -> None:
        """Note what is held, and print it."""
        pids = [service.process.pid for service in (self.daemon, self.runner) if service.process]
        sizes = [pss(pid) for pid in pids]
        files = [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids]
        wal = self.daemon.state / "backfilld.db-wal"
        sample = Sample(minute, *sizes, *files, wal.stat().st_size / 2**20 if wal.exists() else 0.0)
        self.samples.append(sample)
        print("  ".join(f"{getattr(sample, field.name):>12.1f}" for field in fields(Sample)), flush=True)

    def wrong(self) -> list[str]:
        """Wait for the end of all that was accepted; what should not have been."""
        with self.daemon.asked() as hosted:
            hosted.client.post("/v1/schedules/minutely/pause").raise_for_status()
            every = self._all(hosted)
            while waiting := [each for each in every if not self._shown(hosted, each)["done_at"]]:
                time.sleep(1)
                every = waiting
            ended = [self._shown(hosted, each) for each in self._all(hosted)]
        starts = Counter(self.ledger.read_text().splitlines())
        noted = len({line.split()[0] for line in starts})
        expected = sum(backfill["instances"] for backfill in ended)
        print(f"{len(ended)} backfills, {expected} instances, {starts.total()} starts")
        return [
            *(f"backfill {each['id']} is {each['status']}" for each in ended if each["status"] != "succeeded"),
            *(f"started {count} times: {line}" for line, count in starts.items() if count > 1),
            *([f"{expected} instances, but {noted} have started"] if noted != expected else []),
        ]

    def _all(self, hosted: Hosted) -> list[int]:
        found, after = list[int](), ""
        while True:
            page = hosted.client.get(f"/v1/backfills?limit=1000{after}").raise_for_status().json()
            found += [int(each["id"]) for each in page["items"]]
            if page["next"] is None:
                return found
            after = f"&after={page['next']}"

    def _shown(self, hosted: Hosted, backfill: int) -> dict[str, Any]:
        found: dict[str, Any] = hosted.client.get(f"/v1/backfills/{backfill}").raise_for_status().json()
        return found


def grown(samples: Sequence[Sample]) -> list[str]:
    """What has risen by more than it may, along the line through all samples but the first."""
    late = [sample for sample in samples if sample.minute >= WARM * samples[-1].minute]
    minutes = [sample.minute for sample in late]
    found = []
    for name, allowed in ALLOWED.items():
        values = [float(getattr(sample, name)) for sample in late]
        rise = linear_regression(minutes, values).slope * (minutes[-1] - minutes[0])
        print(f"{name:>12}: median {median(values):.1f}, rises by {rise:+.1f} (allowed: {allowed:+.1f})")
        if rise > allowed:
            found.append(f"{name} grows by {rise:.1f} in {minutes[-1] - minutes[0]:.0f} minutes")
    return found


def main(minutes: int, folder: Path) -> int:
    """Print a row a minute, and the verdict; the exit code."""
    soak = Soak(folder)
    try:
        soak.start()
        print("  ".join(f"{field.name:>12}" for field in fields(Sample)))
        began = time.monotonic()
        for _ in range(minutes):
            for service in (soak.daemon, soak.runner):
                soak.work(KILL_EVERY)
                if service is soak.daemon:
                    soak.look((time.monotonic() - began) / 60)
                soak.kill(service)
        faults = [*grown(soak.samples), *soak.wrong()]
    finally:
        soak.daemon.end()
        soak.runner.end()
    print("\n".join(faults) or f"{2 * minutes} kills: nothing grew, nothing started twice, nothing is missing")
    return 1 if faults else 0


if __name__ == "__main__":
    place = Path(tempfile.mkdtemp(prefix="backfilld-soak-"))
    try:
        code = main(int(sys.argv[1]) if len(sys.argv) > 1 else 30, place)
    finally:
        shutil.rmtree(place)
    sys.exit(code)
