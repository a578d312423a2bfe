"""Run windows, naively: each day's own, from the first reading of its start through the last of its end."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from engine.book import Book, Node
from planning.naive_clock import end_of_gap, readings

from backfilld.catalog.models import RunPolicy


def within_hours(book: Book, node: Node, now: datetime) -> bool:
    """Whether its run policy lets it start; a triggered one does not ask."""
    window = None if node in book.triggered else book.task(node).window
    if window is None:
        return True
    today = now.astimezone(ZoneInfo(window.zone)).date()
    openings = (hours(window.policy, window.zone, today - timedelta(days=ago)) for ago in (0, 1))
    return any(opening and opening[0] <= now < opening[1] for opening in openings)


@cache
def hours(policy: RunPolicy, zone_name: str, day: date) -> tuple[datetime, datetime] | None:
    """From when to before when the window is open that opens on this day; None if none does."""
    if policy.kind == "Weekend" and day.isoweekday() < 6:
        return None
    zone, last = ZoneInfo(zone_name), day + timedelta(days=policy.end < policy.start)
    start, end = datetime.combine(day, policy.start), datetime.combine(last, policy.end)
    opens, closes = readings(start, zone) or [end_of_gap(start, zone)], readings(end, zone) or [end_of_gap(end, zone)]
    return opens[0], closes[-1] + timedelta(seconds=1)
