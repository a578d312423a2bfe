"""Dates that are told from today become dates when the request is accepted, in the zone of its project."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from request.asking import CATALOG, asked, faults, ranged

from backfilld.catalog.documents import Document
from backfilld.catalog.parse import parse_catalog
from backfilld.request.models import BackfillRequest
from backfilld.request.resolve import Circumstances, resolve, understand
from backfilld.request.resolved import ResolvedRequest
from backfilld.request.text import request_of, request_text

DATES = "periods.biz_dates[0]"


def zoned(zone: str) -> Any:
    flow = {"workflow": "w", "tasks": [{"task": "extract", "id": 1, "virtual": True}]}
    manual = {"workflow": "m", "type": "Manual", "tasks": [{"task": "mend", "id": 2, "virtual": True}]}
    project = {"project": "flights", "timezone": zone, "workflows": [flow, manual]}
    return parse_catalog([Document("built", project)])


def accepted(request: object, zone: str, now: datetime) -> tuple[BackfillRequest, ResolvedRequest]:
    return understand(Document("request.yaml", request), zoned(zone), Circumstances(now))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("today", "2024-03-01"),
        ("yesterday", "2024-02-29"),
        ("-1d", "2024-02-29"),
        ("-0d", "2024-03-01"),
        ("-7d", "2024-02-23"),
        ("-2w", "2024-02-16"),
        ("-366d", "2023-03-01"),
    ],
)
def test_words_for_dates(word: str, expected: str) -> None:
    """Days and weeks are counted back from today, as calendars have them."""
    request, resolved = accepted(ranged((word, word)), "UTC", datetime(2024, 3, 1, 12, tzinfo=UTC))
    assert [(str(period.first), str(period.last)) for period in resolved.periods] == [(expected, expected)]
    assert request.periods
    assert request.periods.biz_dates[0].start_biz_date == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("zone", "moment", "today"),
    [
        ("America/New_York", "2024-01-01T04:59:59+00:00", "2023-12-31"),
        ("America/New_York", "2024-01-01T05:00:00+00:00", "2024-01-01"),
        ("Asia/Kolkata", "2023-12-31T18:29:59+00:00", "2023-12-31"),
        ("Asia/Kolkata", "2023-12-31T18:30:00+00:00", "2024-01-01"),
        ("Pacific/Kiritimati", "2024-01-01T10:00:00+00:00", "2024-01-02"),
        ("Europe/Berlin", "2024-03-31T00:30:00+01:00", "2024-03-31"),  # the clocks change in this night
        ("Europe/Berlin", "2024-10-26T22:00:00+00:00", "2024-10-27"),
        ("UTC", "2024-01-01T05:00:00+05:30", "2023-12-31"),
    ],
)
def test_today_is_the_projects(zone: str, moment: str, today: str) -> None:
    """Midnight in the project's zone is where today begins, wherever the daemon and the caller are."""
    now = datetime.fromisoformat(moment)
    _, resolved = accepted(ranged(("yesterday", "today")), zone, now)
    (period,) = resolved.periods
    assert (str(period.last), period.last - period.first) == (today, timedelta(days=1))
    _, at_once = accepted(
        {"name": "x", "project_id": "flights", "type": "Manual", "default_run_properties": {"root_task_ids": [2]}},
        zone,
        now,
    )
    assert at_once.periods[0].first == at_once.periods[0].last == period.first


@given(
    st.datetimes(datetime(1980, 1, 1), datetime(2190, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["UTC", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"]),
    st.integers(0, 500),
    st.sampled_from("dw"),
)
def test_back_from_any_moment(now: datetime, zone: str, back: int, unit: str) -> None:
    """The date is so many days or weeks before the reading of the calendar on the project's wall."""
    _, resolved = accepted(ranged((f"-{back}{unit}", "today")), zone, now)
    days = [date.fromordinal(n) for n in (resolved.periods[0].first.toordinal(), resolved.periods[0].last.toordinal())]
    assert days[1] == now.astimezone(ZoneInfo(zone)).date()
    assert days[1] - days[0] == timedelta(days=back * (7 if unit == "w" else 1))


@pytest.mark.parametrize("kind", ["SupplementData", "Manual"])
def test_the_dates_are_stored_not_the_words(kind: str) -> None:
    """After a restart, years later and in any state of the clock, the request means the same dates."""
    request = {**asked({"root_task_ids": [1 if kind == "SupplementData" else 2]}), "type": kind}
    if kind == "Manual":
        del request["periods"]
    else:
        request["periods"] = {"biz_dates": [{"start_biz_date": "-7d", "end_biz_date": "yesterday"}]}
    now = datetime(2024, 3, 1, 12, tzinfo=UTC)
    asked_for, resolved = accepted(request, "Europe/Berlin", now)
    text = request_text(asked_for)
    assert "yesterday" not in text
    assert '"end_biz_date":"2024-02-29"' in text
    later = resolve(request_of(text), zoned("Europe/Berlin"), Circumstances(now + timedelta(days=4_000)))
    assert later.periods == resolved.periods


def test_a_request_without_words_is_not_touched() -> None:
    """Only what moves is written anew."""
    request, _ = accepted(asked(), "UTC", datetime(2024, 3, 1, tzinfo=UTC))
    assert request == BackfillRequest.model_validate(asked())


@pytest.mark.parametrize(
    ("ranges", "path", "given"),
    [
        (("-7d", "-8d"), f"{DATES}.end_biz_date", "-8d, which is 2024-02-22"),
        (("today", "2024-02-29"), f"{DATES}.end_biz_date", "2024-02-29"),
        (("-99999d", "today"), f"{DATES}.start_biz_date", "-99999d"),
        (("-999999w", "today"), f"{DATES}.start_biz_date", "-999999w"),
        (("1970-01-01", "-999999w"), f"{DATES}.end_biz_date", "-999999w"),
    ],
)
def test_faults_of_words(ranges: tuple[str, str], path: str, given: str) -> None:
    """What is wrong is told as it was asked, with the day that it means."""
    (fault,) = faults(ranged(*[ranges]), Circumstances(datetime(2024, 3, 1, tzinfo=UTC)))
    assert (fault.path, fault.given) == (path, given)


def test_without_a_project_there_is_no_today() -> None:
    """Nothing about dates that depend on the day is held against who misnames the project."""
    request = {**ranged(("today", "2024-02-29"), ("-99999d", "today")), "project_id": "fligths"}
    (fault,) = faults(request, Circumstances(datetime(2024, 3, 1, tzinfo=UTC)))
    assert fault.path == "project_id"


def test_a_long_way_back_is_counted() -> None:
    """Relative ranges are held to the limit on dates like any others."""
    (fault,) = faults(ranged(("1970-01-01", "today")), Circumstances(datetime(2190, 3, 1, tzinfo=UTC)))
    assert (fault.path, "business dates" in fault.given) == (DATES, True)
    request = BackfillRequest.model_validate(ranged(("-7d", "yesterday")))  # as another door builds it
    found = resolve(request, CATALOG, Circumstances(datetime(2024, 3, 1, tzinfo=UTC)))
    assert [len(period) for period in found.periods] == [7]
