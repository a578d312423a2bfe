"""Cycles that another backfill holds, against the naive comparison: the same task at the same moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from planning.asking import catalog_of, instances, plan_or_none, planned, resolved
from planning.oracle import TaskSpec
from planning.random_catalogs import CRONS, ZONES, Asked, asked, ranges

from backfilld.planning.conflicts import held_cycles
from backfilld.planning.hindsight import conflict_finding
from backfilld.planning.plan import Plan, instance_id, split_id
from backfilld.planning.planner import make_plan

FURTHEST = ("Pacific/Kiritimati", "Pacific/Pago_Pago")
"""Their clocks are 25 hours apart: a moment can have dates two days apart."""


@st.composite
def later(draw: st.DrawFn, ask: Asked) -> Asked:
    """The same tasks asked again: other dates, order and window, in a catalog whose clocks may have changed."""
    moved = {project: draw(st.integers(0, 2)) for project in "pq"} if draw(st.booleans()) else None
    tasks = [
        replace(
            task,
            cron=draw(st.sampled_from((task.cron, task.cron, *CRONS))),
            zone=draw(st.sampled_from((task.zone, task.zone, *ZONES, *FURTHEST))),
            offset=task.offset if moved is None else moved[task.project],
        )
        for task in ask.tasks
    ]
    return replace(
        ask,
        tasks=tasks,
        ranges=draw(st.one_of(st.just(ask.ranges), ranges())),
        order=draw(st.sampled_from(("Asc", "Desc"))),
        window=draw(st.sampled_from((ask.window, ask.window, (ask.window[0], ask.window[0])))),
    )


def keys(plan: Plan) -> dict[int, tuple[str, datetime]]:
    """The task and the moment of each instance, by its id; random tasks keep their names."""
    return {number: (name, at) for number, (name, _, at) in instances(plan).items()}


def chosen(bits: dict[int, int]) -> set[int]:
    return {instance_id(p, n) for p, each in bits.items() for n in range(each.bit_length()) if each >> n & 1}


@given(st.data(), asked())
def test_held_is_what_the_other_will_run_on_unsettled_dates(data: st.DataObject, ask: Asked):
    """The same task and moment, whatever business date, zone, offset, order and window brought it there."""
    plan, other = plan_or_none(ask), plan_or_none(data.draw(later(ask)))
    assume(plan is not None and other is not None)
    unsettled = set(data.draw(st.lists(st.integers(0, 11), max_size=12))) or set(range(12))
    rows = data.draw(st.lists(st.sampled_from((0, 0, 0b1, 0b1010, 2**64 - 1)), max_size=4))
    bits = {p: row & (1 << other.template(p).size) - 1 for p, row in enumerate(rows[: len(other.dates)])}
    other = other.leaving_out("exists", bits)
    theirs = {key for each, key in keys(other).items() if split_id(each)[0] in unsettled and each not in chosen(bits)}

    held = held_cycles(plan, other, unsettled)
    assert chosen(held) == {each for each, key in keys(plan).items() if key in theirs}
    assert all(held.values())


def test_clocks_a_day_apart_meet_two_dates_apart():
    """Half past midnight on Kiritimati is half past eleven in Pago Pago, two dates earlier."""
    here = planned([TaskSpec("t", "30 0 * * *", zone=FURTHEST[0])], date(2024, 1, 3))
    there = planned([TaskSpec("t", "30 23 * * *", zone=FURTHEST[1])], date(2024, 1, 1))

    assert [at for _, at in keys(here).values()] == [at for _, at in keys(there).values()]
    assert (held_cycles(here, there, {0}), held_cycles(there, here, {0})) == ({0: 1}, {0: 1})


def test_a_settled_date_is_free():
    """Of three dates of the other only the unsettled ones are held; a date settled, and a cycle left out, is not."""
    tasks = [TaskSpec("t", "0 */12 * * *")]
    plan, other = (planned(tasks, date(2024, 1, 1), date(2024, 1, 3), order=order) for order in ("Asc", "Desc"))

    assert held_cycles(plan, other, range(3)) == {0: 0b11, 1: 0b11, 2: 0b11}
    assert held_cycles(plan, other, {0}) == {2: 0b11}
    assert held_cycles(plan, other.leaving_out("exists", {0: 0b1}), {0}) == {2: 0b10}
    assert held_cycles(plan, other, ()) == {}


def test_another_task_at_the_same_time_is_no_conflict():
    """Tasks are compared by id: a renamed one is the same, another under the old name is not."""
    catalog = catalog_of([TaskSpec("a"), TaskSpec("b")])
    renamed = catalog_of([TaskSpec("b"), TaskSpec("a")])
    day = [(date(2024, 1, 1), date(2024, 1, 1))]
    first = make_plan(resolved(catalog, day, root_task_ids=["a"]), catalog)

    for name, held in (("a", {}), ("b", {0: 1})):
        other = make_plan(resolved(renamed, day, root_task_ids=[name]), renamed)
        assert held_cycles(first, other, {0}) == held


@pytest.mark.parametrize(
    ("on_conflict", "severity", "blocks", "says"),
    [
        ("Queue", "warning", False, "they wait until it is done"),
        ("Skip", "info", False, "they are left out"),
        ("Reject", "error", True, "wait until it is done, or use on_conflict Queue or Skip"),
    ],
)
def test_what_a_conflict_means(on_conflict: str, severity: str, blocks: bool, says: str):
    """Queue warns, Skip informs, only Reject stops the request; each counts the cycles and names the backfill."""
    finding = conflict_finding("backfill 7 (january)", on_conflict, {0: 0b1011, 5: 0b1})

    assert (finding.code, finding.severity, finding.blocks) == ("held_elsewhere", severity, blocks)
    assert finding.subject == "backfill 7 (january)"
    assert "4 of these cycles" in finding.message
    assert says in finding.message
