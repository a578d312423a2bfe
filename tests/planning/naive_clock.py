"""Crons on the clock of a zone, naively: every minute of a day is tried (spec 4.2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}


def matches(field: str, value: int, low: int, high: int) -> bool:
    """Whether one field of a cron takes the value."""
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, last = (low, high) if span == "*" else (int(span.split("-")[0]), int(span.split("-")[-1]))
        if step and "-" not in span and span != "*":
            last = high
        if first <= value <= last and (value - first) % int(step or 1) == 0:
            return True
    return False


def fires_on(cron: str, day: date) -> bool:
    """Day of month and weekday: both, if either starts with a star; else either."""
    _, _, days, months, weekdays = cron.split()
    weekday = day.isoweekday() % 7
    on_day = matches(days, day.day, 1, 31)
    on_weekday = matches(weekdays, weekday, 0, 7) or (weekday == 0 and matches(weekdays, 7, 0, 7))
    both = days.startswith("*") or weekdays.startswith("*")
    return matches(months, day.month, 1, 12) and (on_day and on_weekday if both else on_day or on_weekday)


def readings(naive: datetime, zone: ZoneInfo) -> list[datetime]:
    """The moments that read so on the zone's clock: none in a gap, two in a repeat."""
    moments = {naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(m for m in moments if m.astimezone(zone).replace(tzinfo=None) == naive)


def end_of_gap(naive: datetime, zone: ZoneInfo) -> datetime:
    """The first moment whose reading is later than a time that the clock skips."""
    early, late = sorted(naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    while late - early > SECOND:
        middle = early + (late - early) // 2
        middle = middle.replace(microsecond=0)
        early, late = (early, middle) if middle.astimezone(zone).replace(tzinfo=None) > naive else (middle, late)
    return late


@cache
def minutes_of_day(minutes: str, hours: str) -> tuple[int, ...]:
    """The minutes of a day that both fields take, each tried."""
    every = range(24 * 60)
    return tuple(n for n in every if matches(minutes, n % 60, 0, 59) and matches(hours, n // 60, 0, 23))


@cache
def placed(cron: str, zone_name: str, day: date) -> tuple[tuple[time, datetime | None], ...]:
    """Every naive time of a day at which the cron fires, with its moment; None where it falls on another date."""
    cron, zone = WORDS.get(cron, cron), ZoneInfo(zone_name)
    minutes, hours = cron.split()[:2]
    elastic = hours == "*" or "/" in hours
    result: list[tuple[time, datetime | None]] = []
    for number in minutes_of_day(minutes, hours) if fires_on(cron, day) else ():
        naive = datetime.combine(day, time()) + number * MINUTE
        moments = readings(naive, zone)
        if not elastic:
            moments = moments[:1] or [end_of_gap(naive, zone)]
        result += [(naive.time(), m if m.astimezone(zone).date() == day else None) for m in moments]
    return tuple(result)
