"""Forecasts of a real daemon: from the durations that it has seen itself."""

from __future__ import annotations

import signal
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

import httpx
from daemon.host import Host, alive, asking, until

PATIENCE = 100
"""Seconds: a helper may wait long for a processor."""


def seconds_of(host: Host, backfill: int, task: str) -> list[float]:
    """What the attempts of a task took, as the store keeps it: in whole milliseconds."""
    took = []
    for instance in host.instances(backfill, task=task):
        (attempt,) = host.get(f"/v1/task_instances/{instance['id']}")["attempts"]
        began, ended = (datetime.fromisoformat(attempt[key]) for key in ("started_at", "ended_at"))
        took.append((ended - began) // timedelta(milliseconds=1) / 1000)
    return took


def test_the_next_backfill_is_expected_to_take_what_the_last_one_took(host: Host) -> None:
    """A chain on three dates, one after another: three times its medians; its plan says when it would end."""
    host.catalog([{"task": "a", "command": "sleep 0.05"}, {"task": "b", "command": "sleep 0.1", "depends_on": ["a"]}])
    host.start()
    first = host.submit("2024-01-01", "2024-01-03", roots=["a", "b"])
    assert host.ended(first)["status"] == "succeeded"
    asked = asking("2024-02-01", "2024-02-03", roots=["a", "b"])

    found: dict[str, Any] = host.client.post("/v1/forecasts", json=asked, timeout=PATIENCE).json()
    plan: dict[str, Any] = host.client.post("/v1/plans", json=asked).json()

    usual = sum(median(seconds_of(host, first, task)) for task in ("a", "b"))
    (course,) = found["courses"]
    expected = datetime.fromisoformat(found["now"]) + timedelta(seconds=3 * usual)
    assert datetime.fromisoformat(course["p50"]["end"]) == expected.replace(microsecond=0)
    assert (found["tasks"], found["unknown"]) == (2, 0)
    (finding,) = [each for each in plan["findings"] if each["code"] == "forecast_end"]
    assert (finding["severity"], finding["message"].partition("; ")[2]) == ("info", "2 of 2 tasks have a history")


def helpers(host: Host) -> list[int]:
    """The processes of the daemon that work out forecasts."""
    assert host.process
    found: list[int] = []
    for children in Path(f"/proc/{host.process.pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # threads come and go
            found += map(int, children.read_text().split())
    return [pid for pid in found if b"forecaster" in _command(pid)]


def _command(pid: int) -> bytes:
    """Empty for one that has just gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def test_a_helper_does_not_outlive_its_daemon(host: Host) -> None:
    """A daemon that is told to end while somebody waits for a forecast ends, and so does the helper."""
    names = [f"t{number}" for number in range(100)]
    host.catalog([{"task": name, "command": "true"} for name in names])
    host.start()
    answers: list[httpx.Response | httpx.TransportError] = []

    def ask() -> None:
        try:
            asked = asking("2024-01-01", "2025-12-31", roots=names)
            answers.append(host.client.post("/v1/forecasts", json=asked, timeout=PATIENCE))
        except httpx.TransportError as error:
            answers.append(error)

    asker = Thread(target=ask)
    asker.start()
    seen: list[int] = []
    until(lambda: seen.extend(helpers(host)) or seen)
    host.end(signal.SIGTERM)
    asker.join()

    assert not any(map(alive, seen))
    assert len(answers) == 1
