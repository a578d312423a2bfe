"""Bodies that mean no good, for tests and for the benchmark that times them; and what a process costs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from daemon.host import asking

MEGABYTE = 2**20
HOURLY, MINUTELY = 100, 700
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """How long a process has worked so far, in user and kernel mode."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / _TICKS


def resident_mb(pid: int) -> float:
    """How much of a process is in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


def tasks() -> list[dict[str, Any]]:
    """A catalog that can hurt: hourly tasks, rings of tasks every minute, and one that reads 366 dates every minute."""
    hourly = [
        {"task": f"h{n}", "cron": "@hourly", "depends_on": [f"h{n - 1}"] if n % 10 else []} for n in range(HOURLY)
    ]
    rings = [
        {"task": f"{name}{n}", "cron": "* * * * *", "depends_on": [{"task": f"{other}{n}", **cycle}]}
        for n in range(MINUTELY // 2)
        for name, other, cycle in (("a", "b", {"cycle": "previous"}), ("b", "a", {}))
    ]
    wide = {"task": "wide", "cron": "* * * * *", "depends_on": [{"task": "a0", "dates": 366}]}
    return [{**task, "virtual": True} for task in (*hourly, *rings, wide)]


def bodies() -> dict[str, tuple[int, bytes]]:
    """What is sent, with the status that it deserves."""
    return {name: (status, body if isinstance(body, bytes) else _json(body)) for name, status, body in _all()}


def _all() -> list[tuple[str, int, Any]]:
    good, name = _json(_asked()), b'"name"'
    century = {"periods": _ranges(("1970-01-01", "2069-12-31"))}
    return [
        ("years 1 to 9999", 422, _asked(periods=_ranges(("0001-01-01", "9999-12-31")))),
        ("seven ranges of 200 years", 422, _asked(periods=_ranges(*_centuries(7)))),
        ("a century of every hour", 422, _asked(**century, roots=[f"h{n}" for n in range(HOURLY)])),
        ("a century of one task", 200, _asked(**century)),
        ("parallelism of 10^9", 422, _asked(parallelism=10**9)),
        ("a number of a megabyte", 400, good.replace(name, b'"payload":%s,"name"' % (b"9" * MEGABYTE))),
        ("a name of a megabyte", 422, {**_asked(), "name": "x" * MEGABYTE}),
        ("a calendar of a megabyte", 422, _asked(calendar="x" * MEGABYTE)),
        ("a hash of a megabyte", 422, _asked(expect_plan="x" * MEGABYTE)),
        ("a task of a megabyte", 422, _asked(roots=["x" * MEGABYTE])),
        ("100,000 ids", 422, _asked(roots=list(range(100_000)))),
        ("100,000 names", 422, _asked(roots=[f"h{n}" for n in range(100_000)])),
        ("10,000 strangers", 422, _asked(roots=[f"h{n}x" for n in range(10_000)])),
        ("10,000 strangers in full", 422, _asked(roots=[{"workflow": "w", "task": f"x{n}"} for n in range(10_000)])),
        ("one task 10,000 times", 200, _asked(roots=["h1"] * 10_000)),
        ("nesting", 400, b"[" * 500_000 + b"]" * 500_000),
        ("nesting of a payload", 400, good.replace(name, b'"payload":%s,"name"' % (b"[" * 500_000 + b"]" * 500_000))),
        ("a body of two megabytes", 422, _asked(comment="x" * (2 * MEGABYTE - 1_000))),
        ("a larger body", 413, _asked(comment="x" * (2 * MEGABYTE))),
        ("a payload of a megabyte", 200, _asked(payload="x" * (MEGABYTE - 2))),
        ("a payload of one byte more", 422, _asked(payload="x" * (MEGABYTE - 1))),
        ("a day beyond all calendars", 422, _asked(periods=_ranges(("-999999999d", "today")))),
        ("a day of long ago", 422, _asked(periods=_ranges(("-999999d", "today")))),
        ("one key 100,000 times", 400, b"{%s}" % b",".join([b'"name":1'] * 100_000)),
        ("half characters", 400, b'{"name":"%s"}' % (rb"\ud800" * 100_000)),
        ("366 dates every minute", 200, _asked(roots=["a0", "wide"], periods=_ranges(("2020-01-01", "2023-12-31")))),
        ("the same newest first", 200, _asked(roots=["a0", "wide"], periods=_dates(1_000), order="Desc")),
        ("four million rings", 200, _asked(roots=[f"{n}{k}" for n in "ab" for k in range(350)], periods=_dates(4))),
    ]


def _asked(roots: Any = ("h1",), periods: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    run = {key: fields.pop(key) for key in ("parallelism", "order") if key in fields}
    return asking("2024-01-01", roots=list(roots), top={**fields, "periods": periods or _dates(3)}, **run)


def _ranges(*ranges: tuple[str, str]) -> dict[str, Any]:
    return {"biz_dates": [{"start_biz_date": first, "end_biz_date": last} for first, last in ranges]}


def _dates(count: int) -> dict[str, Any]:
    first = date(2020, 1, 1)
    return _ranges((str(first), str(first + timedelta(days=count - 1))))


def _centuries(count: int) -> list[tuple[str, str]]:
    return [(f"{1970 + n}-01-01", f"{2169 + n}-12-31") for n in range(count)]


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
