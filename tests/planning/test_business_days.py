"""Business days: which dates a calendar closes, and what it says of them."""

from __future__ import annotations

import sys
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.catalog.models import OwnCalendar
from backfilld.errors import InvalidRequest
from backfilld.planning.business_days import closed_days

NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
COUNTRIES = ("DE", "US-NY", "CN", "SA", "GB", "JP")
"""With observed holidays, workdays on weekends, a weekend that moved."""
EXCHANGES = ("XNYS", "XTAE", "ASEX")
"""With a weekend that moved, and the Easter of the East."""
days = st.dates(date(2004, 1, 1), date(2026, 12, 31))


def days_of(first: date, last: date) -> list[date]:
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def why(name: str, day: date) -> str | None:
    return closed_days(name, {}, [day]).get(day)


def refusal(name: str, *dates: date, own: dict[str, OwnCalendar] | None = None) -> str:
    with pytest.raises(InvalidRequest) as refused:
        closed_days(name, own or {}, dates)
    (fault,) = refused.value.faults
    assert fault.path == "calendar"
    return str(fault)


@pytest.mark.parametrize(
    ("name", "day", "reason"),
    [
        ("DE", date(2024, 1, 1), "New Year's Day"),
        ("DE", date(2024, 1, 6), "Saturday"),
        ("DE", date(2024, 11, 1), None),
        ("DE-BY", date(2024, 11, 1), "All Saints' Day"),
        ("DE", date(2024, 12, 24), None),  # half a day for many
        ("US-NY", date(2021, 12, 24), "Christmas Day (observed)"),
        ("US", date(2021, 12, 31), "New Year's Day (observed)"),  # of the next year
        ("US-NY", date(2024, 2, 12), "Lincoln's Birthday"),
        ("CN", date(2011, 12, 31), None),  # a Saturday that was worked
        ("CN", date(2012, 1, 3), "Day off (substituted from 12/31/2011)"),
        ("SA", date(2012, 1, 5), "Thursday"),  # the weekend moved in 2013
        ("SA", date(2014, 1, 9), None),
        ("SA", date(2014, 1, 10), "Friday"),
        ("XNYS", date(2024, 3, 29), "Good Friday"),
        ("XNYS", date(2024, 11, 29), None),  # half a day
        ("XNYS", date(2001, 9, 12), "closed"),  # by no rule
        ("XNYS", date(2024, 11, 30), "Saturday"),
        ("XTAE", date(2024, 1, 7), None),  # open on Sundays until 2026
        ("XTAE", date(2024, 1, 5), "Friday"),
        ("ASEX", date(2024, 5, 3), "Good Friday"),  # the Orthodox one
        ("XETR", date(2024, 5, 9), None),  # Ascension closes Germany, not its exchange
        ("24/7", date(2024, 12, 25), None),
    ],
)
def test_what_is_closed_says_why(name: str, day: date, reason: str | None) -> None:
    """A date is a business day, or is called by its holiday, else by its weekday of the weekend, else closed."""
    assert why(name, day) == reason


@pytest.mark.parametrize("name", COUNTRIES)
@given(day=days, others=st.lists(days, max_size=3))
def test_a_date_does_not_depend_on_its_company(name: str, day: date, others: list[date]) -> None:
    """Whether and why a date is closed is the same whatever other dates are asked about with it."""
    assert closed_days(name, {}, [*others, day]).get(day) == why(name, day)


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_year_of_an_exchange_does_not_depend_on_its_company(name: str) -> None:
    """A year has the same closed dates alone as among others."""
    year, years = days_of(date(2025, 1, 1), date(2025, 12, 31)), days_of(date(2023, 1, 1), date(2026, 12, 31))
    among = closed_days(name, {}, years)
    assert closed_days(name, {}, year) == {day: among[day] for day in year if day in among}


@pytest.mark.parametrize("name", COUNTRIES + EXCHANGES)
def test_closed_dates_keep_the_order_of_the_asked_ones(name: str) -> None:
    """Only asked dates are answered, in the order in which they were asked."""
    asked = days_of(date(2024, 1, 1), date(2024, 12, 31))[::-1]
    closed = closed_days(name, {}, asked)
    assert list(closed) == [day for day in asked if day in closed]
    assert 100 < len(closed) < 130


