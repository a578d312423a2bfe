"""A timeline as JSON."""

from __future__ import annotations

from typing_extensions import TypedDict

from backfilld.dates import utc_text, utc_text_or_none
from backfilld.interfaces.forecast_view import to_the_second
from backfilld.interfaces.views import InstanceView, counts_view, instance_view
from backfilld.ports import AttemptTimes
from backfilld.service.timeline import Bar, Timeline
from backfilld.service.timeline_of_date import DateTimeline, Started


class BarView(TypedDict):
    """A date, or a week of dates: what was, from admission to settling, and what is expected at either pace."""

    name: str
    first: str
    last: str
    runs: dict[str, int]
    counts: dict[str, int]
    begin: str | None
    end: str | None
    expected_begin: str | None
    expected_end_p50: str | None
    expected_end_p90: str | None


class TimelineView(TypedDict):
    """Rows in run order, `by` date or week; `windows` are the hours in which something may start.

    What is expected is as of `forecast_at`; null says that there is no forecast, for this `reason`.
    """

    by: str
    rows: list[BarView]
    windows: list[list[str]]
    forecast_at: str | None
    reason: str | None


class TimesView(TypedDict):
    """When a start of a task instance was claimed, began and ended, and what became of it."""

    number: int
    state: str
    claimed_at: str
    started_at: str | None
    ended_at: str | None


class StartedView(InstanceView):
    """A task instance with the last attempts that it was started for, by number."""

    attempts: list[TimesView]


class DateTimelineView(TimelineView):
    """The only row is of the date; `before` and `behind` are the dates beside it in run order.

    `items` are some of its instances, `next` is what to ask for as `after` to go on.
    """

    before: str | None
    behind: str | None
    items: list[StartedView]
    next: int | None


def date_timeline_view(found: DateTimeline) -> DateTimelineView:
    """The timeline of one date as JSON."""
    return {
        **timeline_view(found.timeline),
        "before": found.before.isoformat() if found.before else None,
        "behind": found.behind.isoformat() if found.behind else None,
        "items": [_started(each) for each in found.page.items],
        "next": found.page.next,
    }


def _started(started: Started) -> StartedView:
    return {**instance_view(started.shown), "attempts": [_times(each) for each in started.attempts]}


def _times(attempt: AttemptTimes) -> TimesView:
    return {
        "number": attempt.number,
        "state": attempt.state.value,
        "claimed_at": utc_text(attempt.claimed_at),
        "started_at": utc_text_or_none(attempt.started_at),
        "ended_at": utc_text_or_none(attempt.ended_at),
    }


def timeline_view(found: Timeline) -> TimelineView:
    """The timeline as JSON."""
    answer = found.latest.answer
    return {
        "by": found.unit,
        "rows": [_bar(bar) for bar in found.bars],
        "windows": [[utc_text(opens), utc_text(closes)] for opens, closes in found.windows],
        "forecast_at": utc_text(answer.now) if answer else None,
        "reason": found.latest.reason,
    }


def _bar(bar: Bar) -> BarView:
    return {
        "name": bar.name,
        "first": bar.first.isoformat(),
        "last": bar.last.isoformat(),
        "runs": dict(bar.words),
        "counts": counts_view(bar.counts),
        "begin": utc_text_or_none(bar.begin),
        "end": utc_text_or_none(bar.end),
        "expected_begin": to_the_second(bar.expected_begin),
        "expected_end_p50": to_the_second(bar.expected_end),
        "expected_end_p90": to_the_second(bar.slow_end),
    }
