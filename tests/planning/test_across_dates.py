"""`cycle: previous` and `dates: n`: what an instance waits for on earlier business dates, by hand."""

from __future__ import annotations

from datetime import date

from planning.asking import catalog_of, codes, planned, resolved, waits, waits_of
from planning.oracle import TaskSpec

from backfilld.planning.planner import make_plan

MONDAY = date(2024, 1, 1)
WEDNESDAY = date(2024, 1, 3)


def test_a_daily_task_waits_for_itself_on_the_date_before():
    """The first date has nothing to wait for."""
    plan = planned([TaskSpec("t", needs=(("t", "previous"),))], MONDAY, WEDNESDAY)
    assert waits_of(plan, "t") == {
        "01-01T00:00": [],
        "01-02T00:00": ["t@01-01T00:00"],
        "01-03T00:00": ["t@01-02T00:00"],
    }


def test_previous_is_strictly_before_and_crosses_midnight():
    """A cycle at the same moment is not before; the first of a date reaches into the date before."""
    tasks = [TaskSpec("u", "0 0,12 * * *"), TaskSpec("d", "0 0,6,12 * * *", (("u", "previous"),))]
    assert waits_of(planned(tasks, MONDAY, date(2024, 1, 2)), "d") == {
        "01-01T00:00": [],
        "01-01T06:00": ["u@01-01T00:00"],
        "01-01T12:00": ["u@01-01T00:00"],
        "01-02T00:00": ["u@01-01T12:00"],
        "01-02T06:00": ["u@01-02T00:00"],
        "01-02T12:00": ["u@01-02T00:00"],
    }


def test_previous_means_planned_over_gaps_between_ranges():
    """The latest planned cycle may lie weeks back, or outside what the window of the day keeps."""
    catalog = catalog_of([TaskSpec("t", "0 */6 * * *", (("t", "previous"),))])
    ranges = [(MONDAY, MONDAY), (date(2024, 1, 20), date(2024, 1, 20))]
    ask = resolved(catalog, ranges, root_task_ids=["t"], start_time="06:00:00", end_time="12:00:00")
    assert waits_of(make_plan(ask, catalog), "t") == {
        "01-01T06:00": [],
        "01-01T12:00": ["t@01-01T06:00"],
        "01-20T06:00": ["t@01-01T12:00"],
        "01-20T12:00": ["t@01-20T06:00"],
    }


def test_previous_of_another_rhythm():
    """A daily task waits for the last Sunday's weekly cycle once there is one."""
    tasks = [TaskSpec("w", "0 6 * * 0"), TaskSpec("d", "0 6 * * *", (("w", "previous"),))]
    found = waits_of(planned(tasks, date(2024, 1, 6), date(2024, 1, 9)), "d")
    assert [found[at] for at in sorted(found)] == [[], [], ["w@01-07T06:00"], ["w@01-07T06:00"]]


def test_previous_looks_at_business_dates_up_to_the_own_one():
    """A parent whose cycle lies earlier on the clock but belongs to a later business date is not waited for."""
    tasks = [
        TaskSpec("u", "0 0 * * *", project="q"),
        TaskSpec("d", "0 9 * * *", (("u", "previous"),), project="p", offset=2),
    ]
    found = waits_of(planned(tasks, MONDAY, WEDNESDAY, root_task_ids=["d"], include_task_ids=["u", "d"]), "d")
    assert found == {
        "01-03T09:00": ["u@01-01T00:00"],
        "01-04T09:00": ["u@01-02T00:00"],
        "01-05T09:00": ["u@01-03T00:00"],
    }


def test_offsets_and_zones_decide_by_moments():
    """Rule 5 compares moments: hours of Kolkata for a business date offset by one, seen by a daily task in UTC."""
    tasks = [
        TaskSpec("u", "0 */12 * * *", project="q", zone="Asia/Kolkata", offset=1),
        TaskSpec("d", "0 0,6,23 * * *", (("u", "same"),), project="p", offset=1),
    ]
    found = waits_of(planned(tasks, MONDAY, root_task_ids=["d"], include_task_ids=["u", "d"]), "d")
    assert found == {
        "01-02T00:00": ["u@01-01T18:30"],
        "01-02T06:00": ["u@01-01T18:30"],
        "01-02T23:00": ["u@01-02T06:30"],
    }


def test_the_last_dates_are_counted_with_the_own_one():
    """`dates: 3` waits for all cycles of the own and the two business dates before, as far as they are planned."""
    tasks = [TaskSpec("u", "0 6,18 * * *"), TaskSpec("d", "0 0 * * *", (("u", 3),))]
    found = waits_of(planned(tasks, MONDAY, date(2024, 1, 4)), "d")
    both = {day: [f"u@01-0{day}T06:00", f"u@01-0{day}T18:00"] for day in range(1, 5)}
    assert list(found.values()) == [
        both[1],
        both[1] + both[2],
        both[1] + both[2] + both[3],
        both[2] + both[3] + both[4],
    ]


