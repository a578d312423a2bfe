"""Who waits for which cycle of the same date: rule 5, by hand."""

from __future__ import annotations

from datetime import date

import networkx as nx
import pytest
from planning.asking import instances, planned, waits, waits_of
from planning.oracle import TaskSpec

from backfilld.errors import DependencyLoop

MONDAY = date(2024, 1, 1)


def joined(up: str, down: str, day: date = MONDAY, **window: str) -> dict[str, list[str]]:
    """What each cycle (`HH:MM`) of a task waits for, for two crons."""
    tasks = [TaskSpec("u", up), TaskSpec("d", down, (("u", "same"),))]
    found = waits_of(planned(tasks, day, **window), "d")
    return {at[-5:]: [need[-5:] for need in needs] for at, needs in found.items()}


@pytest.mark.parametrize(
    ("up", "down", "expected"),
    [
        ("0 0 * * *", "0 9 * * *", {"09:00": ["00:00"]}),
        ("0 9 * * *", "0 0 * * *", {"00:00": ["09:00"]}),  # as many cycles: by position, whatever the time
        ("0 1,2,3 * * *", "0 4,5,6 * * *", {"04:00": ["01:00"], "05:00": ["02:00"], "06:00": ["03:00"]}),
        ("0 */6 * * *", "0 7 * * *", {"07:00": ["00:00", "06:00", "12:00", "18:00"]}),
        ("0 7 * * *", "0 */8 * * *", {"00:00": ["07:00"], "08:00": ["07:00"], "16:00": ["07:00"]}),
        (
            "0,20,40 1,2 * * *",
            "0 1,2 * * *",
            {"01:00": ["01:00"], "02:00": ["01:20", "01:40", "02:00", "02:20", "02:40"]},
        ),
        ("0 2,3 * * *", "30 1,2,3 * * *", {"01:30": ["02:00"], "02:30": ["02:00"], "03:30": ["03:00"]}),
        ("0 5,6,23 * * *", "0 5,22 * * *", {"05:00": ["05:00"], "22:00": ["06:00", "23:00"]}),
        ("30 0,1 * * *", "0 2,3,4 * * *", {"02:00": ["00:30", "01:30"], "03:00": ["01:30"], "04:00": ["01:30"]}),
        ("0 6 * * 1", "0 0 * * *", {"00:00": ["06:00"]}),
        ("0 6 * * 2", "0 0 * * *", {"00:00": []}),
    ],
)
def test_pairs_of_one_date(up: str, down: str, expected: dict[str, list[str]]):
    """Equal counts pair by position; else the cycles in between, with the ends taken in, or the latest not after."""
    assert joined(up, down) == expected


def test_pairs_are_formed_before_the_window_and_then_dropped():
    """A window of the day never gives an instance a partner that it would not have without the window."""
    assert joined("0 */6 * * *", "0 7 * * *", start_time="06:30:00", end_time="13:00:00") == {"07:00": ["12:00"]}
    assert joined("0 1,2,3 * * *", "0 2,3,4 * * *", start_time="02:00:00", end_time="03:00:00") == {
        "02:00": [],
        "03:00": ["02:00"],
    }


def test_a_window_keeps_both_its_ends():
    """To the second: a cycle at the start and one at the end are in, one just outside is not."""
    hours = [TaskSpec("t", "0 * * * *")]
    assert [
        i[2].hour for i in instances(planned(hours, MONDAY, start_time="06:00:00", end_time="08:00:00")).values()
    ] == [6, 7, 8]
    assert [
        i[2].hour for i in instances(planned(hours, MONDAY, start_time="06:00:01", end_time="07:59:59")).values()
    ] == [7]


@pytest.mark.parametrize(("start", "end"), [("02:00:00", "02:59:59"), ("03:00:00", "03:00:00")])
def test_a_window_is_judged_on_the_time_before_it_is_moved(start: str, end: str):
    """Where 02:00, 02:30 and 03:00 all fall on 03:00, the one cycle is kept if the window has any of the three."""
    berlin = [TaskSpec("t", "0,30 2,3 * * *", zone="Europe/Berlin")]
    plan = planned(berlin, date(2024, 3, 31), start_time=start, end_time=end)
    assert [f"{at:%H:%M}" for _, _, at in instances(plan).values()] == ["01:00"]


