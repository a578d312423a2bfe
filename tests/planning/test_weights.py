"""Who goes first: weights and remaining paths, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from planning.asking import catalog_of, planned, resolved
from planning.oracle import TaskSpec

from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan
from backfilld.request.durations import steady

MONDAY = date(2024, 1, 1)
DIAMOND = [
    TaskSpec("top", priority=5),
    TaskSpec("left", needs=(("top", "same"),)),
    TaskSpec("right", needs=(("top", "same"),), priority=3),
    TaskSpec("end", needs=(("left", "same"), ("right", "same"), ("top", "same"), ("end", "previous"))),
]


def weights(plan: Plan) -> dict[str, int]:
    return {task.name: task.weight for task in plan.tasks}


def remaining(expected: dict[int, float], tasks: list[TaskSpec] = DIAMOND, **fields: object) -> dict[str, float]:
    """The remaining path of each task when history expects these seconds, by task id."""
    catalog = catalog_of(tasks)
    ask = resolved(catalog, [(MONDAY, MONDAY)], **{"root_task_ids": [t.name for t in tasks]} | fields)
    return {t.name: t.remaining for t in make_plan(replace(ask, durations=steady(expected)), catalog).tasks}


def test_without_a_strategy_the_weight_is_the_priority():
    """The request's priority, else the task's, else 1."""
    assert weights(planned(DIAMOND, MONDAY)) == {"top": 5, "left": 1, "right": 3, "end": 1}
    assert set(weights(planned(DIAMOND, MONDAY, priority=7)).values()) == {7}


def test_upstream_adds_every_distinct_upstream_task_once():
    """A task reached on two ways counts once, itself never, an edge across dates not at all."""
    upstream = planned(DIAMOND, MONDAY, priority_weight_strategy="Upstream")
    assert weights(upstream) == {"top": 5, "left": 6, "right": 8, "end": 10}
    flat = planned(DIAMOND, MONDAY, priority_weight_strategy="Upstream", priority=2)
    assert weights(flat) == {"top": 2, "left": 4, "right": 4, "end": 8}


def test_what_is_not_selected_hands_on_what_is_above_but_counts_nothing():
    """Left out in the middle: `end` still counts `top`, over the bridge."""
    some = planned(DIAMOND, MONDAY, root_task_ids=["top", "end"], priority_weight_strategy="Upstream")
    assert weights(some) == {"top": 5, "end": 6}


def test_one_weight_a_task_and_plan():
    """A weekly task in between counts, though it has no cycle on most dates, or on none."""
    tasks = [TaskSpec("a"), TaskSpec("w", "0 0 * * 0", (("a", "same"),)), TaskSpec("z", needs=(("w", "same"),))]
    for last in (MONDAY, date(2024, 1, 7)):
        assert weights(planned(tasks, MONDAY, last, priority_weight_strategy="Upstream")) == {"a": 1, "w": 2, "z": 3}


def test_the_longest_remaining_path():
    """In hops without history; in expected seconds with some, a task that has none counting as the median."""
    assert remaining({}) == {"top": 3, "left": 2, "right": 2, "end": 1}
    assert remaining({1: 10, 2: 100, 3: 20, 4: 5}) == {"top": 115, "left": 105, "right": 25, "end": 5}
    assert remaining({1: 10, 2: 40}) == {"top": 75, "left": 65, "right": 50, "end": 25}
    assert remaining({1: 10, 4: 5}, root_task_ids=["top", "end"]) == {"top": 15, "end": 5}
