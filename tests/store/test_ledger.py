"""The packed form of a month of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.engine.states import State
from backfilld.planning.history import Past
from backfilld.store.ledger import (
    ENDINGS,
    LATEST,
    NOTHING,
    CycleEnding,
    Month,
    intervals_of,
    outcomes_of,
    succeeded_of,
    with_endings,
)

DAY = 86_400
ONE_RUN = st.lists(
    st.builds(
        CycleEnding, st.integers(0, 40).map(lambda n: n * 60), st.sampled_from(sorted(ENDINGS)), st.integers(0, 9)
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda ending: ending.cycle,
)
RUNS = st.lists(st.tuples(st.integers(1, 3), ONE_RUN), max_size=12)


def told(runs: Sequence[tuple[int, Sequence[CycleEnding]]]) -> Month:
    month = NOTHING
    for backfill, endings in runs:
        month = with_endings(month, backfill, endings)
    return month


def one_by_one(runs: Sequence[tuple[int, Sequence[CycleEnding]]]) -> dict[int, Past]:
    """The rule by the letter: the later ending, or the same backfill's next; a success is never forgotten."""
    known: dict[int, Past] = {}
    for backfill, endings in runs:
        for cycle, state, ended in endings:
            old = known.get(cycle, Past(ENDINGS[state], False, ended, backfill))
            last = old.ended_at > ended and old.backfill != backfill
            once = old.succeeded_once or state == State.SUCCEEDED
            known[cycle] = old._replace(succeeded_once=once) if last else Past(ENDINGS[state], once, ended, backfill)
    return known


@given(RUNS, st.integers(-60, 2500), st.integers(-60, 2500))
def test_a_month_reads_as_it_was_told(runs: list[tuple[int, list[CycleEnding]]], first: int, last: int) -> None:
    """Whatever is told in whatever order, each cycle of any range has its ending, and no other cycle has one."""
    month, expected = told(runs), one_by_one(runs)

    assert outcomes_of([month], 0, LATEST) == expected
    assert outcomes_of([month], first, last) == {c: past for c, past in expected.items() if first <= c <= last}


@given(RUNS)
def test_intervals_are_ascending_and_never_more_than_cycles(runs: list[tuple[int, list[CycleEnding]]]) -> None:
    """Intervals lie one after another; endings have four bytes a cycle, and neighbours of one backfill eight."""
    month, known = told(runs), one_by_one(runs)
    cycles = [cycle for interval in intervals_of(month.intervals) for cycle in interval.cycles]
    stretches = [list(alike) for _, alike in groupby(known[cycle].backfill for cycle in cycles)]

    assert cycles == sorted(known)
    assert len(month.ended) == 4 * len(cycles)
    assert len(month.backfills) == 8 * len(stretches)


@pytest.mark.parametrize(
    "order", [range(31), range(30, -1, -1), [*range(0, 31, 2), *range(1, 31, 2)], [day ^ 1 for day in range(30)]]
)
@given(data=st.data())
def test_even_cycles_become_one_interval(order: Sequence[int], data: st.DataObject) -> None:
    """A month of days that ended alike takes one interval in the end, whatever backfills they came from.

    Told forwards, backwards, with gaps filled later, or in pairs.
    """
    backfills = data.draw(st.lists(st.integers(1, 3), min_size=len(order), max_size=len(order)))
    month = told([(backfills[day], [CycleEnding(day * DAY, int(State.SUCCEEDED), day)]) for day in order])

    assert [interval.size for interval in intervals_of(month.intervals)] == [len(order)]
    assert [past.backfill for past in outcomes_of([month], 0, LATEST).values()] == backfills


def test_an_impossible_clock_is_kept_as_its_limit() -> None:
    """An ending before 1970 or after 2106 is recorded as the limit, not refused with its whole round."""
    month = told([(1, [CycleEnding(0, int(State.FAILED), -5), CycleEnding(60, int(State.LOST), 1 << 40)])])
    assert [past.ended_at for past in outcomes_of([month], 0, 60).values()] == [0, LATEST]


def test_months_of_a_range_read_as_one() -> None:
    """A range over the end of a month has the outcomes of both, each with its own moment and backfill."""
    months = [told([(n, [CycleEnding(n * DAY, int(State.SUCCEEDED), n)]) for n in days]) for days in ((1, 2), (3, 4))]
    assert outcomes_of(months, 2 * DAY, 3 * DAY) == {n * DAY: Past("succeeded", True, n, n) for n in (2, 3)}


@given(RUNS, RUNS)
def test_what_ever_succeeded_is_read_apart(runs: list[tuple[int, list[CycleEnding]]], more: list[Any]) -> None:
    """Out of the intervals alone, of any months: the same cycles as in the outcomes, and after no success none."""
    later = [(backfill, [ending._replace(cycle=ending.cycle + 40 * DAY) for ending in some]) for backfill, some in more]
    known = one_by_one(runs) | one_by_one(later)
    packed = told(runs).intervals + told(later).intervals

    assert succeeded_of(packed) == {cycle for cycle, past in known.items() if past.succeeded_once}


def test_nights_of_their_own_and_long_intervals():
    """One night each, an evenly spaced stretch with a failure in it, cycles before 1970."""
    ok, bad = int(State.SUCCEEDED), int(State.FAILED)
    nights = told([(night + 4, [CycleEnding(night * DAY, ok, 5)]) for night in range(-3, 4)])
    stretch = told([(1, [CycleEnding(number * 60, ok, 5) for number in range(9)]), (2, [CycleEnding(240, bad, 6)])])

    assert succeeded_of(nights.intervals) == {night * DAY for night in range(-3, 4)}
    assert succeeded_of(stretch.intervals) == set(range(0, 540, 60))
    assert succeeded_of(told([(1, [CycleEnding(60, bad, 5)])]).intervals) == set()
    assert succeeded_of(b"") == set()
