"""Own calendars in the catalog folder: how they are written, and what none can say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from catalog.writing import catalog, faults, task
from hypothesis import given
from hypothesis import strategies as st

from backfilld.catalog.calendars import MOST_DATES, WEEKDAYS
from backfilld.catalog.documents import Document
from backfilld.catalog.models import OwnCalendar
from backfilld.catalog.parse import catalog_of, parse_catalog
from backfilld.errors import InvalidCatalog

CHRISTMAS, BOXING = date(2024, 12, 25), date(2024, 12, 26)


def calendar(lines: str) -> OwnCalendar:
    return catalog(f"calendar: bank\n{lines}").calendars["bank"]


@pytest.mark.parametrize(
    "lines",
    [
        "holidays: [{date: 2024-12-25, name: Christmas}, 2024-12-26]",
        'holidays: [{date: "2024-12-25", name: Christmas}, {date: 2024-12-26}]',
        'holidays: {"2024-12-25": Christmas, "2024-12-26": holiday}',
    ],
)
def test_three_ways_to_write_holidays(lines: str) -> None:
    """Dates, dates with names, or names by date; a date without a name is called a holiday."""
    assert calendar(lines) == OwnCalendar("bank", closed={CHRISTMAS: "Christmas", BOXING: "holiday"})


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", {5, 6}),
        ("weekend: [Saturday, Sunday]", {5, 6}),
        ("weekend: [Fri, Sat]", {4, 5}),
        ("weekend: [Sun]", {6}),
        ("weekend: []", set()),
    ],
)
def test_the_weekend(lines: str, expected: set[int]) -> None:
    """Saturday and Sunday unless it says otherwise; Monday is 0."""
    assert calendar(lines) == OwnCalendar("bank", weekend=frozenset(expected))


def test_business_days_alone() -> None:
    """A list of business days says it all: every other day is closed."""
    assert calendar("business_days: [2024-12-27, '2024-12-28']") == OwnCalendar(
        "bank", open_days=frozenset({date(2024, 12, 27), date(2024, 12, 28)})
    )


@pytest.mark.parametrize(
    ("lines", "path", "words"),
    [
        ("holiday: []", "holiday", "did you mean holidays?"),
        ("weekend: Saturday", "weekend", "a list"),
        ("weekend: [Saturday, Sat]", "weekend", "at most six days"),
        ("weekend: [saturday]", "weekend", "Monday Tuesday"),
        ("weekend: [5]", "weekend", "Mon Tue"),
        (f"weekend: [{', '.join(WEEKDAYS)}]", "weekend", "at most six days"),
        ("holidays: 2024-12-25", "holidays", "a list of them"),
        ("holidays: null", "holidays", "a list of them"),
        ("holidays: [2024-12-25, Christmas]", "holidays[1]", "a date yyyy-mm-dd"),
        ("holidays: [20241225]", "holidays[0]", "a date yyyy-mm-dd"),
        ('holidays: ["20241225"]', "holidays[0]", "a date yyyy-mm-dd"),
        ('holidays: ["2024-W01-1"]', "holidays[0]", "a date yyyy-mm-dd"),
        ("holidays: [2024-02-30]", "holidays[0]", "that is in the calendar"),
        ("holidays: [{date: 2024-12-25, day: 1}]", "holidays[0]", "{date: ..., name: ...}"),
        ("holidays: [{name: Christmas}]", "holidays[0]", "{date: ..., name: ...}"),
        ("holidays: [{date: 2024-12-25, name: on}]", "holidays[0]", 'quote it: "on"'),
        ('holidays: {"2024-12-25": ""}', "holidays.2024-12-25", "a name of 1 to 255"),
        ("holidays: {Christmas: Christmas}", "holidays.Christmas", "a date yyyy-mm-dd"),
        ("holidays: [2024-12-25, {date: 2024-12-25}]", "holidays[1]", "every date once"),
        ("business_days: []", "business_days", "a list of 1 to 100,000 dates"),
        ("business_days: {}", "business_days", "a list"),
        ("business_days: [2024-12-25, 2024-12-25]", "business_days[1]", "every date once"),
        ("business_days: [{date: 2024-12-25}]", "business_days[0]", "a date yyyy-mm-dd"),
        ("{business_days: [2024-12-25], weekend: []}", "weekend", "nothing beside business_days"),
        ("{business_days: [2024-12-25], holidays: []}", "holidays", "nothing beside business_days"),
    ],
)
def test_what_no_calendar_can_say(lines: str, path: str, words: str) -> None:
    """One fault with the field's path, its place and what to write instead."""
    text = lines.replace("{", "{calendar: bank, ", 1) if lines.startswith("{") else f"calendar: bank\n{lines}"
    [fault] = faults(text)
    assert fault.path == path
    assert words in fault.allowed
    assert fault.place


