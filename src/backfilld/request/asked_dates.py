"""The business dates that a request asks for, and the window of the day that picks cycles; counted, not expanded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import accumulate

from backfilld.catalog.documents import Path
from backfilld.dates import DAY, WHOLE_DAY, DayWindow, Period, merged
from backfilld.request.faults import FieldFault
from backfilld.request.models import FIRST_YEAR, LAST_YEAR, BackfillRequest, BizDates, Periods
from backfilld.request.relative import days_back
from backfilld.request.resolved import Limits

_DATES: Path = ("periods", "biz_dates")
_TYPE: tuple[Path, ...] = (("type",),)
_TODAY: tuple[Path, ...] = (("project_id",),)
"""What today is, the project's zone says."""


def dated(request: BackfillRequest, today: date) -> BackfillRequest:
    """The request with dates in place of words, and where a type may leave its date out, with yesterday."""
    if request.periods is None:
        if request.type == "SupplementData":
            return request
        yesterday = today - DAY
        only = Periods(biz_dates=[BizDates(start_biz_date=yesterday, end_biz_date=yesterday)])
        return request.model_copy(update={"periods": only})
    ranges = [dated_range(each, today) for each in request.periods.biz_dates]
    if ranges == request.periods.biz_dates:
        return request
    return request.model_copy(update={"periods": request.periods.model_copy(update={"biz_dates": ranges})})


def asked_day(asked: date | str, today: date) -> date | str:
    """The date that is meant; a word that leads out of the years of a request stays."""
    back = days_back(asked)
    if back is None:
        return asked
    ordinal = today.toordinal() - back
    return date.fromordinal(ordinal) if ordinal >= date(FIRST_YEAR, 1, 1).toordinal() else asked


def asked_periods(periods: Periods | None) -> tuple[Period, ...]:
    """The ranges, as given; those that end before they start are left out."""
    return periods_of(periods.biz_dates) if periods else ()


def periods_of(ranges: Iterable[BizDates]) -> tuple[Period, ...]:
    """The same of ranges that stand elsewhere."""
    return tuple(filter(None, map(_period, ranges)))


def asked_window(periods: Periods | None) -> DayWindow:
    """Both ends included; the whole day unless both are given."""
    if periods is None or periods.start_time is None or periods.end_time is None:
        return WHOLE_DAY
    return DayWindow(periods.start_time, periods.end_time)


def date_faults(asked: BackfillRequest, meant: BackfillRequest, limits: Limits) -> Iterator[FieldFault]:
    """What is wrong with ranges and window, told as they were asked."""
    if asked.periods is None or meant.periods is None:
        if asked.type == "SupplementData":
            allowed = "ranges of business dates: type SupplementData needs them"
            yield FieldFault(("periods",), "nothing", allowed, _TYPE)
        return
    yield from range_faults(asked.periods.biz_dates, meant.periods.biz_dates, limits)
    yield from _window_faults(asked.periods) if asked.type == "SupplementData" else _more_than_one(asked, meant.periods)


def dated_range(each: BizDates, today: date) -> BizDates:
    """The range with dates in place of words."""
    first, last = asked_day(each.start_biz_date, today), asked_day(each.end_biz_date, today)
    if (first, last) == (each.start_biz_date, each.end_biz_date):
        return each
    return each.model_copy(update={"start_biz_date": first, "end_biz_date": last})


def range_faults(
    asked: Sequence[BizDates], meant: Sequence[BizDates], limits: Limits, path: Path = _DATES
) -> Iterator[FieldFault]:
    """What is wrong with ranges that stand at a path, told as they were asked."""
    if len(asked) > limits.ranges:
        yield FieldFault(path, f"{len(asked):,} items", f"at most {limits.ranges:,} items")
        return
    yield from _order_faults(asked, meant, path)
    yield from _count_faults(meant, limits.dates, path)


def _order_faults(asked: Sequence[BizDates], meant: Sequence[BizDates], path: Path) -> Iterator[FieldFault]:
    for position, (words, days) in enumerate(zip(asked, meant, strict=True)):
        for end in ("start_biz_date", "end_biz_date"):
            if isinstance(getattr(days, end), str):
                allowed = f"a day of the years {FIRST_YEAR} to {LAST_YEAR}"
                yield FieldFault((*path, position, end), getattr(words, end), allowed, _TODAY)
        first, last = days.start_biz_date, days.end_biz_date
        if isinstance(first, date) and isinstance(last, date) and last < first:
            allowed = f"not before start_biz_date ({_told(words.start_biz_date, first)})"
            yield FieldFault((*path, position, "end_biz_date"), _told(words.end_biz_date, last), allowed)


def _told(asked: date | str, meant: date) -> str:
    """A date as it was asked, and what it means.

    >>> _told("-7d", date(2024, 1, 1)), _told(date(2024, 1, 1), date(2024, 1, 1))
    ('-7d, which is 2024-01-01', '2024-01-01')
    """
    return str(meant) if asked == meant else f"{asked}, which is {meant}"


def _count_faults(ranges: Sequence[BizDates], most: int, path: Path) -> Iterator[FieldFault]:
    """The range that brings one date too many."""
    found = ([period] if (period := _period(each)) else [] for each in ranges)
    for position, count in enumerate(sum(map(len, periods)) for periods in accumulate(found, _joined)):
        if count > most:
            given = f"{count:,} business dates" + (" with those before" if position else "")
            yield FieldFault((*path, position), given, f"at most {most:,} business dates")
            return


def _joined(before: list[Period], more: list[Period]) -> list[Period]:
    return merged(before + more)


def _window_faults(periods: Periods) -> Iterator[FieldFault]:
    start, end = periods.start_time, periods.end_time
    if (start is None) != (end is None):
        missing = "start_time" if start is None else "end_time"
        yield FieldFault(("periods", missing), "nothing", "both start_time and end_time, or neither", _TYPE)
    elif start and end and end < start:
        yield FieldFault(("periods", "end_time"), str(end), f"not before start_time ({start}): a window never wraps")


def _more_than_one(asked: BackfillRequest, periods: Periods) -> Iterator[FieldFault]:
    """A type with one run takes one date, and no window: its cycle is the moment of acceptance."""
    ranges = periods.biz_dates
    allowed = f"at most one business date: type {asked.type} has one run"
    if len(ranges) > 1:
        yield FieldFault(_DATES, f"{len(ranges)} ranges", allowed, _TYPE)
    elif (period := _period(ranges[0])) and len(period) > 1:
        yield FieldFault((*_DATES, 0), f"{len(period):,} business dates", allowed, _TYPE)
    for name in ("start_time", "end_time"):
        if (given := getattr(periods, name)) is not None:
            allowed = f"to be left out; the one cycle of type {asked.type} is the moment of acceptance"
            yield FieldFault(("periods", name), str(given), allowed, _TYPE)


def _period(each: BizDates) -> Period | None:
    """The range; None if it ends before it starts, or while one of its ends is a word."""
    first, last = each.start_biz_date, each.end_biz_date
    return Period(first, last) if isinstance(first, date) and isinstance(last, date) and first <= last else None