def test_the_last_dates_are_dates_and_not_runs():
    """A gap between ranges counts: the date before the gap is out of reach of `dates: 2`."""
    catalog = catalog_of([TaskSpec("u"), TaskSpec("d", "0 1 * * *", (("u", 2),))])
    ranges = [(MONDAY, MONDAY), (WEDNESDAY, WEDNESDAY)]
    plan = make_plan(resolved(catalog, ranges, root_task_ids=["u", "d"]), catalog)
    assert waits_of(plan, "d")["01-03T01:00"] == ["u@01-03T00:00"]


def test_one_edge_across_dates_is_carried_through_a_bridge():
    """V needs x's previous cycle, x is left out and needs u: v waits for u's previous cycle; for dates likewise."""
    tasks = [
        TaskSpec("u"),
        TaskSpec("x", "0 1 * * *", (("u", "same"),)),
        TaskSpec("v", "0 2 * * *", (("x", "previous"),)),
    ]
    plan = planned(tasks, MONDAY, date(2024, 1, 2), root_task_ids=["u", "v"])
    assert waits_of(plan, "v") == {"01-01T02:00": ["u@01-01T00:00"], "01-02T02:00": ["u@01-02T00:00"]}
    assert [(plan.tasks[e.up].name, plan.tasks[e.down].name) for e in plan.edges] == [("u", "v")]


def test_two_edges_across_dates_end_the_bridge_with_a_finding():
    """And an edge of a bridged task to itself is not one of them."""
    tasks = [
        TaskSpec("u"),
        TaskSpec("x", needs=(("u", "previous"), ("x", "previous"))),
        TaskSpec("v", needs=(("x", "previous"),)),
        TaskSpec("w", needs=(("x", "same"),)),
    ]
    plan = planned(tasks, MONDAY, date(2024, 1, 2), root_task_ids=["u", "v", "w"])
    assert not any(waits_of(plan, "v").values())
    assert waits_of(plan, "w")["01-02T00:00"] == ["u@01-01T00:00"]
    assert codes(plan)["bridge_ended"] == ["v"]


def test_an_absent_task_is_passed_through_only_before_the_edge_across_dates():
    """Monday's v passes through the weekly task to its previous upstream; the weekly task as previous is an end."""
    tasks = [
        TaskSpec("u"),
        TaskSpec("weekly", "0 1 * * 0", (("u", "previous"),)),
        TaskSpec("v", "0 2 * * *", (("weekly", "same"),)),
        TaskSpec("z", "0 3 * * *", (("weekly", "previous"),)),
    ]
    plan = planned(tasks, date(2024, 1, 6), date(2024, 1, 8))
    assert waits_of(plan, "v") == {
        "01-06T02:00": ["u@01-06T00:00"],
        "01-07T02:00": ["weekly@01-07T01:00"],
        "01-08T02:00": ["u@01-08T00:00"],
    }
    assert waits_of(plan, "z") == {
        "01-06T03:00": [],
        "01-07T03:00": ["weekly@01-07T01:00"],
        "01-08T03:00": ["weekly@01-07T01:00"],
    }


def test_newest_first_keeps_edges_inside_a_date():
    """Desc is refused with an edge between two dates; an hour waiting for the hour before is fine on one date."""
    hourly = [TaskSpec("t", "0 1-3 * * *", (("t", "previous"),))]
    one = planned(hourly, MONDAY, order="Desc")
    assert "desc_cross_date" not in codes(one)
    assert len(waits(one).edges) == 2

    assert codes(planned(hourly, MONDAY, date(2024, 1, 2), order="Desc"))["desc_cross_date"] == ["t"]
    far = [TaskSpec("u"), TaskSpec("d", needs=(("u", 2),))]
    catalog = catalog_of(far)
    apart = resolved(catalog, [(MONDAY, MONDAY), (WEDNESDAY, WEDNESDAY)], root_task_ids=["u", "d"], order="Desc")
    assert "desc_cross_date" not in codes(make_plan(apart, catalog))


def test_clocks_that_once_went_back_over_midnight():
    """In Newfoundland 00:01 became 23:01: a cycle of the date before can be later, and is the one waited for."""
    tasks = [TaskSpec("t", "*/30 * * * *", (("t", "previous"),), zone="America/St_Johns")]
    found = waits_of(planned(tasks, date(2010, 11, 6), date(2010, 11, 7)), "t")
    assert "t@11-07T03:00" in found["11-07T03:30"]  # the second 23:30 of the 6th, before the second 00:00 of the 7th