@pytest.mark.parametrize("value", ["", "7", "on", "null"])
def test_what_no_calendar_is_called(value: str) -> None:
    """A name is needed, and it is one as projects have it."""
    [fault] = faults(f"calendar: {value}")
    assert fault.path == "calendar"


def test_calendars_stand_beside_projects_or_alone() -> None:
    """A document, or an item of a list, is a calendar by its key; a name comes once in all files."""
    found = catalog(f"{task()}---\ncalendar: one\n---\n- calendar: two\n- {{project: q, workflows: []}}\n")
    assert (sorted(found.calendars), len(found.projects)) == (["one", "two"], 2)
    [fault] = faults("calendar: one\n---\n- calendar: two\n- calendar: one\n")
    assert (fault.path, fault.given) == ("[1].calendar", "one")
    assert "test.yaml:1:1" in fault.allowed
    [fault] = faults("{project: p, calendar: c, workflows: []}")
    assert (fault.path, fault.given) == ("calendar", "the key calendar")


def test_a_calendar_is_part_of_the_version() -> None:
    """Another holiday is another catalog; one without calendars keeps the version that it had before there were any."""
    text = f"{task()}---\ncalendar: bank\nholidays: [2024-12-25]\n"
    assert catalog(text).version != catalog(text.replace("-25", "-26")).version
    assert catalog(text).version != catalog(task()).version
    assert str(catalog(task()).version) == "05a47bf1-c004-59f8-b4af-937dffab9f11"


@given(
    st.dictionaries(st.dates(), st.from_regex(r"[A-Z][a-z]{1,9}", fullmatch=True), max_size=20),
    st.frozensets(st.integers(0, 6), max_size=6),
)
def test_a_calendar_is_read_again(closed: dict[date, str], weekend: frozenset[int]) -> None:
    """What the documents say is what the catalog knows, also when it is read again from its own content."""
    names = [WEEKDAYS[number] for number in sorted(weekend)]
    written = {"calendar": "bank", "weekend": names, "holidays": [{"date": d, "name": n} for d, n in closed.items()]}
    found = parse_catalog([Document("built", written)])
    assert found.calendars == {"bank": OwnCalendar("bank", weekend, closed)}
    assert catalog_of(found.content) == found


@pytest.mark.parametrize("key", ["holidays", "business_days"])
def test_the_most_dates(key: str) -> None:
    """A hundred thousand dates are taken, one more is one fault."""
    days = [date(1900, 1, 1) + timedelta(days=number) for number in range(MOST_DATES + 1)]
    found = parse_catalog([Document("built", {"calendar": "bank", key: days[:-1]})]).calendars["bank"]
    assert len(found.closed) + len(found.open_days or ()) == MOST_DATES
    with pytest.raises(InvalidCatalog) as refused:
        parse_catalog([Document("built", {"calendar": "bank", key: days})])
    [fault] = refused.value.faults
    assert (fault.path, "100,000 dates" in fault.allowed) == (key, True)
