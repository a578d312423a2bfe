"""When schedules fire: each local firing once, whatever clocks do and however time is cut into ticks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import chain, islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.catalog.cron import parse_cron
from backfilld.catalog.cycles import cycle_times
from backfilld.catalog.documents import Document
from backfilld.catalog.schedules import LAST_DAY, CatchUp, Schedule, due_firings, firings, made_up

ZONES = {
    "America/New_York": date(2024, 3, 9),  # 02:00 to 03:00 on the next day
    "Europe/Berlin": date(2024, 10, 26),  # 03:00 back to 02:00
    "Australia/Lord_Howe": date(2024, 4, 6),  # half an hour back
    "America/Havana": date(2024, 11, 2),  # 01:00 back to 00:00
    "America/St_Johns": date(2009, 10, 30),  # 00:01 back to 23:01 of the day before
    "Pacific/Apia": date(2011, 12, 29),  # the next day is missing
    "Asia/Shanghai": date(2024, 3, 30),
}
CRONS = ["30 2 * * *", "30 1 * * 0", "0 * * * *", "*/20 */6 * * *", "15 23,0 * * *", "0 0 1 * *", "0 0-3 * * 6,0"]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
crons, zones = st.sampled_from(CRONS), st.sampled_from(sorted(ZONES))


def schedule(cron: str, zone: str = "UTC", catch_up: CatchUp = "once") -> Schedule:
    return Schedule("nightly", parse_cron(cron), zone, Document("nights.yaml", {"name": "n"}), catch_up)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(cron: str, zone: str, first: str, last: str) -> list[str]:
    found = due_firings(schedule(cron, zone), at(first), at(last))
    return [f"{moment:%m-%d %H:%M}" for moment in found]


@pytest.mark.parametrize(
    ("cron", "zone", "first", "fires"),
    [
        (
            "30 2 * * *",
            "America/New_York",
            "2024-03-09",
            ["03-09 07:30", "03-10 07:00", "03-11 06:30"],
        ),  # the gap's end
        ("30 1 * * *", "America/New_York", "2024-11-02", ["11-02 05:30", "11-03 05:30", "11-04 06:30"]),  # once of two
        ("30 2 * * *", "Europe/Berlin", "2024-10-26", ["10-26 00:30", "10-27 00:30", "10-28 01:30"]),
        ("0 0 * * *", "America/Havana", "2024-03-09", ["03-09 05:00", "03-10 05:00", "03-11 04:00"]),
        ("30 23 * * *", "America/Nuuk", "2024-03-29", ["03-29 01:30", "03-30 01:30"]),  # 23:00 to 24:00 on the 30th
        ("@weekly", "UTC", "2024-02-24", ["02-25 00:00"]),
    ],
)
def test_each_night_once(cron: str, zone: str, first: str, fires: list[str]) -> None:
    """A time of day in a skipped hour fires at the hour's end, one in a repeated hour the first time."""
    assert told(cron, zone, f"{first}T00:00", str(at(first) + 3 * DAY)) == fires


def test_every_hour_that_the_clock_shows() -> None:
    """An hourly schedule fires 25 times on the long day, and 23 times on the short one."""
    assert len(told("0 * * * *", "America/New_York", "2024-11-03T03:59", "2024-11-04T04:59")) == 25
    assert len(told("0 * * * *", "America/New_York", "2024-03-10T04:59", "2024-03-11T03:59")) == 23


def test_ends_of_the_span() -> None:
    """A firing at its beginning was one of the span before; one at its end is due; no time brings no firing."""
    assert told("0 2 * * *", "UTC", "2024-05-06T02:00", "2024-05-07T02:00") == ["05-07 02:00"]
    assert told("0 2 * * *", "UTC", "2024-05-06T02:00", "2024-05-06T02:00") == []
    assert told("0 2 * * *", "UTC", "2024-05-08T00:00", "2024-05-06T00:00") == []


def test_rare_times_are_found_and_time_ends() -> None:
    """The next 29 February on a Sunday is found; after the last year nothing fires."""
    assert next(firings(schedule("0 0 29 2 */7"), at("2024-03-01"))) == at("2032-02-29")
    assert list(islice(firings(schedule("0 0 1 1 *"), at("2198-06-01")), 3)) == [at("2199-01-01")]
    assert LAST_DAY.year == 2199


@given(crons, zones, st.lists(st.integers(0, 6 * 24 * 60), max_size=12))
def test_no_firing_is_lost_or_doubled_by_how_time_is_cut(cron: str, zone: str, cuts: list[int]) -> None:
    """What is due in the parts of a span is what is due in the whole, part by part."""
    start = datetime.combine(ZONES[zone] - DAY, datetime.min.time(), UTC)
    edges = [start, *(start + cut * MINUTE for cut in sorted(cuts)), start + 6 * DAY]
    parts = [due_firings(schedule(cron, zone), *pair) for pair in pairwise(edges)]

    assert list(chain(*parts)) == due_firings(schedule(cron, zone), start, edges[-1])


@given(crons, zones)
def test_they_are_the_cycles_of_every_local_day(cron: str, zone: str) -> None:
    """Each time of each local day fires once, in order, where a task's cycle would lie; nothing else does."""
    made = schedule(cron, zone)
    start = datetime.combine(ZONES[zone] - DAY, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    days = [ZONES[zone] + number * DAY for number in range(-3, 9)]
    clock = made.clock
    cycles = sorted({moment for day in days for moment in cycle_times(clock, day)})

    found = due_firings(made, start, start + 5 * DAY)
    assert found == [moment for moment in cycles if start < moment <= start + 5 * DAY]


@pytest.mark.parametrize(("catch_up", "made"), [("once", [3, 4, 5]), ("all", [1, 2, 3, 4, 5]), ("none", [4, 5])])
def test_what_is_made_up_for(catch_up: CatchUp, made: list[int]) -> None:
    """Of the missed ones the latest, all, or none; what is on time is made in any case."""
    days = [at(f"2024-05-0{day}") for day in range(1, 6)]
    assert made_up(schedule("@daily", catch_up=catch_up), days, at("2024-05-03")) == [days[day - 1] for day in made]
    assert made_up(schedule("@daily", catch_up=catch_up), [], at("2024-05-03")) == []


def test_the_name_has_the_local_date() -> None:
    """The request of a firing is named by the date that the schedule's clock shows then."""
    asked = schedule("30 1 * * *", "Asia/Shanghai").request_at(at("2024-05-06T17:30"))
    assert asked.value == {"name": "n 2024-05-07"}
