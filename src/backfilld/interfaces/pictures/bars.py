"""What the picture of a forecast has bars for: the dates of its course, or the courses that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backfilld.interfaces.pictures.reading import View

MOST_ROWS = 62
"""More dates than two months have share rows: a bar a stretch of dates."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Some dates, or a variant: from when on it runs, and when it is done at either pace (None: never)."""

    name: str
    begin: datetime | None
    likely: datetime | None
    slow: datetime | None
    outlasts: bool


@dataclass(frozen=True, slots=True)
class Band:
    """Bars, one below the other, and the stretches of time in which what they stand for may start."""

    bars: Sequence[Bar]
    hours: Sequence[Sequence[str]]


def bands_of(view: View) -> list[Band]:
    """The dates of a lone course, in run order; of several courses one bar each, in the order asked."""
    courses = view["courses"]
    if len(courses) == 1:
        return [Band(_dates(courses[0]), courses[0]["windows"])]
    begin = _moment(view["now"])
    varied = [key for key in ("parallelism", "window") if len({course[key] for course in courses}) > 1]
    return [Band([_variant(course, begin, varied)], course["windows"]) for course in courses]


def _dates(course: View) -> list[Bar]:
    """A bar a date; where these are many, a bar for as many dates as it takes."""
    dates = course["dates"]
    each = -(-len(dates) // MOST_ROWS) or 1
    return [_stretch(dates[start : start + each]) for start in range(0, len(dates), each)]


def _stretch(dates: Sequence[View]) -> Bar:
    first, last = dates[0]["bizdate"], dates[-1]["bizdate"]
    likely, slow = ([_moment(day[end]) for day in dates] for end in ("end_p50", "end_p90"))
    return Bar(
        name=first if first == last else f"{first} …",
        begin=min(filter(None, (_moment(day["begin"]) for day in dates)), default=None),
        likely=_last(likely),
        slow=_last(slow),
        outlasts=any(day["outlasts_window"] for day in dates),
    )


def _last(ends: Sequence[datetime | None]) -> datetime | None:
    return None if None in ends else max(filter(None, ends), default=None)


def _variant(course: View, begin: datetime | None, varied: Sequence[str]) -> Bar:
    """Named by what tells it from the others."""
    named = [str(course[key]) for key in varied]
    name = f"parallelism {named[0]}" if varied == ["parallelism"] else ", ".join(named)
    return Bar(name, begin, _moment(course["p50"]["end"]), _moment(course["p90"]["end"]), outlasts=False)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