@pytest.mark.parametrize("language", ["de", "th", "uk"])
def test_names_are_english_on_every_host(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same plan has the same words wherever it is made."""
    monkeypatch.setenv("LANGUAGE", language)
    assert why("DE", date(2024, 1, 1)) == "New Year's Day"
    assert why("UA", date(2021, 1, 1)) == "New Year's Day"


own_calendars = st.builds(
    OwnCalendar,
    st.just("own"),
    st.frozensets(st.integers(0, 6)),
    st.dictionaries(st.dates(date(2024, 1, 1), date(2024, 1, 31)), st.sampled_from(["", "stocktaking"])),
    st.none() | st.frozensets(st.dates(date(2024, 1, 1), date(2024, 1, 31))),
)


@given(own_calendars)
def test_own_calendars_are_followed_to_the_letter(calendar: OwnCalendar) -> None:
    """Open are the open days alone where given, else every day but the weekend and the closed ones."""
    january = days_of(date(2024, 1, 1), date(2024, 1, 31))
    weekend = {day for day in january if day.weekday() in calendar.weekend}
    shut = weekend | set(calendar.closed) if calendar.open_days is None else set(january) - calendar.open_days

    closed = closed_days("own", {"own": calendar}, january)

    assert set(closed) == shut
    for day, reason in closed.items():
        unnamed = NAMES[day.weekday()] if day in weekend else "closed"
        assert reason == (calendar.closed.get(day) or unnamed)


def test_own_calendars_win_over_the_libraries() -> None:
    """A calendar of the catalog may bear the name of a country: it is the one that is meant."""
    calendar = OwnCalendar("DE", frozenset(), {date(2024, 1, 2): "stocktaking"})
    asked = days_of(date(2024, 1, 1), date(2024, 1, 7))
    assert closed_days("DE", {"DE": calendar}, asked) == {date(2024, 1, 2): "stocktaking"}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("de", "did you mean DE"),
        ("XNYX", "XNYS"),
        ("DE-XX", "DE-BY"),
        ("DE-", "DE-BY"),
        ("US-NYC", "did you mean US-NY"),
        ("XK-1", "XK, which has no parts"),
        ("factroy", "did you mean factory?"),
        ("HolidayBase", "a country (DE, DE-BY), an exchange (XNYS) or a calendar of the catalog"),
        ("", "a country"),
        ("x" * 1_000_000, "a country"),
    ],
)
def test_an_unknown_calendar_gets_near_names(name: str, hint: str) -> None:
    """A name that is no calendar is refused with the names that could have been meant, and is cut when long."""
    text = refusal(name, date(2024, 1, 1), own={"factory": OwnCalendar("factory")})
    assert hint in text
    assert len(text) < 500


@pytest.mark.parametrize(
    ("name", "first", "last", "known"),
    [
        ("DE", date(1990, 12, 31), date(1991, 1, 1), "1991-01-01"),
        ("DE", date(2024, 1, 1), date(2101, 1, 1), "2100-12-31"),
        ("LK", date(2020, 1, 1), date(2199, 12, 31), "2003-01-01 up to"),
        ("IN", date(2000, 12, 31), date(2024, 1, 1), "2001 to 2035"),
        ("XTKS", date(1996, 12, 31), date(2024, 1, 1), "1997-01-01"),
        ("XHKG", date(2024, 1, 1), date(2050, 1, 1), "2049-12-31"),
    ],
)
def test_dates_that_a_library_does_not_know(name: str, first: date, last: date, known: str) -> None:
    """Dates without known holidays are refused with the range that is known, never taken for business days."""
    text = refusal(name, last, first)
    assert known in text
    assert f"for {first} to {last}" in text


def test_an_exchange_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is missing, an exchange is refused with the line that installs it; countries go on."""
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    assert "pip install 'backfilld[exchanges]'" in refusal("XNYS", date(2024, 1, 1))
    assert why("DE", date(2024, 1, 1)) == "New Year's Day"


def test_no_dates_close_none() -> None:
    """Nothing asked, nothing left out."""
    assert closed_days("DE", {}, []) == {}
