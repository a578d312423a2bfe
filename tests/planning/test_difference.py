"""The difference of two plans: empty where both run the same, and else every change, no more and no less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from planning.asking import ACCEPTED, at_once, catalog_of, instances, plan_or_none, planned
from planning.naive_choice import Choice
from planning.oracle import Instance, TaskSpec
from planning.random_catalogs import CRONS, WINDOWS, ZONES, Asked, asked

from backfilld.catalog.models import LastDates
from backfilld.planning.difference import Difference, compare, sentences
from backfilld.planning.plan import Plan, instance_id
from backfilld.planning.planner import make_plan

RING = [
    TaskSpec("a", "0 */6 * * *", needs=(("b", "previous"),)),
    TaskSpec("b", "0 */6 * * *", needs=(("a", "same"),)),
]
"""Its instances are not in the order of its tasks: each cycle of `a` waits for an earlier one of `b`."""
MONDAY, SUNDAY = date(2024, 3, 4), date(2024, 3, 10)
CHAIN = [TaskSpec("a", "0 */6 * * *"), TaskSpec("b", needs=(("a", "same"),))]
# made once: to make a strategy in each draw costs more than to draw from it
_CHANGE, _CRON, _ZONE = st.integers(0, 7), st.sampled_from(CRONS), st.sampled_from(ZONES)
_OF_FOUR, _OF_THREE = st.integers(0, 3), st.integers(0, 2)
_REASONS = st.sets(st.sampled_from(("exists", "held elsewhere")))
_BITS = st.dictionaries(st.integers(0, 11), st.integers(0, 2**8) | st.integers(0, 2**200), max_size=3)
"""Bits by position, to be counted round and round the dates."""
_ASKED = asked()


@st.composite
def changed(draw: st.DrawFn, ask: Asked) -> Asked:
    """The same request with a few tasks, dates, times of day or the selection otherwise; perhaps nothing is."""
    tasks = [_perhaps_another(draw, task) for task in ask.tasks]
    return replace(
        ask,
        tasks=tasks,
        ranges=(ask.ranges, ask.ranges, ask.ranges[:1], [*ask.ranges, _next_week(ask)])[draw(_OF_FOUR)],
        window=(ask.window, ask.window, WINDOWS[1])[draw(_OF_THREE)],
        order=(ask.order, ask.order, "Desc")[draw(_OF_THREE)],
        choice=(ask.choice, ask.choice, _without(ask.choice, tasks[-1].name))[draw(_OF_THREE)],
    )


def _perhaps_another(draw: st.DrawFn, task: TaskSpec) -> TaskSpec:
    match draw(_CHANGE):
        case 5:
            return replace(task, needs=task.needs[1:])
        case 6:
            return replace(task, cron=draw(_CRON))
        case 7:
            return replace(task, zone=draw(_ZONE))
        case _:
            return task


def _next_week(ask: Asked) -> tuple[date, date]:
    return ask.ranges[0][0] + timedelta(7), ask.ranges[0][1] + timedelta(7)


def _without(choice: Choice, name: str) -> Choice:
    return replace(choice, exclude=(*choice.exclude, name))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Plan, Plan]:
    """Two plans of requests that are alike, each with some cycles left out for two reasons."""
    ask = draw(_ASKED)
    old = plan_or_none(ask)
    assume(old is not None)
    assert old is not None
    new = plan_or_none(draw(changed(ask))) or old
    return draw(left_out(old)), draw(left_out(new))


@st.composite
def left_out(draw: st.DrawFn, plan: Plan) -> Plan:
    """The plan, with some of its cycles left out."""
    for why in draw(_REASONS):
        drawn = draw(_BITS) if plan.dates else {}
        some = {place % len(plan.dates): bits for place, bits in drawn.items()}
        plan = plan.leaving_out(why, {at: bits & (1 << plan.template(at).size) - 1 for at, bits in some.items()})
    return plan


@given(pairs())
def test_a_difference_is_empty_exactly_when_both_run_the_same(plans: tuple[Plan, Plan]) -> None:
    """Equal hashes have no difference and no sentence; others have both, and never more than twenty sentences."""
    difference = compare(*plans)
    said = sentences(difference)

    assert bool(difference) == (plans[0].hash != plans[1].hash) == bool(said) == bool(difference.parts)
    assert len(said) <= 20
    if not difference:
        assert difference == replace(_nothing(plans[0]), catalog_versions=difference.catalog_versions)


def _nothing(plan: Plan) -> Difference:
    return Difference((plan.hash,) * 2, (plan.catalog_version,) * 2, (plan.size,) * 2, (plan.to_run,) * 2)


@given(pairs())
def test_dates_tasks_and_edges_that_come_and_go(plans: tuple[Plan, Plan]) -> None:
    """What went is what only the old plan has, what came what only the new one has; edges between tasks of both."""
    old, new = plans
    found = compare(old, new)
    both = _names(old) & _names(new)

    assert set(found.dates_gone) == set(old.dates) - set(new.dates)
    assert set(found.dates_added) == set(new.dates) - set(old.dates)
    assert set(found.tasks_gone) == _names(old) - _names(new)
    assert set(found.tasks_added) == _names(new) - _names(old)
    assert {(e.up, e.down, e.kind) for e in found.edges_gone} == _edges(old, both) - _edges(new, both)
    assert {(e.up, e.down, e.kind) for e in found.edges_added} == _edges(new, both) - _edges(old, both)
    assert found.sizes == (len(instances(old)), len(instances(new)))
    if not (found.dates_gone or found.dates_added):
        assert found.dates_reordered == (old.dates != new.dates)


def _names(plan: Plan) -> set[str]:
    return {task.task.name for task in plan.tasks}


def _edges(plan: Plan, among: set[str]) -> set[tuple[str, str, str]]:
    names = [task.task.name for task in plan.tasks]
    edges = {(names[edge.up], names[edge.down], _word(edge.kind)) for edge in plan.edges}
    return {edge for edge in edges if {edge[0], edge[1]} <= among}


def _word(kind: object) -> str:
    return f"dates: {kind.n}" if isinstance(kind, LastDates) else type(kind).__name__.lower()


@given(pairs())
def test_cycles_that_changed(plans: tuple[Plan, Plan]) -> None:
    """Each task and date of both plans whose cycle times differ is told once, with the counts; no other is."""
    old, new = plans
    times = _times(old), _times(new)
    differing = {
        (task, day): tuple(len(each.get((task, day), ())) for each in times)
        for task in _names(old) & _names(new)
        for day in set(old.dates) & set(new.dates)
        if times[0].get((task, day)) != times[1].get((task, day))
    }
    rows = [(row, (task, day)) for row in compare(old, new).cycles for task in row.tasks for day in row.dates]

    assert len(rows) == len({key for _, key in rows})
    assert {key: (row.before, row.after) for row, key in rows if row.kind != "outside"} == differing
    assert all((row.before == row.after) == (row.kind != "count") for row, _ in rows)


def _times(plan: Plan) -> dict[tuple[str, date], set[datetime]]:
    found: dict[tuple[str, date], set[datetime]] = {}
    for task, day, moment in instances(plan).values():
        found.setdefault((task, day), set()).add(moment)
    return found


@given(pairs())
def test_cycles_that_are_left_out_or_no_longer(plans: tuple[Plan, Plan]) -> None:
    """What one plan alone passes through is counted by task, date and its reason, on what both plans have."""
    assert _left_out(*plans) == Counter([*_alone(True, *plans[::-1]), *_alone(False, *plans)])


OTHERS = (
    RING,
    [replace(RING[0], needs=()), RING[1]],
    [RING[0], replace(RING[1], cron="0 0,6,13,18 * * *")],
    [RING[0], replace(RING[1], cron="0 */6 * * 1")],
    [replace(task, cron="0 */8 * * *") for task in RING],
)


@pytest.mark.parametrize("other", OTHERS)
def test_left_out_cycles_are_the_same_in_any_order_of_instances(other: list[TaskSpec]) -> None:
    """A cycle is known by its task and time, wherever the plan numbers it."""
    old, new = (planned(tasks, MONDAY, date(2024, 3, 5)) for tasks in (RING, other))

    @given(left_out(old), left_out(new))
    def rule(old: Plan, new: Plan) -> None:
        assert _left_out(old, new) == Counter([*_alone(True, new, old), *_alone(False, old, new)])

    rule()


def _left_out(old: Plan, new: Plan) -> Counter[tuple[bool, str, str, date]]:
    return Counter(
        {
            (row.now, row.why, task, day): row.cycles
            for row in compare(old, new).left_out
            for task in row.tasks
            for day in row.dates
        }
    )


def _alone(now: bool, plan: Plan, other: Plan) -> Iterator[tuple[bool, str, str, date]]:
    there = {instance for _, instance in _passed(other)}
    for why, (task, day, moment) in _passed(plan):
        if task in _names(other) and day in other.dates and (task, day, moment) not in there:
            yield now, why, task, day


def _passed(plan: Plan) -> Iterator[tuple[str, Instance]]:
    every = instances(plan)
    for why, of_dates in plan.whys.items():
        for position, ordinals in of_dates.items():
            for ordinal in range(ordinals.bit_length()):
                if ordinals >> ordinal & 1:
                    yield why, every[instance_id(position, ordinal)]


def test_the_moment_of_acceptance_is_no_difference() -> None:
    """Outside SupplementData two requests run the same whenever they are accepted, and other tasks change no cycle."""
    catalog = catalog_of(CHAIN)
    ask = at_once(catalog, MONDAY, "Manual", Choice("Exactly", ("a", "b")))
    later = replace(ask, accepted_at=ACCEPTED + timedelta(hours=1))
    old = make_plan(ask, catalog)

    assert not compare(old, make_plan(later, catalog))
    fewer = compare(old, make_plan(replace(later, exclude=frozenset({1})), catalog))
    assert (fewer.tasks_gone, fewer.cycles) == (("a",), ())


def test_what_people_read() -> None:
    """Each kind of change is one sentence that names what, how much before and after, and where."""
    old = planned([*CHAIN, TaskSpec("c")], MONDAY, SUNDAY).leaving_out("exists", {0: 0b10, 1: 0b10})
    hourly = [TaskSpec("a", "0 */8 * * *"), TaskSpec("b", "0 1 * * *", needs=(("a", "previous"),)), TaskSpec("d")]
    new = planned(hourly, date(2024, 3, 5), date(2024, 3, 11), root_task_ids=["a", "b", "d"])
    new = new.leaving_out("never ran", {0: 0b1, 1: 0b1, 2: 0b1})

    versions = [each.catalog_version for each in (old, new)]
    assert sentences(compare(old, new)) == [
        f"catalog version {versions[0]} became {versions[1]}",
        "42 instances became 35",
        "40 instances to run became 32",
        "1 date gone: 2024-03-04",
        "1 date added: 2024-03-11",
        "1 edge gone: a -> b",
        "1 edge added: a -> b (previous)",
        "a: 4 cycles a date became 3 on 6 dates: 2024-03-05 to 2024-03-10",
        "b: 1 cycle a date at another time on 6 dates: 2024-03-05 to 2024-03-10",
        "a: 1 cycle a date now left out (never ran) on 3 dates: 2024-03-05 to 2024-03-07",
        "a: 1 cycle a date no longer left out (exists) on 1 date: 2024-03-05",
    ]


def test_many_changes_are_cut() -> None:
    """After nineteen sentences the rest is counted; a long list of names or dates is too."""
    many = [TaskSpec(f"t{number:02}", f"0 0-{number} * * *") for number in range(24)]
    daily = [TaskSpec(task.name) for task in many]
    said = sentences(compare(planned(many, MONDAY, SUNDAY), planned(daily, MONDAY, SUNDAY)))
    assert len(said) == 20
    assert said[-1] == "and 6 more changes"

    gone = compare(planned(many, MONDAY, SUNDAY), planned(many[:10], MONDAY, SUNDAY))
    assert "14 tasks gone: t10, t11, t12, t13, t14 and 9 more" in sentences(gone)
    weekly = [TaskSpec("a"), TaskSpec("b", "0 0 * * 1")]
    moved = compare(planned(CHAIN[:1], MONDAY, date(2024, 5, 1)), planned(weekly[:1], MONDAY, date(2024, 5, 1)))
    assert sentences(moved)[-1] == "a: 4 cycles a date became 1 on 59 dates: 2024-03-04 to 2024-05-01"


def test_cycles_that_the_window_leaves_out_are_told() -> None:
    """They run in neither plan, but what is inside can pair otherwise."""
    window = {"start_time": "00:00:00", "end_time": "11:59:59"}
    plans = [planned([TaskSpec("a", cron)], MONDAY, **window) for cron in ("0 0,12 * * *", "0 0,18 * * *")]
    (said,) = sentences(replace(compare(*plans), catalog_versions=(plans[0].catalog_version,) * 2))
    assert said == (
        "a: other cycles outside the window of the day, which can pair those inside otherwise, on 1 date: 2024-03-04"
    )


def test_a_difference_that_nothing_shows_names_its_part() -> None:
    """An edge of a task to itself or the same through a bridge: the plans may run otherwise where it has no cycle."""
    own = [TaskSpec("a", needs=(("a", "previous"),)), TaskSpec("b")]
    bridged = [TaskSpec("a", needs=(("b", "same"),)), TaskSpec("b", needs=(("a", "previous"),))]
    old, new = (planned(tasks, MONDAY, SUNDAY, root_task_ids=["a"]) for tasks in (own, bridged))
    assert sentences(compare(old, new))[1:] == [
        "no date, task, edge or cycle shows it, but these differ: edges",
    ]


def test_comparing_builds_no_templates() -> None:
    """Plans are compared by their patterns: no instances are made, however many dates and bits differ."""
    old = planned(CHAIN, MONDAY, date(2025, 3, 4))
    new = planned([CHAIN[0], TaskSpec("b", "0 3 * * 0")], MONDAY, date(2025, 3, 4))
    everything = {at: (1 << new.templates.size(new.templates.calendar.pattern_of[at])) - 1 for at in range(366)}
    new = new.leaving_out("exists", everything)

    assert compare(old, new).left_out
    assert [plan.templates.of.cache_info().misses for plan in (old, new)] == [0, 0]
