"""Cycles round clock changes: by hand, and against an oracle that walks every minute and reads it in the zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.catalog.cron import parse_cron
from backfilld.catalog.cycles import cycle_times, day_cycles, local_day
from backfilld.catalog.models import Clock
from backfilld.dates import WHOLE_DAY, DayWindow

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

CHANGES = {
    "America/New_York": ["2024-03-10", "2024-11-03", "2025-03-09", "2025-11-02", "2026-03-08", "2026-11-01"],
    "Europe/Berlin": ["2024-03-31", "2024-10-27", "2025-03-30", "2025-10-26", "2026-03-29", "2026-10-25"],
    "Asia/Shanghai": ["2024-03-31", "2024-10-27", "2025-03-30", "2025-10-26", "2026-03-29", "2026-10-25"],  # has none
    "Australia/Lord_Howe": ["2024-04-07", "2024-10-06", "2025-04-06", "2025-10-05", "2026-04-05", "2026-10-04"],
}
ODD = {
    "America/Havana": ["2024-03-10", "2024-11-03"],  # 00:00 to 01:00; 01:00 back to 00:00
    "Africa/Cairo": ["2024-04-26", "2024-10-31"],  # 00:00 to 01:00; 24:00 back to 23:00
    "America/Asuncion": ["2023-10-01", "2024-03-23"],  # 00:00 to 01:00; 24:00 back to 23:00
    "America/Nuuk": ["2024-03-30", "2024-10-26"],  # 23:00 to 24:00: the gap ends on another date; 24:00 back to 23:00
    "America/St_Johns": ["2009-03-08", "2009-10-31"],  # 00:01 to 01:01; 00:01 back to 23:01 of the day before
    "Antarctica/Troll": ["2024-03-31", "2024-10-27"],  # two hours at once
    "Antarctica/Casey": ["2010-03-05"],  # three hours back
    "Pacific/Apia": ["2011-12-30"],  # the whole day is missing
    "Pacific/Kwajalein": ["1993-08-21"],  # the same, the other way round the world
}
CRONS = [
    "0 0 * * *", "30 0 * * *", "30 1 * * *", "0 2 * * *", "15 2 * * *", "30 2 * * *", "0 3 * * *", "30 23 * * *",
    "59 23 * * *", "0 * * * *", "45 * * * *", "*/15 * * * *", "*/15 */3 * * *", "0 1-5/2 * * *", "30 0-23 * * *",
    "0 0-23 * * *", "*/20 1,2,3 * * *", "0 */6 * * *", "7 0,12,23 * * *",
]  # fmt: skip


def cycles(cron: str, zone: str, day: str, offset: int = 0, window: DayWindow = WHOLE_DAY) -> list[str]:
    """Cycle times in UTC as `03-10 07:00`."""
    found = cycle_times(Clock(parse_cron(cron), zone, offset), date.fromisoformat(day), window)
    return [f"{moment:%m-%d %H:%M}" for moment in found]


@dataclass(frozen=True)
class Moment:
    """A minute of universal time, and what a wall clock says then and one minute before."""

    utc: datetime
    reading: datetime
    before: datetime


@cache
def minutes_around(zone: str, day: date) -> list[Moment]:
    """Every minute from thirty hours before the day's midnight UTC, to sixty after it."""
    clock = ZoneInfo(zone)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=30)
    walk = [start + number * MINUTE for number in range(90 * 60)]
    readings = [moment.astimezone(clock).replace(tzinfo=None) for moment in walk]
    return [Moment(*three) for three in zip(walk[1:], readings[1:], readings, strict=False)]


@cache
def minutes_by_reading(zone: str, day: date) -> dict[datetime, list[datetime]]:
    found: dict[datetime, list[datetime]] = {}
    for moment in minutes_around(zone, day):
        found.setdefault(moment.reading, []).append(moment.utc)
    return found


def oracle(
    seconds: tuple[int, ...], elastic: bool, zone: str, day: date, window: DayWindow = WHOLE_DAY
) -> list[datetime]:
    """The rule, read off the wall clock minute by minute."""
    around = minutes_around(zone, day)
    found = set()
    for second in seconds:
        wanted = datetime(day.year, day.month, day.day) + timedelta(seconds=second)
        if not window.start <= wanted.time() <= window.end:
            continue
        moments = minutes_by_reading(zone, day).get(wanted, [])
        if elastic:
            found.update(moments)
        elif moments:
            found.add(moments[0])
        else:
            [end] = [moment for moment in around if moment.before < wanted < moment.reading]
            found.update([end.utc] if end.reading.date() == day else [])
    return sorted(found)


