"""Cycles that are planned and will not run: bits beside the plan, with a reason each."""

from __future__ import annotations

from collections import Counter
from datetime import date

from hypothesis import assume, given
from hypothesis import strategies as st
from planning.asking import content, instances, plan_of, plan_or_none, planned
from planning.oracle import TaskSpec
from planning.random_catalogs import Asked, asked

from backfilld.planning.plan import Plan, instance_id, split_id

rows = st.lists(st.integers(0, 2**64 - 1), max_size=12)
"""By position, bits that are cut to the instances of the date."""


def cut(plan: Plan, row: list[int]) -> dict[int, int]:
    """The bits of instances that there are; some dates have none, some a zero."""
    return {p: bits & (1 << plan.template(p).size) - 1 for p, bits in enumerate(row[: len(plan.dates)])}


def chosen(bits: dict[int, int]) -> set[int]:
    """The instances whose bit is set."""
    return {instance_id(p, n) for p, each in bits.items() for n in range(each.bit_length()) if each >> n & 1}


def some_plan(ask: Asked) -> Plan:
    plan = plan_or_none(ask)
    assume(plan is not None)
    return plan


@given(asked(), rows)
def test_bits_change_what_runs_and_nothing_else(ask: Asked, row: list[int]):
    """Ids, edges, size and findings stay; the hash changes exactly when a bit is set; `to_run` counts the rest."""
    plain = some_plan(ask)
    bits = cut(plain, row)
    plan = plan_of(ask, bits)

    assert (content(plan), plan.size, plan.findings) == (content(plain), plain.size, plain.findings)
    assert plan.left_out == {position: each for position, each in bits.items() if each}
    assert plan.to_run == plan.size - len(chosen(bits))
    assert (plan.hash == plain.hash) == (not chosen(bits))


@given(asked(), rows, rows)
def test_the_first_reason_stays(ask: Asked, first: list[int], second: list[int]):
    """No cycle is left out for two reasons; all reasons together are what is left out."""
    plain = some_plan(ask)
    one, two = cut(plain, first), cut(plain, second)
    plan = plain.leaving_out("exists", one).leaving_out("in flight elsewhere", two)

    assert chosen(plan.whys["exists"]) == chosen(one)
    assert chosen(plan.whys["in flight elsewhere"]) == chosen(two) - chosen(one)
    assert chosen(plan.left_out) == chosen(one) | chosen(two)


@given(asked(), rows, rows)
def test_what_was_accepted_is_planned_again_from_its_bits(ask: Asked, first: list[int], second: list[int]):
    """After a restart only the bits are known, not the reasons: the hash is the same, so nothing is reinterpreted."""
    plain = some_plan(ask)
    accepted = plain.leaving_out("exists", cut(plain, first)).leaving_out("never ran", cut(plain, second))

    assert plan_of(ask, accepted.left_out).hash == accepted.hash


@given(asked(), rows, rows)
def test_every_cycle_left_out_is_accounted_for(ask: Asked, first: list[int], second: list[int]):
    """By task and reason: the dates in run order, and how many cycles."""
    plain = some_plan(ask)
    plan = plain.leaving_out("exists", cut(plain, first)).leaving_out("never ran", cut(plain, second))
    names, numbers = instances(plan), {task.name: task.task.id for task in plan.tasks}
    expected = {
        (numbers[names[each][0]], why): sorted(
            Counter(split_id(other)[0] for other in chosen(bits) if names[other][0] == names[each][0]).items()
        )
        for why, bits in plan.whys.items()
        for each in chosen(bits)
    }
    found = {(left.task, left.why): left for left in plan.cycles_left_out() if left.why in plan.whys}

    assert {key: (left.dates, left.cycles) for key, left in found.items()} == {
        key: (tuple(plan.dates[p] for p, _ in counts), sum(n for _, n in counts)) for key, counts in expected.items()
    }


def test_a_reason_may_come_twice():
    """Two backfills hold some of the same cycles: both are left out for it, each cycle once."""
    plain = planned([TaskSpec("a"), TaskSpec("b")], date(2024, 1, 1), date(2024, 1, 2), root_task_ids=["a", "b"])
    plan = plain.leaving_out("in flight elsewhere", {0: 0b01}).leaving_out("in flight elsewhere", {0: 0b11, 1: 0b10})
    assert plan.left_out == {0: 0b11, 1: 0b10}
    assert sum(left.cycles or 0 for left in plan.cycles_left_out()) == 3
