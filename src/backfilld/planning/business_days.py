"""Which dates are business days of a calendar, and why the others are not (spec 3, `calendar`).

The libraries load when first needed: pandas, which exchanges need, takes a second and much memory.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from backfilld.catalog.documents import shown
from backfilld.catalog.fields import near
from backfilld.catalog.models import OwnCalendar
from backfilld.errors import Fault, InvalidRequest

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar
    from holidays import HolidayBase

Why = Callable[[date], str | None]
"""Why a date is no business day; None where it is one."""

CLOSED = "closed"
INSTALL = "exchanges need `pip install 'backfilld[exchanges]'`"
KINDS = "a country (DE, DE-BY), an exchange (XNYS) or a calendar of the catalog"
KEPT = 16  # exchanges: building one takes half a second
LANGUAGE = "en_US"  # without one, names would follow the locale of the host
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_warnings_of_the_process = Lock()


def closed_days(name: str, own: Mapping[str, OwnCalendar], dates: Sequence[date]) -> dict[date, str]:
    """The dates that are no business days, in the order given, each with the holiday, the weekday or `closed`.

    The name is one of the `own` calendars, else a country with or without a subdivision (ISO 3166), else an exchange
    (ISO 10383). Half days are open. Raises `InvalidRequest` for an unknown name and for dates that a library knows
    nothing of.
    """
    if not dates:
        return {}
    why = _calendar(name, own, dates)
    return {day: reason for day in dates if (reason := why(day)) is not None}


def _calendar(name: str, own: Mapping[str, OwnCalendar], dates: Sequence[date]) -> Why:
    if name in own:
        return _own(own[name])
    code, dash, part = name.partition("-")
    countries = _countries()
    if code in countries:
        return _country(code, part if dash else None, dates)
    exchanges = _exchanges()
    if name in exchanges:
        return _exchange(name, dates)
    hint = near(name, own) or near(name.upper(), [*countries, *exchanges])
    raise _refused(name, "; ".join([KINDS] if exchanges else [KINDS, INSTALL]) + hint)


def _refused(name: str, allowed: str, when: str = "") -> InvalidRequest:
    return InvalidRequest([Fault("calendar", shown(name) + when, allowed)])


def _own(calendar: OwnCalendar) -> Why:
    def is_open(day: date) -> bool:
        if calendar.open_days is not None:
            return day in calendar.open_days
        return day not in calendar.closed and day.weekday() not in calendar.weekend

    def why(day: date) -> str | None:
        weekday = WEEKDAYS[day.weekday()] if day.weekday() in calendar.weekend else CLOSED
        return None if is_open(day) else calendar.closed.get(day) or weekday

    return why


def _countries() -> frozenset[str]:
    from holidays.registry import EntityLoader

    return frozenset(EntityLoader.get_country_codes())


def _country(code: str, part: str | None, dates: Sequence[date]) -> Why:
    found = _holidays(code, part, dates)
    _within(code, dates, date(found.start_year, 1, 1), date(found.end_year, 12, 31))
    names = dict(found)

    def why(day: date) -> str | None:
        if found.is_working_day(day):
            return None
        return names.get(day) or WEEKDAYS[day.weekday()]

    return why


def _holidays(code: str, part: str | None, dates: Sequence[date]) -> HolidayBase:
    """The country's holidays in the years of the dates.

    The years are given at once: the library expands none of its own accord when it is asked about a weekend.
    """
    import holidays

    parts: Collection[str] = getattr(holidays, code).subdivisions
    if part is not None and part not in parts:
        known = [f"{code}-{each}" for each in parts]
        allowed = f"{code}, or with one of its {len(known)} parts" if known else f"{code}, which has no parts"
        raise _refused(f"{code}-{part}", allowed + (_few(known) or near(f"{code}-{part}", known)))
    years = {day.year for day in dates}
    # Where it lacks the holidays of some years, it only warns. Filters are the whole process's: one thread at a time.
    with _warnings_of_the_process, warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            return holidays.country_holidays(code, subdiv=part, years=years, expand=False, language=LANGUAGE)
        except UserWarning as warning:
            raise _refused(code, f"dates that the library knows: {warning}", _span(dates)) from None


def _few(known: Sequence[str]) -> str:
    return f": {', '.join(known)}" if 0 < len(known) <= 20 else ""


def _exchanges() -> frozenset[str]:
    """No exchange is known where the library is not installed."""
    try:
        import exchange_calendars
    except ImportError:
        return frozenset()
    return frozenset(exchange_calendars.get_calendar_names())


def _exchange(name: str, dates: Sequence[date]) -> Why:
    first, last = _bounds(name)
    _within(name, dates, first, last)
    start, end = date(min(dates).year, 1, 1), date(max(dates).year, 12, 31)
    return _sessions(name, max(start, first or start), min(end, last or end)).why


@dataclass(frozen=True, slots=True)
class _Sessions:
    """The dates on which an exchange is open, and what its holidays are called."""

    dates: frozenset[date]
    weekdays: frozenset[tuple[int, int]]
    """The years with the weekdays of their sessions: Tel Aviv has moved its weekend."""
    names: Mapping[date, str]

    def why(self, day: date) -> str | None:
        if day in self.dates:
            return None
        weekend = (day.year, day.weekday()) not in self.weekdays
        return self.names.get(day) or (WEEKDAYS[day.weekday()] if weekend else CLOSED)


@lru_cache(KEPT)
def _bounds(name: str) -> tuple[date | None, date | None]:
    """The first and the last date that the library knows, where it says so."""
    kind = _kind(name)
    first, last = kind.bound_min(), kind.bound_max()
    return first and first.date(), last and last.date()


@lru_cache(KEPT)
def _kind(name: str) -> type[ExchangeCalendar]:
    import exchange_calendars

    return type(exchange_calendars.get_calendar(name))


@lru_cache(KEPT)
def _sessions(name: str, start: date, end: date) -> _Sessions:
    """Of whole years, as far as they are known: the library refuses a range without a session."""
    calendar = _kind(name)(start=start, end=end)
    dates = frozenset(calendar.sessions.date)
    return _Sessions(dates, frozenset((day.year, day.weekday()) for day in dates), _names(calendar, start, end))


def _names(calendar: ExchangeCalendar, start: date, end: date) -> dict[date, str]:
    """What the exchange's regular holidays are called; several on a date are joined, as for countries."""
    if calendar.regular_holidays is None:
        return {}
    names: dict[date, str] = {}
    for stamp, name in calendar.regular_holidays.holidays(start, end, return_name=True).items():
        day = stamp.date()
        names[day] = f"{names[day]}; {name}" if day in names else name
    return names


def _within(name: str, dates: Sequence[date], first: date | None, last: date | None) -> None:
    """Beyond what a library knows every weekday would pass for a business day."""
    if (first and min(dates) < first) or (last and max(dates) > last):
        known = [f"from {first}"] * bool(first) + [f"up to {last}"] * bool(last)
        raise _refused(name, f"dates {' '.join(known)}, which the library knows", _span(dates))


def _span(dates: Sequence[date]) -> str:
    return f" for {min(dates)} to {max(dates)}"