def days_around(changes: dict[str, list[str]]) -> list[tuple[str, date]]:
    return [
        (zone, date.fromisoformat(day) + number * DAY)
        for zone, days in changes.items()
        for day in days
        for number in (-1, 0, 1)
    ]


@pytest.mark.parametrize(("zone", "day"), days_around(CHANGES | ODD), ids=str)
def test_every_cron_on_every_day_of_a_change_and_beside_it(zone: str, day: date) -> None:
    """Fixed, elastic, ranged and sub-hourly crons are placed where the wall clock says."""
    for text in CRONS:
        cron = parse_cron(text)
        assert list(cycle_times(Clock(cron, zone, 0), day)) == oracle(cron.seconds, cron.elastic, zone, day), text


@pytest.mark.parametrize(
    ("cron", "zone", "day", "expected"),
    [
        ("30 2 * * *", "America/New_York", "2024-03-10", ["03-10 07:00"]),  # in the gap: at its end, 03:00 EDT
        ("0 3 * * *", "America/New_York", "2024-03-10", ["03-10 07:00"]),
        ("30 1 * * *", "America/New_York", "2024-11-03", ["11-03 05:30"]),  # in the repeat: the first, EDT
        ("30 1,2 * * *", "America/New_York", "2024-11-03", ["11-03 05:30", "11-03 07:30"]),
        ("30 2,3 * * *", "America/New_York", "2025-03-09", ["03-09 07:00", "03-09 07:30"]),
        ("0 2,3 * * *", "America/New_York", "2026-03-08", ["03-08 07:00"]),  # merged with what is there
        ("*/20 2 * * *", "Europe/Berlin", "2024-03-31", ["03-31 01:00"]),  # all of them at the gap's end, once
        ("*/30 2 * * *", "Europe/Berlin", "2024-10-27", ["10-27 00:00", "10-27 00:30"]),  # CEST, not again in CET
        ("30 2-3/1 * * *", "Europe/Berlin", "2024-10-27", ["10-27 00:30", "10-27 01:30", "10-27 02:30"]),
        ("30 */2 * * *", "Europe/Berlin", "2025-03-30",
         ["03-29 23:30", *(f"03-30 {hour:02}:30" for hour in range(2, 22, 2))]),  # 02:30 is not there
        ("15 2 * * *", "Australia/Lord_Howe", "2024-10-06", ["10-05 15:30"]),  # half an hour: 02:30 LHDT
        ("45 1 * * *", "Australia/Lord_Howe", "2025-04-06", ["04-05 14:45"]),
        ("45 1/24 * * *", "Australia/Lord_Howe", "2025-04-06", ["04-05 14:45", "04-05 15:15"]),
        ("0 0 * * *", "America/Havana", "2024-03-10", ["03-10 05:00"]),  # no midnight: 01:00 CDT
        ("30 0 * * *", "America/Havana", "2024-11-03", ["11-03 04:30"]),
        ("30 23 * * *", "America/Nuuk", "2024-03-30", []),  # the gap's end is another date
        ("0 */12 * * *", "Pacific/Apia", "2011-12-29", ["12-29 10:00", "12-29 22:00"]),
        ("0 */12 * * *", "Pacific/Apia", "2011-12-30", []),
        ("0 12 * * *", "Pacific/Apia", "2011-12-30", []),
        ("0 12 * * *", "Pacific/Apia", "2011-12-31", ["12-30 22:00"]),
    ],
)  # fmt: skip
def test_cycles_by_hand(cron: str, zone: str, day: str, expected: list[str]) -> None:
    """Gaps, repeats, merges and dropped moments, each worked out on paper."""
    assert cycles(cron, zone, day) == expected


@pytest.mark.parametrize(
    ("cron", "zone", "counts"),
    [
        ("30 * * * *", "America/New_York", [23, 25, 23, 25, 23, 25]),
        ("30 0-23 * * *", "America/New_York", [24, 24, 24, 24, 24, 24]),  # 02:30 moves to 03:00, which is free
        ("0 0-23 * * *", "America/New_York", [23, 24, 23, 24, 23, 24]),  # 02:00 moves to 03:00, which is taken
        ("*/15 * * * *", "Europe/Berlin", [92, 100, 92, 100, 92, 100]),
        ("0 0-23 * * *", "Europe/Berlin", [23, 24, 23, 24, 23, 24]),
        ("0 * * * *", "Asia/Shanghai", [24, 24, 24, 24, 24, 24]),
        ("0 * * * *", "Australia/Lord_Howe", [24, 23, 24, 23, 24, 23]),  # 02:00 is missing, none is repeated
        ("45 * * * *", "Australia/Lord_Howe", [25, 24, 25, 24, 25, 24]),  # 01:45 comes twice
        ("*/30 * * * *", "Australia/Lord_Howe", [49, 47, 49, 47, 49, 47]),
    ],
)
def test_how_many_cycles_a_day_of_change_has(cron: str, zone: str, counts: list[int]) -> None:
    """Elastic hours stretch with the day; fixed ones are 24, less what is merged."""
    assert [len(cycles(cron, zone, day)) for day in CHANGES[zone]] == counts


