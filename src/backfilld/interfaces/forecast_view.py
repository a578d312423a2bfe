"""A forecast as JSON tells it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from typing_extensions import TypedDict

from backfilld.dates import utc_text
from backfilld.engine.forecast import Forecast, Stall
from backfilld.interfaces.reasons import SENTENCES, reason
from backfilld.ports import Course, ForecastAnswer
from backfilld.request.durations import assumption
from backfilld.service.forecasts import Latest

HALTS = {
    "not_started": "it is not started",
    "operator": "it is paused",
    "max_failed_dates": "it has paused itself: too many dates have failed",
    "first": "it pauses itself after its first dates, for a look",
}
"""What a halt means for who waits for the end."""
_BLOCKED = "what is left of it waits for what has failed, was cancelled, or is held"


class StallView(TypedDict):
    """Why it never ends by itself, and since when nothing of it moves."""

    since: str
    code: str | None
    message: str


class PaceView(TypedDict):
    """One pace: the end, the openings of run windows in which something starts, and why it never ends."""

    end: str | None
    nights: int
    stall: StallView | None


class DateView(TypedDict):
    """A date: when it begins, and when it ends at either pace; `outlasts`: it may run past the close of its window."""

    bizdate: str
    begin: str | None
    end_p50: str | None
    end_p90: str | None
    outlasts_window: bool


class CourseView(TypedDict):
    """How it goes on in one variant; null is as the request says. `dates` only where one variant was asked for.

    `windows` are the stretches of time, until the end, in which something may start.
    """

    parallelism: int | None
    window: str | None
    p50: PaceView
    p90: PaceView
    dates: list[DateView] | None
    windows: list[list[str]]


class ForecastView(TypedDict):
    """A course a variant; of `tasks` tasks `unknown` ones have no history, and are taken to last `assumed_seconds`."""

    name: str
    now: str
    tasks: int
    unknown: int
    assumed_seconds: float
    note: str
    courses: list[CourseView]


class LatestView(TypedDict):
    """The forecast that was made last, or why there is none."""

    forecast: ForecastView | None
    reason: str | None


def forecast_view(answer: ForecastAnswer) -> ForecastView:
    """All courses; the dates of a lone one."""
    alone = len(answer.courses) == 1
    return {
        "name": answer.name,
        "now": utc_text(answer.now),
        "tasks": answer.tasks,
        "unknown": answer.unknown,
        "assumed_seconds": answer.assumed_seconds,
        "note": assumption(answer.tasks, answer.unknown, answer.assumed_seconds),
        "courses": [_course(each, answer, dates=alone) for each in answer.courses],
    }


def latest_view(latest: Latest) -> LatestView:
    """What is known at once."""
    return {"forecast": forecast_view(latest.answer) if latest.answer else None, "reason": latest.reason}


def _course(course: Course, answer: ForecastAnswer, *, dates: bool) -> CourseView:
    window = course.variant.window
    return {
        "parallelism": course.variant.parallelism,
        "window": f"{window.start:%H:%M}-{window.end:%H:%M}" if window else None,
        "p50": _pace(course.p50),
        "p90": _pace(course.p90),
        "dates": list(_dates(course, answer)) if dates else None,
        "windows": [list(map(utc_text, hours)) for hours in course.windows],
    }


def _pace(forecast: Forecast) -> PaceView:
    stall = forecast.stall
    return {
        "end": to_the_second(forecast.end),
        "nights": len(forecast.openings),
        "stall": {"since": utc_text(stall.since), "code": stall.code, "message": why_stalled(stall)} if stall else None,
    }


def why_stalled(stall: Stall) -> str:
    """Why it never ends by itself, as a sentence."""
    if stall.code in HALTS:
        return HALTS[stall.code]
    if stall.why and stall.code in SENTENCES:
        return reason(stall.why, stall.since)
    return _BLOCKED


def _dates(course: Course, answer: ForecastAnswer) -> Iterator[DateView]:
    for day, likely, slow in zip(answer.dates, course.p50.dates, course.p90.dates, strict=True):
        yield {
            "bizdate": day.isoformat(),
            "begin": to_the_second(likely.begin),
            "end_p50": to_the_second(likely.end),
            "end_p90": to_the_second(slow.end),
            "outlasts_window": slow.outlasts,
        }


def to_the_second(moment: datetime | None) -> str | None:
    """An expected moment: a forecast is no closer than that."""
    return utc_text(moment.replace(microsecond=0)) if moment else None
