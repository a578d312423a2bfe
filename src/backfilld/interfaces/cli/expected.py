"""When a backfill that is under way is expected to end, as far as the daemon knows at once."""

from __future__ import annotations

import time

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.progress import ENDED, moment

EVERY = 10.0
"""Seconds after which the daemon is asked again."""


def latest_of(daemon: Daemon, backfill: View) -> View | None:
    """The latest forecast of a backfill, or why there is none; of one that is done, nothing."""
    if backfill["status"] in ENDED:
        return None
    found: View = daemon.get(f"/v1/backfills/{backfill['id']}/forecast/latest")
    return found


def sentence(latest: View) -> str:
    """When it ends, and what that rests on; else why nobody knows yet."""
    if latest["forecast"] is None:
        return f"not known: {latest['reason']}"
    (course,) = latest["forecast"]["courses"]
    for pace in (course["p50"], course["p90"]):
        if pace["stall"]:
            return f"never by itself: {pace['stall']['message']}"
    ends = [shown(course[pace]["end"]) for pace in ("p50", "p90")]
    return f"{ends[0]}, nine of ten times by {ends[1]}; {latest['forecast']['note']}"


def shown(text: str) -> str:
    """A moment of the daemon's, to the minute.

    >>> shown("2024-03-01T20:05:59Z")
    '2024-03-01 20:05 UTC'
    """
    return f"{moment(text):%Y-%m-%d %H:%M} UTC"


class Expected:
    """The end of one backfill for who watches it, asked for now and then."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon, self._asked, self._known = daemon, -EVERY, ""

    def of(self, backfill: View) -> str:
        """Such as `ends 20:05 UTC`; nothing while it is not known."""
        if time.monotonic() - self._asked > EVERY:
            self._asked = time.monotonic()
            self._known = _briefly(latest_of(self._daemon, backfill))
        return self._known if backfill["status"] not in ENDED else ""


def _briefly(latest: View | None) -> str:
    found = latest and latest["forecast"]
    end = found["courses"][0]["p50"]["end"] if found else None
    return f"ends {shown(end)}" if end else ""
