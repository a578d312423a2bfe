"""When the dates of a backfill ran and are expected to run, and when their tasks may start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice, takewhile

from backfilld.engine.diary import DateForecast
from backfilld.planning.plan import Plan
from backfilld.service.folding import name_of
from backfilld.service.forecasts import Forecasts, Latest
from backfilld.service.views import ShownRun, Views

MOST_ROWS = 2000
"""Dates that have a row each; more of them are shown week by week."""
MOST_WINDOWS = 2000
Expected = tuple[DateForecast, DateForecast]
"""A date at the usual pace, and slowly."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Some dates together: from the first admission to the last settling, and what is expected of them.

    `end` is None while one of them is open, and an expected end where one is not expected to end by itself. `counts`
    are by state, `words` those of the runs.
    """

    name: str
    first: date
    last: date
    words: Mapping[str, int]
    counts: tuple[int, ...]
    begin: datetime | None
    end: datetime | None
    expected_begin: datetime | None
    expected_end: datetime | None
    slow_end: datetime | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Bars in run order, by `unit`: date or week; the hours in which their tasks may start; and the forecast used."""

    unit: str
    bars: tuple[Bar, ...]
    windows: tuple[tuple[datetime, datetime], ...]
    latest: Latest


def timeline(views: Views, forecasts: Forecasts, backfill: int, first: date | None, last: date | None) -> Timeline:
    """Of the dates from `first` to `last`; raises as `Views.whole` does."""
    plan = views.whole(backfill).plan
    page = views.runs(backfill, None, len(plan.dates))
    runs = [run for run in page.items if (first or date.min) <= run.business_date <= (last or date.max)]
    return drawn(plan, runs, forecasts.latest(backfill))


def drawn(plan: Plan, runs: Sequence[ShownRun], latest: Latest) -> Timeline:
    """These dates of a backfill."""
    unit = "date" if len(runs) <= MOST_ROWS else "week"
    expected = dict(_expected(latest))
    together: dict[str, list[ShownRun]] = {}
    for run in runs:
        together.setdefault(name_of(run.business_date, unit), []).append(run)
    bars = tuple(_bar(name, each, expected) for name, each in together.items())
    return Timeline(unit, bars, tuple(_windows(plan, bars)), latest)


def _expected(latest: Latest) -> Iterator[tuple[date, Expected]]:
    if latest.answer:
        course = latest.answer.courses[0]
        yield from zip(latest.answer.dates, zip(course.p50.dates, course.p90.dates, strict=True), strict=True)


def _bar(name: str, runs: Sequence[ShownRun], expected: Mapping[date, Expected]) -> Bar:
    days = [run.business_date for run in runs]
    coming = [expected[run.business_date] for run in runs if run.settled_at is None and run.business_date in expected]
    return Bar(
        name=name,
        first=min(days),
        last=max(days),
        words=Counter(run.word for run in runs),
        counts=tuple(map(sum, zip(*(run.counts for run in runs), strict=True))),
        begin=_first(run.admitted_at for run in runs),
        end=_all(run.settled_at for run in runs),
        expected_begin=_first(usual.begin for usual, _ in coming),
        expected_end=_all(usual.end for usual, _ in coming),
        slow_end=_all(slow.end for _, slow in coming),
    )


def _windows(plan: Plan, bars: Iterable[Bar]) -> Iterator[tuple[datetime, datetime]]:
    """When tasks may start, from the first moment that a bar shows to the last; none if they always may."""
    moments = [
        moment
        for bar in bars
        for moment in (bar.begin, bar.end, bar.expected_begin, bar.expected_end, bar.slow_end)
        if moment is not None
    ]
    if not moments:
        return
    begin, end = min(moments), max(moments)
    each = dict.fromkeys(task.window for task in plan.tasks if task.window)
    found = {hours for window in each for hours in takewhile(lambda hours: hours[0] <= end, window.stretches(begin))}
    yield from islice(sorted(found), MOST_WINDOWS)


def _first(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _all(moments: Iterable[datetime | None]) -> datetime | None:
    """The last, if there are any and all of them are known."""
    known = list(moments)
    return max((moment for moment in known if moment is not None), default=None) if None not in known else None
