"""Own calendars: documents that say which dates are business days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from backfilld.catalog.documents import Path, shown
from backfilld.catalog.fields import Refused, Section, mapping, name, sequence
from backfilld.catalog.models import OwnCalendar

MOST_DATES = 100_000
UNNAMED = "holiday"
"""What a date is called that the document only lists."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT = {word[:3]: number for number, word in enumerate(WEEKDAYS)}
_NUMBERS = {word: number for number, word in enumerate(WEEKDAYS)} | _SHORT
_KEYS = ("calendar", "weekend", "holidays", "business_days")
_DATE = "a date yyyy-mm-dd that is in the calendar"
_Entry = tuple[Path, object, object]
"""Where a holiday stands, its date, and what it is called."""


def is_calendar(value: object) -> bool:
    """Whether a document's value is a calendar, not a project."""
    return isinstance(value, Mapping) and "calendar" in value and "project" not in value


def read_calendar(section: Section) -> OwnCalendar:
    """The calendar of a document: every day but weekend and holidays, or `business_days` alone."""
    section.allow_only(_KEYS)
    found = OwnCalendar(
        name=section.needed("calendar", name) or "",
        weekend=section.take("weekend", _weekend, OwnCalendar("").weekend),
        closed=_holidays(section),
    )
    if "business_days" not in section:
        return found
    for key in ("weekend", "holidays"):
        if key in section:
            section.refuse(key, "nothing beside business_days: all other days are closed")
    return OwnCalendar(found.name, open_days=_business_days(section))


def _weekend(value: object) -> frozenset[int]:
    days = [_NUMBERS.get(word) if isinstance(word, str) else None for word in sequence(value)]
    if None in days or len(set(days)) < len(days) or len(days) == len(WEEKDAYS):
        raise Refused(f"a list of at most six days: {' '.join(WEEKDAYS)}, or {' '.join(_SHORT)}")
    return frozenset(day for day in days if day is not None)


def _holidays(section: Section) -> dict[date, str]:
    found: dict[date, str] = {}
    for path, written, called in _entries(section):
        if day := _day_once(section, path, written, found):
            found[day] = _called(section, path, called)
    return found


def _business_days(section: Section) -> frozenset[date]:
    found: dict[date, str] = {}
    none: Sequence[object] = ()
    for number, written in enumerate(section.take("business_days", _dates, none)):
        if day := _day_once(section, ("business_days", number), written, found):
            found[day] = ""
    return frozenset(found)


def _entries(section: Section) -> Iterator[_Entry]:
    """The three ways to write holidays, as one."""
    none: Mapping[str, object] | Sequence[object] = ()
    given = section.take("holidays", _dates_or_names, none)
    if isinstance(given, Mapping):
        yield from ((("holidays", written), written, called) for written, called in given.items())
        return
    for number, item in enumerate(given):
        path: Path = ("holidays", number)
        if not isinstance(item, Mapping):
            yield path, item, UNNAMED
        elif not item.keys() <= {"date", "name"} or "date" not in item:
            section.accuse(path, shown(item), "a date, or {date: ..., name: ...}")
        else:
            yield path, item["date"], item.get("name", UNNAMED)


def _day_once(section: Section, path: Path, written: object, known: Mapping[date, str]) -> date | None:
    """The date, unless it is none or is there already: that is a fault."""
    try:
        found = day(written)
    except Refused as refused:
        section.accuse(path, shown(written), str(refused))
        return None
    if found in known:
        section.accuse(path, shown(written), "every date once")
        return None
    return found


def _called(section: Section, path: Path, given: object) -> str:
    try:
        return name(given)
    except Refused as refused:
        section.accuse(path, shown(given), str(refused))
        return UNNAMED


def day(value: object) -> date:
    """Reads an ISO date, quoted or not."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.isoformat() != value:  # the library reads 20240101 and 2024-W01-1 too
        raise Refused(_DATE)
    return found


def _dates(value: object) -> Sequence[object]:
    """Reads a list of at least one and not too many items."""
    found = sequence(value)
    if not 1 <= len(found) <= MOST_DATES:
        raise Refused(f"a list of 1 to {MOST_DATES:,} dates")
    return found


def _dates_or_names(value: object) -> Mapping[str, object] | Sequence[object]:
    found = mapping(value) if isinstance(value, Mapping) else value
    if not isinstance(found, Mapping | list) or len(found) > MOST_DATES:
        raise Refused(f"at most {MOST_DATES:,} dates: a list of them, of {{date: ..., name: ...}}, or date: name")
    return found
