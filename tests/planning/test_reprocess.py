"""`reprocess`: what the ledger makes superfluous, judged cycle by cycle, against a naive reading of it."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from planning.asking import instances, less, plan_or_none, planned
from planning.oracle import TaskSpec
from planning.random_catalogs import Asked, asked

from backfilld.planning.history import Outcomes, Past
from backfilld.planning.plan import Plan, instance_id

MONDAY, TUESDAY = date(2024, 1, 1), date(2024, 1, 2)
ENDINGS = [
    Past("succeeded", True, 9, 1),
    Past("failed", False, 9, 1),
    Past("failed", True, 9, 2),
    Past("lost", False, 9, 1),
    Past("lost", True, 9, 2),
]
"""The last attempt of a cycle, and whether an earlier one had succeeded."""
Ledger = dict[int, dict[int, Past]]


@st.composite
def ledgers(draw: st.DrawFn, plan: Plan) -> Ledger:
    """What some cycles of the plan, and moments that are no cycles of it, came to."""
    found: Ledger = {}
    for task, second in sorted(cycles(plan).values()):
        ending = draw(st.sampled_from([None, None, *ENDINGS]))
        if ending is not None:
            found.setdefault(task, {})[second] = ending
            found[task].setdefault(second + 60, ENDINGS[0])
    return found


def cycles(plan: Plan) -> dict[int, tuple[int, int]]:
    """Every instance by its id: its task and its moment in seconds since 1970."""
    ids = {task.name: task.task.id for task in plan.tasks}
    return {number: (ids[name], int(at.timestamp())) for number, (name, _, at) in instances(plan).items()}


def verdict(wanted: str, past: Past | None) -> str | None:
    """Why a cycle is left out; None where it runs."""
    if wanted == "Missing":
        return "exists" if past is not None and past.succeeded_once else None
    if past is None:
        return "never ran"
    return "exists" if past.ending == "succeeded" else None


def whys(plan: Plan) -> dict[int, str]:
    """Why each instance is left out, by id."""
    return {
        instance_id(position, number): why
        for why, bits in plan.whys.items()
        for position, each in bits.items()
        for number in range(each.bit_length())
        if each >> number & 1
    }


@pytest.mark.parametrize("wanted", ["Failed", "Missing"])
@given(data=st.data(), ask=asked())
def test_each_cycle_is_judged_by_its_own_past(wanted: str, data: st.DataObject, ask: Asked):
    """Hourly, windowed, round clock changes, newest first, over any order of instances: cycle by cycle."""
    plan = plan_or_none(ask)
    assume(plan is not None and plan.size <= 200)
    ledger = data.draw(ledgers(plan))
    judged = {each: verdict(wanted, ledger.get(task, {}).get(at)) for each, (task, at) in cycles(plan).items()}

    found = less(plan, wanted, ledger)
    assert whys(found) == {each: why for each, why in judged.items() if why is not None}
    assert found.to_run == sum(why is None for why in judged.values())


def outcomes(day: date, *hours: int) -> Outcomes:
    return {int(datetime.fromisoformat(f"{day}T{hour:02}:00Z").timestamp()): ENDINGS[0] for hour in hours}


@pytest.mark.parametrize(("wanted", "runs"), [("Missing", 22), ("Failed", 0)])
def test_an_empty_past(wanted: str, runs: int):
    """Missing runs what never ran; Failed has nothing to repair."""
    plan = planned([TaskSpec("t", "0 0-10 * * *")], MONDAY, TUESDAY)
    assert less(plan, wanted, {}).to_run == runs


def test_dates_are_never_judged_as_a_whole():
    """Two hours of a date exist: the others run, on that date and the next, and the left-out ones are counted."""
    plan = planned([TaskSpec("t", "0 0-3 * * *"), TaskSpec("u", needs=(("t", "same"),))], MONDAY, TUESDAY)
    found = less(plan, "Missing", {1: outcomes(MONDAY, 1, 2), 2: outcomes(TUESDAY, 0)})

    assert [(left.task, left.dates, left.why, left.cycles) for left in found.cycles_left_out()] == [
        (1, (MONDAY,), "exists", 2),
        (2, (TUESDAY,), "exists", 1),
    ]
    assert found.to_run == 7


def test_an_instance_before_its_task_keeps_its_own_bit():
    """Where edges put later cycles of one task before earlier ones of another, ordinals are not in order of tasks."""
    tasks = [TaskSpec("a", "0 2,4 * * *", (("b", "previous"),)), TaskSpec("b", "0 1,3 * * *", (("a", "previous"),))]
    plan = planned(tasks, MONDAY)
    assert [plan.tasks[task].name for task in plan.template(0).tasks] == ["b", "a", "b", "a"]

    found = less(plan, "Missing", {2: outcomes(MONDAY, 3)})
    assert found.left_out == {0: 0b100}
