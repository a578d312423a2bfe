"""Business dates and the window of the day."""

from __future__ import annotations

from datetime import date, time

import pytest
from request.asking import asked, faults, faults_in, paths, ranged, understood

from backfilld.dates import DayWindow

DAY = ("2013-01-01", "2013-01-01")


@pytest.mark.parametrize("value", ["-1m", "+2w", "-7", "-1d2w", "- 7d", "-7D", "Today", "tomorrow", "now", -7, "-1y"])
def test_other_words_for_dates_are_refused(value: object) -> None:
    """Only today, yesterday and days and weeks before are read; the fault says so."""
    (fault,) = faults(ranged((value, "2013-01-31")))
    assert fault.path == "periods.biz_dates[0].start_biz_date"
    assert fault.allowed.endswith("today, yesterday, or days or weeks before today such as -7d or -2w")


@pytest.mark.parametrize("value", ["yesterday", "-7d", date(2013, 1, 1)])
def test_a_date_in_place_of_a_range(value: object) -> None:
    """Who writes one date where a range is due hears how one date is written."""
    (fault,) = faults(asked(periods={"biz_dates": [value]}))
    assert fault.path == "periods.biz_dates[0]"
    assert fault.allowed.endswith(f"{{start_biz_date: {value}, end_biz_date: {value}}} is one date")
    (fault,) = faults(asked(periods={"biz_dates": ["soon"]}))
    assert fault.allowed == "a mapping of start_biz_date, end_biz_date"


@pytest.mark.parametrize(
    "value",
    [
        "2013-02-29",
        "2013-1-1",
        "20130101",
        "2013-01-01T00:00:00",
        "13-01-01",
        "",
        None,
        20130101.0,
        True,
        [],
        {},
        "\u0662\u0660\u0661\u0663-01-01",
        "9999-12-31",
    ],
)
def test_what_is_no_business_date(value: object) -> None:
    """Only yyyy-mm-dd of the calendar and of the years 1970 to 2199 is a date, and nothing follows from another."""
    assert paths(ranged(DAY, ("2013-01-01", value))) == ["periods.biz_dates[1].end_biz_date"]


def test_a_leap_day_is_a_business_date() -> None:
    """Every day of the calendar counts."""
    assert str(understood(ranged(("2012-02-29", "2012-02-29"))).periods[0].first) == "2012-02-29"


def test_periods_are_needed() -> None:
    """SupplementData without dates, or with no range at all, is refused."""
    assert paths(asked(periods=None)) == ["periods"]
    assert paths(asked(periods={"biz_dates": []})) == ["periods.biz_dates"]
    assert paths(asked(periods={})) == ["periods.biz_dates"]
    assert paths(asked(periods=[])) == ["periods"]


def test_the_window_of_the_day() -> None:
    """Both ends included, to the second; both or neither."""
    window = understood(ranged(DAY, start_time="01:00:00", end_time="02:30:59")).window
    assert window == DayWindow(time(1), time(2, 30, 59))
    assert paths(ranged(DAY, start_time="01:00:00")) == ["periods.end_time"]
    assert paths(ranged(DAY, end_time="01:00:00")) == ["periods.start_time"]
    assert understood(ranged(DAY, start_time=None, end_time=None)).window == understood(asked()).window


@pytest.mark.parametrize(
    "value",
    ["1:00:00", "24:00:00", "23:60:00", "10:00", "10:00:00.5", "10:00:00Z", 36000, True, "", "\u0661\u0660:00:00"],
)
def test_what_is_no_time_of_day(value: object) -> None:
    """Only "hh:mm:ss" within a day is a time, and its absence accuses nobody else."""
    assert paths(ranged(DAY, start_time=value, end_time="12:00:00")) == ["periods.start_time"]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (
            "periods: {biz_dates: [{start_biz_date: 2013-01-01, end_biz_date: 2013-01-01}], start_time: 22:00:00}",
            "periods.start_time",
        ),
        ("name: on", "name"),
        ("name: 010", "name"),
        ("comment: yes", "comment"),
        ("auto_start_enabled: on", "auto_start_enabled"),
        ("task_parameters: {extract: {limit: 010}}", "task_parameters.extract.limit"),
        ("tags: [{key: a, value: 1e3}]", "tags[0].value"),
        ("default_run_properties: {root_task_ids: [010]}", "default_run_properties.root_task_ids[0]"),
    ],
)
def test_unquoted_traps_of_yaml_are_to_be_quoted(line: str, path: str) -> None:
    """What readers of YAML disagree about is refused with "quote it", once, wherever it stands."""
    lines = {
        "name": "name: x",
        "project_id": "project_id: flights",
        "type": "type: SupplementData",
        "periods": "periods: {biz_dates: [{start_biz_date: 2013-01-01, end_biz_date: 2013-01-01}]}",
        "default_run_properties": "default_run_properties: {root_task_ids: [extract]}",
    }
    lines[line.partition(":")[0]] = line
    (fault,) = faults_in("\n".join(lines.values()))
    assert (fault.path, fault.allowed.partition(":")[0]) == (path, "quote it")


@pytest.mark.parametrize("value", ["2013-01-01", "5", "1.5", "true", "null"])
def test_a_name_that_yaml_takes_for_something_else(value: str) -> None:
    """A plain date, number or truth value is no name."""
    text = f"name: {value}\nproject_id: flights\ntype: SupplementData\ndefault_run_properties: {{root_task_ids: [1]}}\n"
    text += "periods: {biz_dates: [{start_biz_date: 2013-01-01, end_biz_date: 2013-01-01}]}"
    assert [fault.path for fault in faults_in(text)] == ["name"]
