"""Run windows: every rule of spec 5 held against a list of what clocks show, minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backfilld.catalog.models import RunPolicy
from backfilld.planning.windows import RunWindow

MINUTE, SECOND, DAY = timedelta(minutes=1), timedelta(seconds=1), timedelta(days=1)
CHANGES = [
    ("America/New_York", date(2024, 3, 10)),
    ("America/New_York", date(2024, 11, 3)),
    ("Europe/Berlin", date(2024, 3, 31)),
    ("Europe/Berlin", date(2024, 10, 27)),
    ("Australia/Lord_Howe", date(2024, 4, 7)),  # half an hour
    ("Australia/Lord_Howe", date(2024, 10, 6)),
    ("America/Santiago", date(2024, 4, 7)),  # at midnight
    ("America/Santiago", date(2024, 9, 8)),
    ("America/St_Johns", date(2006, 10, 29)),  # a minute past midnight, back into the day before
    ("Pacific/Kiritimati", date(1994, 12, 31)),  # a whole day is left out
    ("Asia/Kolkata", date(2024, 6, 1)),
]
AROUND = 11 * 24 * 60


@lru_cache
def readings(zone: str, day: date) -> list[datetime]:
    """What clocks show at each minute of the days around one."""
    tz, first = ZoneInfo(zone), begin(day)
    return [(first + n * MINUTE).astimezone(tz).replace(tzinfo=None) for n in range(2 * AROUND)]


def begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - AROUND * MINUTE


@lru_cache
def hours(policy: RunPolicy, zone: str, day: date) -> list[tuple[int, int]]:
    """The first and the last minute of each window: the last is open for its first second alone."""
    shown = readings(zone, day)
    numbers: dict[datetime, list[int]] = {}
    for number, reading in enumerate(shown):
        numbers.setdefault(reading, []).append(number)
    found = []
    for opening in (day + n * DAY for n in range(-9, 10)):
        if policy.kind == "Weekend" and f"{opening:%a}" not in ("Sat", "Sun"):
            continue
        start = datetime.combine(opening, policy.start)
        end = datetime.combine(opening + DAY * (policy.end < policy.start), policy.end)
        opens = next(n for n, reading in enumerate(shown) if reading >= start)
        closes = numbers[end][-1] if end in numbers else next(n for n, reading in enumerate(shown) if reading > end)
        found.append((opens, closes))
    return found


def open_at(windows: list[tuple[int, int]], minute: int, *, past: bool) -> bool:
    """Whether the first second of a minute, or those past it, are in a window."""
    return any(opens <= minute < closes + (not past) for opens, closes in windows)


policies = st.builds(
    lambda kind, start, length: RunPolicy(kind, clock(start), clock(start + length)),
    st.sampled_from(["Daily", "Weekend"]),
    st.integers(0, 1439) | st.integers(0, 48).map(lambda n: n * 5),
    st.integers(1, 1439) | st.integers(1, 20),
)


def clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


@given(policies, st.sampled_from(CHANGES), st.integers(-3 * 1440, 3 * 1440), st.integers(0, 59))
def test_a_window_is_what_the_clocks_show(policy, change, minute, second):
    """Open from the first moment that shows its start through the last that shows its end, on the days of its kind."""
    window, windows = RunWindow.of(policy, change[0]), hours(policy, *change)
    minute += AROUND
    now = begin(change[1]) + minute * MINUTE + second * SECOND
    is_open = open_at(windows, minute, past=second > 0)

    assert window.is_open(now) == is_open
    if is_open:
        later = minute + (second > 0 and not open_at(windows, minute, past=True))
        last = next(n for n in range(later, 2 * AROUND) if not open_at(windows, n, past=True))
        first_shut = last * MINUTE + (SECOND if open_at(windows, last, past=False) else 0 * SECOND)
        assert (window.next_open(now), window.closes(now)) == (now, begin(change[1]) + first_shut)
    else:
        opens = min(opens for opens, _ in windows if opens > minute)
        assert (window.next_open(now), window.closes(now)) == (begin(change[1]) + opens * MINUTE, now)


@given(policies, st.datetimes(datetime(1980, 1, 1), datetime(2150, 1, 1)), st.sampled_from(CHANGES))
def test_every_window_opens_within_a_week(policy, naive, change):
    """There is no policy that never lets anything start, and its next opening is the edge of an open stretch."""
    window, now = RunWindow.of(policy, change[0]), naive.replace(tzinfo=UTC)
    opens = window.next_open(now)

    assert window.is_open(opens)
    assert opens - now <= 8 * DAY
    assert opens == now or not window.is_open(opens - timedelta(microseconds=1))


@settings(max_examples=25)
@given(policies, st.datetimes(datetime(1980, 1, 1), datetime(2150, 1, 1)), st.sampled_from(CHANGES))
def test_the_longest_of_a_year_is_never_less_than_the_hours_as_they_are_written(policy, naive, change):
    """Whatever takes no longer than these fits, and nobody need look at the days of the year."""
    window = RunWindow.of(policy, change[0])
    longest = window.longest(naive.replace(tzinfo=UTC))

    assert window.usual > timedelta()
    assert longest is None or longest >= window.usual


@given(st.integers(0, 86_399), st.datetimes(datetime(1980, 1, 1), datetime(2150, 1, 1)), st.sampled_from(CHANGES))
def test_a_window_that_ends_where_it_begins_never_closes(second, naive, change):
    """From any second of the day through the one before it, daily, is always: clock changes make no break."""
    start = (datetime.min + second * SECOND).time()
    before = (datetime.min + DAY + (second - 1) * SECOND).time()
    window, now = RunWindow.of(RunPolicy("Daily", start, before), change[0]), naive.replace(tzinfo=UTC)

    assert window.is_open(now)
    assert window.closes(now) is None


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


NIGHTS = RunPolicy("Daily", time(22), time(6))
WEEKENDS = RunPolicy("Weekend", time(22), time(6))


@pytest.mark.parametrize(
    ("policy", "moment", "expected"),
    [
        (NIGHTS, "2024-01-03 21:59:59.999999", False),
        (NIGHTS, "2024-01-03 22:00", True),
        (NIGHTS, "2024-01-04 06:00:00.999999", True),
        (NIGHTS, "2024-01-04 06:00:01", False),
        (WEEKENDS, "2024-01-05 23:00", False),  # Friday
        (WEEKENDS, "2024-01-06 05:00", False),  # it would belong to Friday
        (WEEKENDS, "2024-01-06 22:00", True),
        (WEEKENDS, "2024-01-08 06:00:00", True),  # Monday: it belongs to Sunday
        (WEEKENDS, "2024-01-08 06:00:01", False),
        (WEEKENDS, "2024-01-08 22:00", False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_opened(policy, moment, expected):
    """Open through the last second; Sunday's night runs into Monday, Friday's is no weekend."""
    assert RunWindow.of(policy, "UTC").is_open(at(moment)) is expected


@pytest.mark.parametrize(
    ("start", "end", "day", "opens", "closes"),
    [
        (time(2, 30), time(4), "2024-03-31", "01:00:00", "02:00:01"),  # 02:30 is skipped: from 03:00 on
        (time(1), time(2, 30), "2024-03-31", "00:00:00", "01:00:01"),  # through 03:00:00
        (time(2, 30), time(4), "2024-10-27", "00:30:00", "03:00:01"),  # from the first 02:30 on
        (time(1), time(2, 30), "2024-10-26", "23:00:00", "01:30:01"),  # through the second 02:30
    ],
)
def test_where_clocks_change_a_window_is_as_long_as_can_be_read(start, end, day, opens, closes):
    """A skipped edge moves to the end of the gap; of a repeated one the earlier opens and the later closes."""
    window = RunWindow.of(RunPolicy("Daily", start, end), "Europe/Berlin")
    opening = window.next_open(at(f"{day} 20:00") - DAY if opens < "20" else at(f"{day} 20:00"))

    assert opening == at(f"{day} {opens}")
    assert f"{window.closes(opening):%H:%M:%S}" == closes


def test_a_saturday_and_a_sunday_without_a_break_are_one_stretch():
    """The whole of both days closes when Monday begins."""
    window = RunWindow.of(RunPolicy("Weekend", time(0), time(23, 59, 59)), "UTC")

    assert window.closes(at("2024-01-06 10:00")) == at("2024-01-08 00:00")


def test_only_aware_moments_are_taken():
    """A naive moment is an error, not a guess."""
    with pytest.raises(ValueError, match="no time zone"):
        RunWindow.of(NIGHTS, "UTC").is_open(datetime(2024, 1, 1))
