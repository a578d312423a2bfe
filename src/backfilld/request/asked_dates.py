"""The business dates that a request asks for, and the window of the day that picks cycles; counted, not expanded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from backfilld.catalog.documents import Path
from backfilld.dates import WHOLE_DAY, DayWindow, Period, merged
from backfilld.request.faults import FieldFault
from backfilld.request.models import BizDates, Periods
from backfilld.request.resolved import Limits

_DATES: Path = ("periods", "biz_dates")


def asked_periods(periods: Periods | None) -> tuple[Period, ...]:
    """The ranges, as given; those that end before they start are left out."""
    return tuple(map(_period, filter(_is_forward, periods.biz_dates))) if periods else ()


def asked_window(periods: Periods | None) -> DayWindow:
    """Both ends included; the whole day unless both are given."""
    if periods is None or periods.start_time is None or periods.end_time is None:
        return WHOLE_DAY
    return DayWindow(periods.start_time, periods.end_time)


def date_faults(periods: Periods | None, limits: Limits) -> Iterator[FieldFault]:
    """What is wrong with ranges and window."""
    if periods is None:
        allowed = "ranges of business dates: type SupplementData needs them"
        yield FieldFault(("periods",), "nothing", allowed, (("type",),))
        return
    yield from _range_faults(periods.biz_dates, limits)
    yield from _window_faults(periods)


def _range_faults(ranges: Sequence[BizDates], limits: Limits) -> Iterator[FieldFault]:
    if len(ranges) > limits.ranges:
        yield FieldFault(_DATES, f"{len(ranges):,} items", f"at most {limits.ranges:,} items")
        return
    for position, each in enumerate(ranges):
        if not _is_forward(each):
            allowed = f"not before start_biz_date ({each.start_biz_date})"
            yield FieldFault((*_DATES, position, "end_biz_date"), str(each.end_biz_date), allowed)
    yield from _count_faults(ranges, limits.dates)


def _count_faults(ranges: Sequence[BizDates], most: int) -> Iterator[FieldFault]:
    """The range that brings one date too many."""
    so_far = accumulate(([_period(each)] if _is_forward(each) else [] for each in ranges), lambda a, b: merged(a + b))
    for position, count in enumerate(sum(map(len, periods)) for periods in so_far):
        if count > most:
            given = f"{count:,} business dates" + (" with those before" if position else "")
            yield FieldFault((*_DATES, position), given, f"at most {most:,} business dates")
            return


def _window_faults(periods: Periods) -> Iterator[FieldFault]:
    start, end = periods.start_time, periods.end_time
    if (start is None) != (end is None):
        missing = "start_time" if start is None else "end_time"
        yield FieldFault(("periods", missing), "nothing", "both start_time and end_time, or neither")
    elif start and end and end < start:
        yield FieldFault(("periods", "end_time"), str(end), f"not before start_time ({start}): a window never wraps")


def _is_forward(each: BizDates) -> bool:
    return each.start_biz_date <= each.end_biz_date


def _period(each: BizDates) -> Period:
    return Period(each.start_biz_date, each.end_biz_date)
