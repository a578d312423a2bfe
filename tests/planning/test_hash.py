"""The plan's hash: what it covers, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from planning.asking import catalog_of, content, plan_or_none, planned, resolved
from planning.oracle import Kind, TaskSpec
from planning.random_catalogs import CRONS, WINDOWS, Asked, asked

from backfilld.planning.planner import make_plan

MONDAY = date(2024, 1, 1)
CHAIN = [TaskSpec("a", "0 */6 * * *"), TaskSpec("b", needs=(("a", "same"),))]


@st.composite
def changed(draw: st.DrawFn, ask: Asked) -> Asked:
    """The same request after one change that may matter, or not."""
    number = draw(st.integers(0, len(ask.tasks) - 1))
    task = ask.tasks[number]
    others = [
        replace(task, needs=task.needs[1:]),
        replace(task, cron=draw(st.sampled_from(CRONS))),
        replace(task, zone="Asia/Kolkata"),
    ]
    tasks = [*ask.tasks[:number], draw(st.sampled_from(others)), *ask.tasks[number + 1 :]]
    choice = replace(ask.choice, exclude=(*ask.choice.exclude, task.name))
    return draw(
        st.sampled_from(
            [
                replace(ask, tasks=tasks),
                replace(ask, ranges=ask.ranges[:1]),
                replace(ask, window=draw(st.sampled_from(WINDOWS))),
                replace(ask, choice=choice),
                replace(ask, order="Desc"),
            ]
        )
    )


@given(st.data(), asked())
def test_another_instance_or_edge_is_another_hash(data: st.DataObject, ask: Asked):
    """Whenever dates, instances or edges differ after a change, the hashes differ."""
    before, after = plan_or_none(ask), plan_or_none(data.draw(changed(ask)))
    if before is not None and after is not None and content(before) != content(after):
        assert before.hash != after.hash


@given(asked(), st.sampled_from((None, 2, 11)))
def test_who_goes_first_does_not_matter(ask: Asked, priority: int | None):
    """Priorities of tasks and of the request, and the strategy, leave ids, edges and hash as they are."""
    plan = plan_or_none(ask)
    tasks = [replace(task, priority=priority) for task in ask.tasks]
    other = plan_or_none(replace(ask, tasks=tasks, priority=priority, strategy="Upstream"))

    assert (plan is None) == (other is None)
    if plan is not None and other is not None:
        assert (other.hash, content(other)) == (plan.hash, content(plan))


def test_passed_through_instances_are_in_the_hash():
    """Left-out bits change the hash, each of them, but neither ids nor edges; an empty set is no bit."""
    plain = planned(CHAIN, MONDAY, date(2024, 1, 2))
    bits = [{0: 0b1}, {0: 0b10}, {1: 0b1}, {0: 0b11}]
    plans = [planned(CHAIN, MONDAY, date(2024, 1, 2), left_out=each) for each in bits]

    assert len({plain.hash, *(plan.hash for plan in plans)}) == 5
    assert all(content(plan) == content(plain) and plan.size == plain.size for plan in plans)
    assert [plan.left_out for plan in plans] == bits
    assert planned(CHAIN, MONDAY, date(2024, 1, 2), left_out={1: 0}).hash == plain.hash


def test_the_order_of_bits_and_of_ranges_does_not_matter():
    """The same dates asked in other ranges, and the same bits in another order, are the same plan."""
    catalog = catalog_of(CHAIN)
    days = [date(2024, 1, day) for day in (1, 2, 3, 4)]
    ranges = [[(days[0], days[3])], [(days[2], days[3]), (days[0], days[2])], [(day, day) for day in reversed(days)]]
    plans = [make_plan(resolved(catalog, each, root_task_ids=["a", "b"]), catalog) for each in ranges]
    assert len({plan.hash for plan in plans}) == 1

    bits = {0: 0b110, 3: 0b1}
    both = [planned(CHAIN, days[0], days[3], left_out=each).hash for each in (bits, dict(reversed(list(bits.items()))))]
    assert both[0] == both[1]


def test_newest_first_is_another_plan():
    """The dates' order decides the ids, so it decides the hash."""
    asc, desc = (planned(CHAIN, MONDAY, date(2024, 1, 2), order=order) for order in ("Asc", "Desc"))
    assert asc.dates == desc.dates[::-1]
    assert asc.hash != desc.hash


def test_every_kind_of_edge_is_in_the_hash():
    """None, same, previous, two last dates or three, and a task's edge to its own previous cycle: six hashes."""
    needs: list[tuple[tuple[str, Kind], ...]] = [
        (),
        (("a", "same"),),
        (("a", "previous"),),
        (("a", 2),),
        (("a", 3),),
        (("b", "previous"),),
    ]
    plans = [planned([CHAIN[0], TaskSpec("b", needs=each)], MONDAY, date(2024, 1, 3)) for each in needs]
    assert len({plan.hash for plan in plans}) == 6


def test_cycles_and_the_window_are_in_the_hash():
    """The same tasks and dates at another time, in another zone, or in a window that keeps fewer cycles."""
    hourly = [TaskSpec("a", "0 * * * *")]
    plans = [
        planned(hourly, MONDAY),
        planned(hourly, MONDAY, start_time="01:00:00", end_time="23:00:00"),
        planned([TaskSpec("a", "30 * * * *")], MONDAY),
        planned([TaskSpec("a", "0 * * * *", zone="Asia/Kolkata")], MONDAY),
        planned(hourly, date(2024, 1, 2)),
    ]
    assert len({plan.hash for plan in plans}) == 5