def test_the_day_when_clocks_go_back_gives_equal_counts_their_places():
    """25 elastic hours on both sides pair by position; against 24 fixed ones the hour that repeats goes to its next."""
    back = date(2024, 11, 3)
    zone = "America/New_York"
    same = [TaskSpec("u", "0 * * * *", zone=zone), TaskSpec("d", "30 * * * *", (("u", "same"),), zone=zone)]
    plan = planned(same, back)
    assert plan.size == 50
    assert all(len(needs) == 1 for needs in waits_of(plan, "d").values())

    fixed = [TaskSpec("u", "0 * * * *", zone=zone), TaskSpec("d", "0 0-23 * * *", (("u", "same"),), zone=zone)]
    found = waits_of(planned(fixed, back), "d")
    assert len(found) == 24
    assert found["11-03T05:00"] == ["u@11-03T05:00"]  # 01:00, the first of the two
    assert found["11-03T07:00"] == ["u@11-03T06:00", "u@11-03T07:00"]  # 02:00 takes the second 01:00 too


def test_what_has_no_cycle_that_date_is_passed_through():
    """Daily tasks on both sides of a weekly one wait directly on six days, and through it on the seventh."""
    tasks = [
        TaskSpec("first", "0 1 * * *"),
        TaskSpec("weekly", "0 2 * * 0", (("first", "same"),)),
        TaskSpec("last", "0 3 * * *", (("weekly", "same"),)),
    ]
    found = waits_of(planned(tasks, date(2024, 1, 6), date(2024, 1, 7)), "last")
    assert found == {"01-06T03:00": ["first@01-06T01:00"], "01-07T03:00": ["weekly@01-07T02:00"]}


def test_a_task_that_the_window_empties_is_passed_through():
    """Without an instance inside, a path is a bridge: here because the task's only cycle lies outside the window."""
    tasks = [
        TaskSpec("first", "0 1 * * *"),
        TaskSpec("night", "0 22 * * *", (("first", "same"),)),
        TaskSpec("last", "0 3 * * *", (("night", "same"),)),
    ]
    plan = planned(tasks, MONDAY, start_time="00:00:00", end_time="12:00:00")
    assert waits_of(plan, "last") == {"01-01T03:00": ["first@01-01T01:00"]}


def test_instances_may_be_ordered_against_their_tasks():
    """Hourly a needs b's previous cycle and b needs a: no loop, but ordinals go a, b, a, b."""
    tasks = [TaskSpec("a", "0 1-3 * * *", (("b", "previous"),)), TaskSpec("b", "30 1-3 * * *", (("a", "same"),))]
    plan = planned(tasks, MONDAY)
    found = instances(plan)
    order = [(found[ordinal][0], f"{found[ordinal][2]:%H:%M}") for ordinal in range(plan.size)]

    assert order == [("a", "01:00"), ("b", "01:30"), ("a", "02:00"), ("b", "02:30"), ("a", "03:00"), ("b", "03:30")]
    assert plan.waits_for(0) == [[], [0], [1], [2], [3], [4]]


@pytest.mark.parametrize(
    "tasks",
    [
        [TaskSpec("a", "0 1-3 * * *", (("b", 2),)), TaskSpec("b", "30 1-3 * * *", (("a", "same"),))],
        [TaskSpec("a", "0 10 * * *", (("b", "previous"),)), TaskSpec("b", "0 * * * *", (("a", "same"),))],
    ],
    ids=["own date among the last dates", "daily task that needs an hour which needs it"],
)
def test_a_ring_of_instances_is_refused_and_printed(tasks: list[TaskSpec]):
    """The ring names tasks and cycles, each once, and comes back to where it began."""
    with pytest.raises(DependencyLoop) as caught:
        planned(tasks, MONDAY)
    ring = caught.value.path

    assert ring[0] == ring[-1]
    assert {step.split("@")[0] for step in ring} == {"a", "b"}
    assert len(set(ring)) == len(ring) - 1


def test_a_ring_on_one_date_of_many_is_found():
    """Weekly b closes the ring on Sundays only: without a Sunday there is a plan, with one there is none."""
    tasks = [TaskSpec("a", "0 10 * * *", (("b", 1),)), TaskSpec("b", "0 2 * * 0", (("a", "same"),))]

    assert nx.is_directed_acyclic_graph(waits(planned(tasks, date(2024, 1, 1), date(2024, 1, 6))))
    with pytest.raises(DependencyLoop):
        planned(tasks, date(2024, 1, 1), date(2024, 1, 7))
