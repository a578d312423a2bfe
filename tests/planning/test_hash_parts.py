"""What two hashes alone say: whether the same would run, and which part of it moved."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning.asking import catalog_of, plan_or_none, planned, resolved, seen_by
from planning.oracle import TaskSpec, cycles_of
from planning.random_catalogs import CHANGES, CRONS, HOURLY, WINDOWS, ZONES, Asked, asked
from planning.test_hash import changed

from backfilld.catalog.parse import parse_catalog
from backfilld.config.documents import document_of
from backfilld.planning.fingerprint import PARTS, differing_parts
from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan
from backfilld.request.durations import steady

MONDAY, TUESDAY = date(2024, 1, 1), date(2024, 1, 2)
SAYINGS = [
    *HOURLY,
    "0 0-23/1 * * *",
    "0 */1 * * *",
    "0 0-11,12-23 * * *",
    "0 0 */1 * *",
    "0 0 * * 0-6",
    "0 6 * * 7",
    "0 6 * 1-12 0",
    *CRONS,
]
"""Many crons that say the same in other words, on some dates or on all."""
TASKS = [TaskSpec("a", "0 */6 * * *"), TaskSpec("b", "0 7 * * *", (("a", "same"),)), TaskSpec("c")]


@given(st.data(), asked())
def test_parts_tell_what_moved(data: st.DataObject, ask: Asked):
    """Whole hashes are equal exactly when no part differs; dates, tasks and left-out cycles are told exactly."""
    before, after = plan_or_none(ask), plan_or_none(data.draw(changed(ask)))
    if before is None or after is None:
        return
    if data.draw(st.booleans()) and after.dates and after.template(0).size:
        after = after.leaving_out("exists", {0: 1})
    parts = differing_parts(before.hash, after.hash)

    assert (before.hash == after.hash) == (not parts)
    assert ("dates" in parts) == (before.dates != after.dates)
    assert ("tasks" in parts) == (ids(before) != ids(after))
    assert ("left-out cycles" in parts) == (before.left_out != after.left_out)


def ids(plan: Plan) -> list[int]:
    return [task.task.id for task in plan.tasks]


@pytest.mark.parametrize(
    ("tasks", "fields", "moved"),
    [
        (TASKS, {}, []),
        (TASKS, {"last": date(2024, 1, 3)}, ["dates", "cycles"]),
        (TASKS, {"order": "Desc"}, ["dates"]),
        (TASKS, {"exclude_task_ids": ["c"]}, ["tasks", "cycles", "edges"]),
        (TASKS, {"start_time": "00:00:00", "end_time": "12:00:00"}, ["cycles"]),
        ([*TASKS[:2], TaskSpec("c", "0 1 * * *")], {}, ["cycles"]),
        ([*TASKS[:2], TaskSpec("c", needs=(("b", "previous"),))], {}, ["edges"]),
        ([*TASKS[:2], TaskSpec("c", needs=(("c", "previous"),))], {}, ["edges"]),
        (TASKS, {"left_out": {1: 0b1}}, ["left-out cycles"]),
    ],
)
def test_one_change_moves_its_own_part(tasks: list[TaskSpec], fields: dict[str, Any], moved: list[str]):
    """Each kind of change is told by its name."""
    plain = planned(TASKS, MONDAY, TUESDAY)
    plan = planned(tasks, MONDAY, **{"last": TUESDAY, "root_task_ids": ["a", "b", "c"], **fields})
    assert differing_parts(plain.hash, plan.hash) == tuple(moved)


def test_a_hash_is_64_hexadecimal_digits():
    """24 of the whole, 8 of each part: long enough to compare, short enough to paste."""
    assert re.fullmatch("[0-9a-f]{64}", planned(TASKS, MONDAY).hash)
    assert len(PARTS) == 5


@given(
    st.sampled_from(SAYINGS),
    st.sampled_from(SAYINGS),
    st.sampled_from(ZONES),
    st.sampled_from([MONDAY, *CHANGES]),
    st.integers(0, 7),
    st.sampled_from(WINDOWS),
)
def test_cycles_count_and_not_how_they_are_written(
    one: str, other: str, zone: str, first: date, days: int, window: tuple[time, time]
):
    """Two crons make the same hash exactly when they have the same cycles on all dates, in and out of the window."""
    last = date.fromordinal(first.toordinal() + days)
    dates = [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
    tasks = [TaskSpec("t", cron, zone=zone) for cron in (one, other)]
    within = {"start_time": window[0].isoformat(), "end_time": window[1].isoformat()}
    plans = [planned([task], first, last, **within) for task in tasks]
    cycles = [[cycles_of(task, day, window) for day in dates] for task in tasks]

    assert (plans[0].hash == plans[1].hash) == (cycles[0] == cycles[1])


def test_hours_with_a_star_and_in_full():
    """`0-23` is fixed and `*` elastic: the same plan in January, another one where clocks change."""

    def hashes(day: date) -> set[str]:
        crons = ("0 * * * *", "0 0-23 * * *", "@hourly")
        return {planned([TaskSpec("t", cron, zone="America/New_York")], day).hash for cron in crons}

    assert len(hashes(MONDAY)) == 1
    assert len(hashes(date(2024, 11, 3))) == 2


def test_comments_and_the_order_of_keys_do_not_matter():
    """Nor does any other way to write the same catalog, also across files; another order of tasks does: it is ids."""
    first = "project: p\nworkflows: [{workflow: w, tasks: [{task: a, virtual: true}, {task: b, virtual: true}]}]\n"
    second = """
        # reviewed last week
        workflows:
          - tasks:
              - {virtual: true, task: a}   # the first
              - {virtual: true, task: b}
            workflow: w
        project: p
    """
    swapped = "project: p\nworkflows: [{workflow: w, tasks: [{task: b, virtual: true}, {task: a, virtual: true}]}]\n"
    hashes = []
    for text in (first, second, swapped):
        catalog = parse_catalog([document_of(text, "catalog.yaml")])
        hashes.append(make_plan(resolved(catalog, [(MONDAY, TUESDAY)], root_task_ids=["a", "b"]), catalog).hash)
    assert hashes[0] == hashes[1]
    assert hashes[0] != hashes[2]


@pytest.mark.parametrize(
    "fields",
    [
        {"priority": 9, "weight_strategy": "Upstream"},
        {"resource_group": "heavy"},
        {"parallelism": 7, "on_failure": "Continue"},
        {"environment": "Dev"},
        {"durations": steady({1: 60.0})},
        {"workflow_parameters": {"schema": "x"}, "tags": {"k": "v"}},
        {"analysed": False},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_how_it_runs_does_not_matter(fields: dict[str, Any]):
    """Who goes first, where, with what parameters and how many at a time: the same instances, the same hash."""
    catalog = catalog_of(TASKS)
    ask = resolved(catalog, [(MONDAY, TUESDAY)], root_task_ids=["a", "b"])
    assert make_plan(replace(ask, **fields), catalog).hash == make_plan(ask, catalog).hash


def test_who_may_see_all_of_it_plans_the_same():
    """A caller with all the projects has the same plan as one without limits."""
    catalog = catalog_of(TASKS)
    ask = resolved(catalog, [(MONDAY, TUESDAY)], root_task_ids=["a", "b"])
    assert make_plan(seen_by(catalog, ask, ["p"]), catalog).hash == make_plan(ask, catalog).hash
