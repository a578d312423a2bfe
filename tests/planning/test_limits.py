"""How large a plan may be: counted by arithmetic, refused before anything large exists."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from planning.asking import ACCEPTED, catalog_of, resolved
from planning.oracle import TaskSpec

from backfilld.catalog.documents import Document
from backfilld.dates import Period
from backfilld.errors import InvalidRequest, PlanTooLarge
from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan
from backfilld.request.resolve import Circumstances, understand
from backfilld.request.resolved import Limits, ResolvedRequest
from backfilld.request.selection import ManualSelection

MONDAY = date(2024, 1, 1)
DAILY = [TaskSpec("t")]


def plan_within(limits: Limits, tasks: list[TaskSpec], days: int = 1, first: date = MONDAY) -> Plan:
    """All tasks for some dates; only planning judges the limits."""
    catalog = catalog_of(tasks)
    selection = ManualSelection(frozenset(catalog.tasks), frozenset())
    periods = (Period(first, first + timedelta(days=days - 1)),)
    return make_plan(ResolvedRequest(selection, periods, ACCEPTED), catalog, limits=limits)


def refused(limits: Limits, tasks: list[TaskSpec], days: int = 1) -> tuple[str, int, int]:
    with pytest.raises(PlanTooLarge) as caught:
        plan_within(limits, tasks, days)
    return caught.value.what, caught.value.size, caught.value.limit


def minutely(count: int) -> list[TaskSpec]:
    return [TaskSpec(f"t{number}", "* * * * *") for number in range(count)]


def test_seven_ranges_of_two_centuries_are_refused():
    """Ranges are counted before they are expanded; more than seven are refused as well."""
    catalog = catalog_of(DAILY)
    long = [(date(1970 + n, 1, 1), date(2169 + n, 12, 31)) for n in range(7)]
    with pytest.raises(InvalidRequest) as caught:
        resolved(catalog, long, root_task_ids=["t"])
    assert all(fault.path.startswith("periods.biz_dates") for fault in caught.value.faults)
    assert "at most 36,600" in str(caught.value)

    with pytest.raises(InvalidRequest, match="at most 7"):
        resolved(catalog, [(MONDAY, MONDAY)] * 8, root_task_ids=["t"])


def test_planning_counts_dates_itself():
    """All dates that there are, and still nothing is expanded."""
    days = (date.max - date.min).days
    assert refused(Limits(), DAILY, 36_601) == ("business dates", 36_601, 36_600)
    assert plan_within(Limits(), DAILY, 36_600).size == 36_600
    catalog = catalog_of(DAILY)
    every = ResolvedRequest(ManualSelection(frozenset({1}), frozenset()), (Period(date.min, date.max),), ACCEPTED)
    with pytest.raises(PlanTooLarge, match=f"{days + 1:,} business dates"):
        make_plan(every, catalog)


def test_instances_of_one_date():
    """728 tasks a minute fit into the twenty bits of an id, 729 do not."""
    assert plan_within(Limits(), minutely(728)).size == 728 * 1440
    assert refused(Limits(), minutely(729)) == ("task instances on one date", 729 * 1440, 2**20)


def test_instances_of_a_request():
    """Five million, to the last one; clocks that go forward take an hour off."""
    hourly = [TaskSpec(f"t{number}", "0 * * * *") for number in range(100)]
    assert plan_within(Limits(), hourly, 2_083).size == 4_999_200
    assert refused(Limits(), hourly, 2_084) == ("task instances", 5_001_600, 5_000_000)
    forward = [TaskSpec("t", "0 * * * *", zone="America/New_York")]
    assert plan_within(Limits(instances=23), forward, first=date(2024, 3, 10)).size == 23


@pytest.mark.parametrize(
    ("needs", "edges"),
    [
        ((("a", 7), ("b", 7)), 2 * 1440 * 1440),  # every minute waits for every minute
        ((("a", "same"), ("b", "same")), 2 * 1440),
        ((("a", "previous"), ("b", "previous")), 2 * 1440),
    ],
    ids=["dates", "same", "previous"],
)
def test_edges_of_one_date(needs: tuple[tuple[str, str], ...], edges: int):
    """Edges of every kind count, before one of them exists: a dense graph is larger than its instances."""
    tasks = [TaskSpec("a", "* * * * *"), TaskSpec("b", "* * * * *"), TaskSpec("c", "* * * * *", needs)]
    assert plan_within(Limits(edges_a_date=edges), tasks).size == 3 * 1440
    assert refused(Limits(edges_a_date=edges - 1), tasks) == (
        "edges between instances of one date",
        edges,
        edges - 1,
    )


def test_a_dense_graph_every_minute_is_refused():
    """160 tasks, each needing all before it: 18 million edges a date, though only 230,400 instances."""
    tasks = minutely(160)
    dense = [TaskSpec(t.name, t.cron, tuple((up.name, "same") for up in tasks[:n])) for n, t in enumerate(tasks)]
    assert refused(Limits(), dense) == ("edges between instances of one date", 160 * 159 // 2 * 1440, 2**22)


def test_limits_are_the_daemons_to_set():
    """The request is judged by the limits that it is given."""
    value = {
        "name": "n",
        "project_id": "p",
        "type": "SupplementData",
        "periods": {"biz_dates": [{"start_biz_date": MONDAY, "end_biz_date": date(2024, 1, 3)}]},
        "default_run_properties": {"root_task_ids": ["t"], "parallelism": 3},
    }
    given = Circumstances(ACCEPTED, limits=Limits(dates=2, parallelism=2))
    with pytest.raises(InvalidRequest) as caught:
        understand(Document("r", value), catalog_of(DAILY), given)
    assert {fault.path.split("[")[0] for fault in caught.value.faults} == {
        "periods.biz_dates",
        "default_run_properties.parallelism",
    }
