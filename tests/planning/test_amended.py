"""A plan that was amended: more dates, dates dropped, edges cut, other windows; and what of that is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning.asking import catalog_of, content, instances, planned, resolved, seen_by, waits
from planning.oracle import TaskSpec
from planning.random_catalogs import Asked, asked

from backfilld.catalog.models import Catalog, OwnCalendar, RunPolicy
from backfilld.dates import Period
from backfilld.errors import PlanTooLarge, ProductError
from backfilld.planning.amending import Amendable, cuts_for_started, plan_faults
from backfilld.planning.fingerprint import differing_parts
from backfilld.planning.plan import Plan, split_id
from backfilld.planning.planner import make_plan
from backfilld.request.amendments import AddDates, Amendment, Cut, DatedInstance, DropDates, NewRunPolicy
from backfilld.request.resolved import Limits, ResolvedRequest

Edge = tuple[DatedInstance, DatedInstance]
NIGHT = RunPolicy("Daily", time(22), time(6))


def request_of(ask: Asked) -> tuple[Catalog, ResolvedRequest]:
    catalog = catalog_of(ask.tasks)
    return catalog, seen_by(catalog, resolved(catalog, ask.ranges, **ask.fields), ask.permitted)


def on(request: ResolvedRequest, days: Sequence[date], *amendments: Amendment) -> ResolvedRequest:
    return replace(request, periods=tuple(Period(day, day) for day in days), amendments=amendments)


def plan_or_none(request: ResolvedRequest, catalog: Catalog) -> Plan | None:
    """Nothing for a selection or a loop that is an error."""
    try:
        return make_plan(request, catalog)
    except ProductError:
        return None


def some_of(ask: Asked, data: st.DataObject) -> list[date]:
    """At least one of its dates, ascending."""
    return [day for day in ask.dates if data.draw(st.booleans())] or ask.dates[:1]


def edges_of(plan: Plan) -> list[Edge]:
    """Who waits for whom, in words that no amendment changes: (down, up)."""
    dated = {
        instance: DatedInstance(plan.dates[split_id(instance)[0]], split_id(instance)[1])
        for instance in instances(plan)
    }
    return [(dated[down], dated[up]) for down in dated for up in plan.waits_for(split_id(down)[0])[split_id(down)[1]]]


def left_out_by_date(plan: Plan) -> dict[date, int]:
    return {plan.dates[position]: bits for position, bits in plan.left_out.items()}


@settings(max_examples=80)
@given(asked(), st.data())
def test_added_dates_are_as_if_asked_from_the_start(ask: Asked, data: st.DataObject):
    """The same dates in run order, ids, edges, findings and hash, in however many steps they came."""
    catalog, request = request_of(ask)
    step = {day: data.draw(st.integers(0, 2)) for day in ask.dates} | {ask.dates[-1]: 0}
    steps = [[day for day in ask.dates if step[day] == number] for number in range(3)]
    whole = plan_or_none(request, catalog)
    if whole is None:
        return
    grown = make_plan(on(request, steps[0], *(AddDates(tuple(days)) for days in steps[1:])), catalog)

    assert (grown.hash, content(grown), grown.size) == (whole.hash, content(whole), whole.size)
    assert (grown.findings, grown.tasks) == (whole.findings, whole.tasks)


@settings(max_examples=80)
@given(asked(), st.data())
def test_bits_stay_with_their_dates(ask: Asked, data: st.DataObject):
    """Left out at acceptance (by position then), when added, or dropped: by date each is left out once."""
    catalog, request = request_of(ask)
    first = some_of(ask, data)
    later = [day for day in ask.dates if day not in first]
    if plan_or_none(request, catalog) is None:
        return
    plain = make_plan(on(request, first), catalog)
    bits = st.integers(0, 2**16 - 1)
    accepted = {position: data.draw(bits) & mask(plain, position) for position in range(len(plain.dates))}
    whole = make_plan(on(request, first, AddDates(tuple(later))), catalog)
    sizes = {day: mask(whole, position) for position, day in enumerate(whole.dates)}
    added = {day: data.draw(bits) & sizes[day] for day in later}
    dropped = {day: data.draw(bits) & sizes[day] for day in whole.dates if data.draw(st.booleans())}
    plan = make_plan(on(request, first, AddDates(tuple(later), added), DropDates(dropped)), catalog, accepted)

    expected = {plain.dates[position]: each for position, each in accepted.items()} | added
    for day, each in dropped.items():
        expected[day] = expected.get(day, 0) | each
    assert left_out_by_date(plan) == {day: each for day, each in expected.items() if each}
    assert sum(each.bit_count() for of in plan.whys.values() for each in of.values()) == plan.size - plan.to_run
    assert (content(plan), plan.findings) == (content(whole), whole.findings)
    moved = set() if plan.left_out == whole.left_out else {"left-out cycles"}
    assert set(differing_parts(plan.hash, whole.hash)) == moved


def mask(plan: Plan, position: int) -> int:
    return (1 << plan.template(position).size) - 1


@settings(max_examples=80)
@given(asked(), st.data())
def test_cut_edges_are_gone_and_nothing_else(ask: Asked, data: st.DataObject):
    """Edges are those of the plan less the cut ones, in every way to ask; ids and order stay, other dates share on."""
    catalog, request = request_of(ask)
    whole = plan_or_none(request, catalog)
    edges = edges_of(whole) if whole else []
    if whole is None or not edges:
        return
    chosen = data.draw(st.lists(st.sampled_from(edges), min_size=1, max_size=12, unique=True))
    cuts = [Cut(down, (up,)) for down, up in chosen]
    plan = make_plan(replace(request, amendments=tuple(cuts)), catalog)

    assert sorted(edges_of(plan), key=str) == sorted(set(edges) - set(chosen), key=str)
    assert instances(plan) == instances(whole)
    assert differing_parts(plan.hash, whole.hash) == ("edges",)
    for position in range(len(plan.dates)):
        template, shared = plan.template(position), whole.template(position)
        assert (template.tasks, template.cycles) == (shared.tasks, shared.cycles)
        pairs = {(up, down) for down in range(template.size) for up in template.upstream(down)}
        assert {(up, down) for up in range(template.size) for down in template.downstream(up)} == pairs
        assert list(template.unmet()) == [len(template.upstream(n)) for n in range(template.size)]
        assert template is plan.template(position)
        if position not in plan.cuts:
            assert template is plan.templates.of(plan.templates.calendar.pattern_of[position])
    merged = Cut(chosen[0][0], tuple(up for down, up in chosen if down == chosen[0][0]))
    again = make_plan(replace(request, amendments=(*reversed(cuts), merged, *cuts)), catalog)
    assert (again.hash, content(again)) == (plan.hash, content(plan))


@settings(max_examples=80)
@given(asked(), st.data())
def test_a_cut_stays_with_its_dates(ask: Asked, data: st.DataObject):
    """Dates that are added after a cut, or before it, change the positions and not what was cut."""
    catalog, request = request_of(ask)
    first = some_of(ask, data)
    added = AddDates(tuple(day for day in ask.dates if day not in first))
    whole = plan_or_none(request, catalog)
    edges = edges_of(make_plan(on(request, first), catalog)) if whole else []
    if not edges:
        return
    cuts = [Cut(down, (up,)) for down, up in data.draw(st.lists(st.sampled_from(edges), min_size=1, max_size=5))]
    one, other = (make_plan(on(request, first, *each), catalog) for each in ([added, *cuts], [*cuts, added]))

    assert (one.hash, content(one)) == (other.hash, content(other))
    assert not set(edges_of(one)) & {(cut.instance, cut.upstream[0]) for cut in cuts}


def test_a_cut_wait_shared_by_many_is_cut_for_one():
    """Of hourly cycles that wait for the last two dates, one no longer waits for one of them."""
    tasks = [TaskSpec("u", "0 */6 * * *"), TaskSpec("d", "0 */12 * * *", needs=(("u", 2),))]
    plan = planned(tasks, date(2024, 1, 1), date(2024, 1, 2))
    down, up = DatedInstance(date(2024, 1, 2), 5), DatedInstance(date(2024, 1, 1), 1)
    request = resolved(catalog_of(tasks), [(date(2024, 1, 1), date(2024, 1, 2))], root_task_ids=["u", "d"])
    less = make_plan(replace(request, amendments=(Cut(down, (up,)),)), catalog_of(tasks))

    assert set(edges_of(plan)) - set(edges_of(less)) == {(down, up)}
    assert len(waits(plan).edges) - len(waits(less).edges) == 1


def test_the_last_run_policy_counts():
    """The windows of all tasks are the newest; none gives each task its own; the hash knows no windows."""
    catalog = catalog_of([TaskSpec("t")])
    request = replace(resolved(catalog, [(date(2024, 1, 1), date(2024, 1, 1))], root_task_ids=["t"]), run_policy=NIGHT)
    noon = replace(NIGHT, start=time(12))
    plans = [
        make_plan(replace(request, amendments=tuple(map(NewRunPolicy, policies))), catalog)
        for policies in ([], [noon], [noon, NIGHT], [noon, None])
    ]

    assert [plan.tasks[0].window and plan.tasks[0].window.policy for plan in plans] == [NIGHT, noon, NIGHT, None]
    assert len({plan.hash for plan in plans}) == 1


def test_the_hash_of_an_amended_plan_stays_what_it_was():
    """Pinned: it is compared at every start, so another hash for the same amendments would pause what is open."""
    cut = Cut(
        DatedInstance(date(2024, 1, 4), 1), (DatedInstance(date(2024, 1, 4), 0), DatedInstance(date(2024, 1, 3), 1))
    )
    amendments = AddDates((date(2024, 1, 2),), {date(2024, 1, 2): 0b10}), cut, DropDates({date(2024, 1, 5): 0b11})

    assert [january(PAIR, 3, 5, *amendments[:number]).hash for number in range(4)] == [
        "e0796a8e9190531d8b5f6863d22929c949a6471787e7e8b9bd8ff3c34f53cda1",
        "4293ba83b20103faae59d51a6e0b5b3549a647173fce8b92bd8ff3c3038fe693",
        "73510ac6bcb386539d7403d26e0b5b3549a647173fce8b92138f4217038fe693",
        "372e547845c5a1a687a100a56e0b5b3549a647173fce8b92138f42170cfd4d1c",
    ]


def test_the_calendar_holds_for_added_dates_too():
    """A closed one is left out with its reason, and shifts nothing."""
    catalog = replace(catalog_of([TaskSpec("t")]), calendars={"ours": OwnCalendar("ours")})
    request = resolved(catalog, [(date(2024, 1, 8), date(2024, 1, 9))], root_task_ids=["t"])
    request = replace(request, calendar="ours", amendments=(AddDates((date(2024, 1, 5), date(2024, 1, 6))),))
    plan = make_plan(request, catalog, {0: 1})

    assert plan.dates == (date(2024, 1, 5), date(2024, 1, 8), date(2024, 1, 9))
    assert plan.closed == {date(2024, 1, 6): "Saturday"}
    assert left_out_by_date(plan) == {date(2024, 1, 8): 1}


def test_a_plan_that_grows_is_counted():
    """More dates or instances than the limits allow are refused as in any request."""
    catalog = catalog_of([TaskSpec("t")])
    request = resolved(catalog, [(date(2024, 1, 1), date(2024, 1, 2))], root_task_ids=["t"])
    grown = replace(request, amendments=(AddDates((date(2024, 2, 1),)),))

    assert make_plan(grown, catalog, limits=Limits(dates=3, instances=3)).size == 3
    for limits, what in ((Limits(dates=2), "business dates"), (Limits(instances=2), "task instances")):
        with pytest.raises(PlanTooLarge, match=f"3 {what}"):
            make_plan(grown, catalog, limits=limits)


def days(first: int, last: int | None = None) -> Period:
    return Period(date(2024, 1, first), date(2024, 1, last or first))


def january(tasks: list[TaskSpec], first: int, last: int, *amendments: Amendment, **fields: object) -> Plan:
    catalog = catalog_of(tasks)
    names = [task.name for task in tasks]
    request = resolved(catalog, [(date(2024, 1, first), date(2024, 1, last))], root_task_ids=names, **fields)
    return make_plan(replace(request, amendments=amendments), catalog)


PAIR = [TaskSpec("a"), TaskSpec("b", needs=(("a", "same"), ("b", "previous")))]


def test_what_is_added_must_be_new():
    """Dates of the plan, dropped ones and dates named twice are refused, by their range; others are not."""
    dropped = DropDates({date(2024, 1, 4): 0b11})
    amendable = Amendable(january(PAIR, 3, 4, dropped))
    request = resolved(catalog_of(PAIR), [(date(2024, 1, 3), date(2024, 1, 4))], root_task_ids=["a"])
    faults = list(amendable.added_faults(request, [days(1, 2), days(2, 4), days(6, 30), days(29)]))

    assert [(fault.path, fault.given) for fault in faults] == [
        (("add_dates", 1), "2024-01-02, 2024-01-03, 2024-01-04"),
        (("add_dates", 3), "2024-01-29"),
    ]
    assert all("dropped does not come back" in fault.allowed for fault in faults)


def test_what_has_one_run_gets_no_dates():
    """Outside SupplementData there is nothing to add."""
    request = resolved(catalog_of(PAIR), [(date(2024, 1, 3), date(2024, 1, 3))], root_task_ids=["a"])
    faults = list(Amendable(january(PAIR, 3, 3)).added_faults(replace(request, type="Manual"), [days(1)]))

    assert [(fault.path, fault.allowed) for fault in faults] == [
        (("add_dates", 0), "none: a backfill of type Manual has one run")
    ]


def test_what_is_dropped_must_be_there_and_not_have_started():
    """A date of which nothing is left to drop is refused; of others, what has started or is left out stays."""
    amendable = Amendable(january(PAIR, 3, 6, DropDates({date(2024, 1, 4): 0b11, date(2024, 1, 5): 0b01})))
    unstarted = {date(2024, 1, day): bits for day, bits in ((3, 0b10), (4, 0b11), (5, 0b11))}
    faults = list(amendable.dropped_faults(unstarted, [days(6), days(4), days(3, 5), days(6, 12)]))

    assert [(fault.path, fault.given) for fault in faults] == [
        (("drop_dates", 0), "2024-01-06"),
        (("drop_dates", 1), "2024-01-04"),
        (("drop_dates", 3), "2024-01-07, 2024-01-08, 2024-01-09, 2024-01-10, 2024-01-11 and 1 more"),
    ]
    assert amendable.dropped(unstarted, [days(3, 5)]) == DropDates({date(2024, 1, 3): 0b10, date(2024, 1, 5): 0b10})


def test_only_what_is_waited_for_is_cut():
    """Each wrong end is told by its place."""
    one, two = (lambda number: DatedInstance(date(2024, 1, 3), number)), (lambda n: DatedInstance(date(2024, 1, 4), n))
    amendable = Amendable(january(PAIR, 3, 4))
    cuts = [Cut(two(1), (two(0), one(1), one(0))), Cut(two(2), (two(0),)), Cut(DatedInstance(date(2024, 1, 9), 0), ())]
    faults = list(amendable.cut_faults(cuts))

    assert [(fault.path, fault.given) for fault in faults] == [
        (("cut", 0, "upstream", 2), "instance 0 of 2024-01-03"),
        (("cut", 1, "instance"), "instance 2 of 2024-01-04"),
        (("cut", 2, "instance"), "instance 0 of 2024-01-09"),
    ]
    assert faults[0].allowed == "what b of 2024-01-04 itself waits for: b of 2024-01-03, a of 2024-01-04"
    (fault,) = amendable.cut_faults([Cut(two(0), (one(0),))])
    assert fault.allowed == "none: a of 2024-01-04 waits for nothing"


def test_more_dates_may_make_an_order_impossible():
    """`previous` cannot be served newest first: one date alone could, two cannot."""
    before = january(PAIR, 3, 3, order="Desc")
    after = january(PAIR, 3, 3, AddDates((date(2024, 1, 4),)), order="Desc")
    (fault,) = plan_faults(before, after)

    assert fault.path == ("add_dates",)
    assert "use order Asc" in fault.allowed
    assert not list(plan_faults(after, after))


def test_what_has_started_waits_for_no_added_date():
    """The cuts that go with an added date name its instances alone, for those alone that have started."""
    before, after = january(PAIR, 3, 5), january(PAIR, 3, 5, AddDates((date(2024, 1, 2),)))
    third, fourth = (DatedInstance(date(2024, 1, day), 1) for day in (3, 4))

    assert cuts_for_started(before, after, [third, fourth]) == (Cut(third, (DatedInstance(date(2024, 1, 2), 1),)),)
