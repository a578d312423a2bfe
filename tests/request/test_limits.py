"""Every limit, on both sides of its boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from request.asking import CATALOG, CIRCUMSTANCES, GOOD, asked, faults, paths, ranged, understood

from backfilld.errors import InvalidRequest
from backfilld.request.models import BackfillRequest
from backfilld.request.resolve import resolve
from backfilld.request.resolved import Limits

RUN = "default_run_properties"
DAY = ("2013-01-01", "2013-01-01")


def days(first: str, count: int) -> tuple[str, str]:
    start = date.fromisoformat(first)
    return str(start), str(start + timedelta(days=count - 1))


@pytest.mark.parametrize(
    ("good", "bad", "path"),
    [
        (ranged(*[DAY] * 7), ranged(*[DAY] * 8), "periods.biz_dates"),
        (
            ranged(("1970-01-01", "1970-01-01")),
            ranged(("1969-12-31", "1970-01-01")),
            "periods.biz_dates[0].start_biz_date",
        ),
        (
            ranged(("2199-12-31", "2199-12-31")),
            ranged(("2199-12-31", "2200-01-01")),
            "periods.biz_dates[0].end_biz_date",
        ),
        (ranged(days("1980-01-01", 36_600)), ranged(days("1980-01-01", 36_601)), "periods.biz_dates[0]"),
        (
            ranged(days("1970-01-01", 36_000), days("2100-01-01", 600)),
            ranged(days("1970-01-01", 36_000), days("2100-01-01", 601)),
            "periods.biz_dates[1]",
        ),
        (ranged(DAY), ranged(("2013-01-02", "2013-01-01")), "periods.biz_dates[0].end_biz_date"),
        (
            ranged(DAY, start_time="10:00:00", end_time="10:00:00"),
            ranged(DAY, start_time="10:00:01", end_time="10:00:00"),
            "periods.end_time",
        ),
        (asked({"parallelism": 1}), asked({"parallelism": 0}), f"{RUN}.parallelism"),
        (asked({"parallelism": 10}), asked({"parallelism": 11}), f"{RUN}.parallelism"),
        (asked({"priority": 1}), asked({"priority": 0}), f"{RUN}.priority"),
        (asked({"priority": 11}), asked({"priority": 12}), f"{RUN}.priority"),
        (
            asked({"include_task_ids": [2] * 10_000}),
            asked({"include_task_ids": [2] * 10_001}),
            f"{RUN}.include_task_ids",
        ),
        (
            asked({"exclude_project_ids": [200] * 10_000}),
            asked({"exclude_project_ids": [200] * 10_001}),
            f"{RUN}.exclude_project_ids",
        ),
        (asked(name="x"), asked(name=""), "name"),
        (asked(name="x" * 255), asked(name="x" * 256), "name"),
        (asked(comment=""), asked(comment=5), "comment"),
        (asked(comment="x" * 10_000), asked(comment="x" * 10_001), "comment"),
        (
            asked(tags=[{"key": str(n), "value": ""} for n in range(100)]),
            asked(tags=[{"key": str(n), "value": ""} for n in range(101)]),
            "tags",
        ),
        (
            asked(tags=[{"key": "k" * 255, "value": "v" * 255}]),
            asked(tags=[{"key": "k" * 256, "value": "v"}]),
            "tags[0].key",
        ),
        (asked(tags=[{"key": "k", "value": "v"}]), asked(tags=[{"key": "k", "value": "v" * 256}]), "tags[0].value"),
    ],
)
def test_a_limit_on_both_sides(good: dict[str, Any], bad: dict[str, Any], path: str) -> None:
    """The last value that a limit allows is taken, and the next is one fault of its field."""
    understood(good)
    assert paths(bad) == [path]


def test_ranges_count_a_date_once() -> None:
    """Dates that two ranges share count once, so that overlapping ranges are not refused for their sum."""
    whole = days("1970-01-01", 36_600)
    assert len(understood(ranged(whole, days("1970-01-01", 36_000), days("1980-01-01", 10_000))).periods) == 3
    (fault,) = faults(ranged(whole, DAY, days("2150-01-01", 5)))
    assert (fault.path, fault.given) == ("periods.biz_dates[2]", "36,605 business dates with those before")


def test_limits_are_the_administrators() -> None:
    """Every limit of size is a setting, wider or narrower than the default."""
    tight = replace(CIRCUMSTANCES, limits=Limits(ranges=1, parallelism=2, dates=3, ids=1))
    request = asked(
        {"root_task_ids": [1, 2], "parallelism": 3},
        periods=ranged(days("2013-01-01", 4), DAY)["periods"],
    )
    assert [(fault.path, fault.allowed) for fault in faults(request, tight)] == [
        ("periods.biz_dates", "at most 1 items"),
        (f"{RUN}.root_task_ids", "at most 1 items"),
        ("periods.biz_dates[0]", "at most 3 business dates"),
        (f"{RUN}.parallelism", "an integer from 1 to 2"),
    ]
    wide = replace(CIRCUMSTANCES, limits=Limits(ranges=9, parallelism=100, dates=80_000, ids=20_000))
    run = {"parallelism": 100, "include_task_ids": [1] * 20_000}
    assert understood(asked(run, periods=ranged(*[days("1970-01-01", 80_000)] * 9)["periods"]), wide).parallelism == 100


def test_limits_hold_for_a_request_that_was_not_read_from_a_document() -> None:
    """A request that another door built is held to the same limits."""
    run = {"root_task_ids": [1] * 10_001, "include_task_ids": [2]}
    ranges = [{"start_biz_date": "2013-01-01", "end_biz_date": "2013-01-01"}] * 8
    request = BackfillRequest.model_validate(asked(run, periods={"biz_dates": ranges}))
    with pytest.raises(InvalidRequest) as refused:
        resolve(request, CATALOG, CIRCUMSTANCES)
    assert [fault.path for fault in refused.value.faults] == [f"{RUN}.root_task_ids", "periods.biz_dates"]


def test_a_resource_group_must_be_known_where_groups_are() -> None:
    """Offline any group is taken; a daemon knows its groups and names them."""
    request = asked({"runtime_resource": "huge"})
    (fault,) = faults(request)
    assert (fault.path, fault.allowed) == (f"{RUN}.runtime_resource", "a resource group: default, heavy")
    assert understood(request, replace(CIRCUMSTANCES, resource_groups=None)).resource_group == "huge"


@pytest.mark.parametrize("value", [0.5, 1.0, "1", True, None, [], "Asc"])
def test_numbers_are_not_guessed(value: object) -> None:
    """An integer is an integer: fractions, texts and truth values are refused where one is due."""
    assert paths(asked({"parallelism": value})) == [f"{RUN}.parallelism"]


def test_the_good_request_is_good() -> None:
    """The boundaries above are judged against a request with nothing wrong in it."""
    assert understood(GOOD).project_id == 100