def test_dropped_moments_are_counted() -> None:
    """What leaves its date is told, so that a plan can report it; what the window leaves out anyway is not."""
    clock = Clock(parse_cron("30 22,23 * * *"), "America/Nuuk", 0)
    day = local_day("America/Nuuk", date(2024, 3, 30))
    assert day_cycles(clock, day)[1] == 1
    assert day_cycles(clock, day, DayWindow(time(0), time(23, 0)))[1] == 0


def test_business_date_offset() -> None:
    """A business date has its cycles on the local day so many days later, by that day's clock."""
    assert cycles("0 2 * * *", "America/New_York", "2024-03-09", offset=1) == ["03-10 07:00"]
    assert cycles("0 2 * * *", "America/New_York", "2024-03-10", offset=1) == ["03-11 06:00"]
    assert cycles("0 6 * * 0", "America/New_York", "2024-03-09", offset=1) == ["03-10 10:00"]
    assert cycles("0 6 * * 0", "America/New_York", "2024-03-10", offset=1) == []


def test_the_window_judges_the_naive_time() -> None:
    """02:30 moved to 03:00 is still 02:30 to the window; both ends belong to it, to the second."""
    until_two = DayWindow(time(0), time(2, 29, 59))
    from_three = DayWindow(time(3), time(23, 59, 59))
    exactly = DayWindow(time(2, 30), time(2, 30))
    assert cycles("30 2 * * *", "America/New_York", "2024-03-10", window=until_two) == []
    assert cycles("30 2 * * *", "America/New_York", "2024-03-10", window=from_three) == []
    assert cycles("30 2 * * *", "America/New_York", "2024-03-10", window=exactly) == ["03-10 07:00"]
    assert cycles("0 2,3 * * *", "America/New_York", "2024-03-10", window=from_three) == ["03-10 07:00"]


def test_days_without_a_change_share_one_shape() -> None:
    """A skipped day leaves no mark on the day before it; plans share templates by this shape."""
    assert local_day("Pacific/Apia", date(2011, 12, 29)) == local_day("Pacific/Apia", date(2011, 12, 28))


@st.composite
def fields(draw: st.DrawFn, largest: int) -> tuple[str, set[int]]:
    """A cron field and the values that it means."""
    low, high = sorted((draw(st.integers(0, largest)), draw(st.integers(0, largest))))
    step = draw(st.integers(1, largest))
    some = draw(st.sets(st.integers(0, largest), min_size=1, max_size=5))
    return draw(
        st.sampled_from(
            [
                ("*", set(range(largest + 1))),
                (f"*/{step}", set(range(0, largest + 1, step))),
                (f"{low}-{high}", set(range(low, high + 1))),
                (f"{low}-{high}/{step}", set(range(low, high + 1, step))),
                (",".join(map(str, sorted(some))), some),
            ]
        )
    )


TIMES = st.times().map(lambda moment: moment.replace(microsecond=0))


@given(fields(59), fields(23), st.sampled_from(days_around(CHANGES | ODD)), st.tuples(TIMES, TIMES), st.integers(0, 3))
def test_any_cron_against_the_wall_clock(
    minute: tuple[str, set[int]],
    hour: tuple[str, set[int]],
    where: tuple[str, date],
    ends: tuple[time, time],
    offset: int,
) -> None:
    """Any minutes and hours, any window, any offset: what is placed is what the wall clock says, ascending, once."""
    zone, day = where
    window = DayWindow(min(ends), max(ends))
    cron = parse_cron(f"{minute[0]} {hour[0]} * * *")
    seconds = tuple(sorted(h * 3600 + m * 60 for h in hour[1] for m in minute[1]))
    elastic = "/" in hour[0] or hour[0] == "*"
    found = cycle_times(Clock(cron, zone, offset), day - offset * DAY, window)
    assert list(found) == oracle(seconds, elastic, zone, day, window)
