"""A plan over the business days of a calendar: what it keeps, and what it says of the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from planning.asking import catalog_of, codes, content, resolved, seen_by
from planning.naive_clock import DAY
from planning.oracle import TaskSpec
from planning.random_catalogs import CHANGES, Asked, asked

from backfilld.catalog.models import OwnCalendar
from backfilld.dates import Period
from backfilld.errors import InvalidRequest, ProductError
from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
near = st.builds(lambda day, n: day + n * DAY, st.sampled_from(CHANGES), st.integers(-4, 7))
calendars = st.one_of(
    st.builds(
        OwnCalendar,
        st.just("ours"),
        weekend=st.frozensets(st.integers(0, 6), max_size=6),
        closed=st.dictionaries(near, st.just("a feast"), max_size=8),
    ),
    st.builds(OwnCalendar, st.just("ours"), open_days=st.frozensets(near, max_size=20)),
)


def is_open(calendar: OwnCalendar, day: date) -> bool:
    if calendar.open_days is not None:
        return day in calendar.open_days
    return day.weekday() not in calendar.weekend and day not in calendar.closed


@given(asked(), calendars)
def test_the_plan_is_that_of_the_open_dates(ask: Asked, calendar: OwnCalendar):
    """The same ids, edges and hash as if only these had been asked for; the closed ones ascend, each with a reason."""
    catalog = replace(catalog_of(ask.tasks), calendars={"ours": calendar})
    wanted = seen_by(catalog, resolved(catalog, ask.ranges, **ask.fields), ask.permitted)
    kept = [day for day in ask.dates if is_open(calendar, day)]
    asks = [replace(wanted, calendar="ours"), replace(wanted, periods=tuple(Period(day, day) for day in kept))]
    try:
        found, expected = (make_plan(each, catalog) for each in asks)
    except ProductError:
        assume(False)

    assert (found.hash, content(found), found.size) == (expected.hash, content(expected), expected.size)
    assert list(found.closed) == [day for day in ask.dates if day not in kept]
    assert all(found.closed[day] == calendar.closed.get(day, found.closed[day]) for day in found.closed)


def ours(calendar: str | None, last: date, **fields: object) -> Plan:
    catalog = replace(
        catalog_of([TaskSpec("t")]),
        calendars={"ours": OwnCalendar("ours", closed={date(2024, 1, 3): "stocktaking"})},
    )
    ask = resolved(catalog, [(date(2024, 1, 3), last)], root_task_ids=["t"], **fields)
    return make_plan(replace(ask, calendar=calendar), catalog)


def test_a_date_left_out_says_which_holiday_it_is():
    """By what the calendar calls it, else by its weekday; nothing is closed without a calendar."""
    plan = ours("ours", date(2024, 1, 7), order="Desc")
    assert plan.dates == (date(2024, 1, 5), date(2024, 1, 4))
    assert plan.closed == {
        date(2024, 1, 3): "stocktaking",
        date(2024, 1, 6): "Saturday",
        date(2024, 1, 7): "Sunday",
    }
    assert ours(None, date(2024, 1, 7)).closed == {}


def test_a_calendar_that_closes_every_date():
    """No root has a cycle then, and the message names the calendar."""
    plan = ours("ours", date(2024, 1, 3))
    assert (plan.size, plan.dates) == (0, ())
    assert codes(plan) == {"no_root_cycle": ["t"], "no_cycle": ["t"]}
    assert "calendar ours leaves out all of these" in plan.findings[0].message


def test_an_unknown_calendar_is_a_fault_of_the_request():
    """With its field, as any other wrong value."""
    with pytest.raises(InvalidRequest) as caught:
        ours("theirs", date(2024, 1, 3))
    assert [fault.path for fault in caught.value.faults] == ["calendar"]


def test_an_edge_across_dates_spans_the_closed_ones():
    """`previous` finds Friday's cycle on Monday; `dates: 2` counts dates, and Sunday has none."""
    needs = (("t", "previous"),)
    catalog = replace(catalog_of([TaskSpec("t", needs=needs)]), calendars={"ours": OwnCalendar("ours")})
    ask = resolved(catalog, [(date(2024, 1, 5), date(2024, 1, 8))], root_task_ids=["t"])
    plan = make_plan(replace(ask, calendar="ours"), catalog)
    assert [day.day for day in plan.dates] == [5, 8]
    assert plan.waits_for(1) == [[0]]

    pair = replace(catalog_of([TaskSpec("u"), TaskSpec("d", needs=(("u", 2),))]), calendars=catalog.calendars)
    ask = resolved(pair, [(date(2024, 1, 5), date(2024, 1, 8))], root_task_ids=["u", "d"])
    assert make_plan(replace(ask, calendar="ours"), pair).waits_for(1)[1] == [1 << 20]
