"""What every store promises of lists over all backfills: all that pass, once, in order, and only what is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ports.store_contract import FIRST, NOW, SHARED, OnEveryStore, Play, accepted, everything

from backfilld.engine.states import State
from backfilld.errors import NotFound
from backfilld.planning.plan import instance_id, split_id
from backfilld.ports import (
    BackfillFilter,
    InstanceFilter,
    Page,
    RunFilter,
    Store,
    StoredBackfill,
    StoredInstance,
    StoredRun,
)

STATES = st.frozensets(st.sampled_from([State.READY, State.SUCCEEDED, State.FAILED, State.LOST]), min_size=1)
DATES = st.sampled_from([FIRST + timedelta(days=number) for number in range(-1, 4)])
TIMES = st.sampled_from([NOW + timedelta(seconds=number) for number in range(0, 40, 3)])
FILTERS = st.builds(
    InstanceFilter,
    backfill=st.none() | st.integers(1, 4),
    run=st.none() | st.integers(1, 9),
    tasks=st.none() | st.frozensets(st.integers(1, 5), min_size=1),
    states=st.none() | STATES,
    first=st.none() | DATES,
    last=st.none() | DATES,
    changed_after=st.none() | TIMES,
    changed_before=st.none() | TIMES,
)

BACKFILLS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [3, 2, 1]),
    ({"name": "50%_off"}, [1]),
    ({"name_like": "OFF"}, [2, 1]),
    ({"name_like": "fi%of"}, [2]),
    ({"project": 2}, [2]),
    ({"workflow": 70}, [1]),
    ({"by": "ada"}, [2]),
    ({"created_after": NOW}, [3, 2, 1]),
    ({"created_before": NOW}, []),
    ({"open": True}, [3, 2, 1]),
    ({"open": False}, []),
    ({"tags": (("ticket", None),)}, [1]),
    ({"tags": (("team", "ops"), ("ticket", "D-17"))}, [1]),
    ({"tags": (("ticket", "D%17"),)}, []),
]
RUNS: list[tuple[dict[str, Any], list[tuple[int, int]]]] = [
    ({}, [(2, 0), (1, 1), (1, 0), (0, 2), (0, 1), (0, 0)]),
    ({"project": 2}, [(1, 1), (1, 0)]),
    ({"first": FIRST + timedelta(days=1)}, [(1, 1), (0, 2), (0, 1)]),
    ({"last": FIRST}, [(2, 0), (1, 0), (0, 0)]),
    ({"words": frozenset({"failed"})}, [(0, 0)]),
    ({"words": frozenset({"succeeded"})}, []),
    ({"projects": frozenset({2, 3})}, [(1, 1), (1, 0)]),
    ({"workflows": frozenset({70}), "projects": frozenset({1})}, [(0, 2), (0, 1), (0, 0)]),
    ({"workflows": frozenset()}, []),
    ({"words": frozenset({"failed", "queued"})}, [(2, 0), (1, 1), (1, 0), (0, 2), (0, 1), (0, 0)]),
]
"""Which backfill, and which of its runs."""


@dataclass(frozen=True)
class Full:
    """Three backfills, of projects 1, 2 and 1; all rows that there are, and their runs."""

    store: Store
    backfills: list[StoredBackfill]
    rows: list[StoredInstance]
    runs: dict[int, StoredRun]

    def passing(self, wanted: InstanceFilter) -> list[int]:
        """By the letter."""
        return [row.id for row in self.rows if passes(wanted, row, self.runs[split_id(row.id)[0]])]


def passes(wanted: InstanceFilter, row: StoredInstance, run: StoredRun) -> bool:
    low, high = wanted.changed_after, wanted.changed_before
    return (
        wanted.backfill in (None, run.backfill)
        and wanted.run in (None, run.number)
        and (wanted.tasks is None or row.task in wanted.tasks)
        and (wanted.states is None or row.state in wanted.states)
        and within(wanted.first, run.business_date, wanted.last)
        and (low is None or (row.changed_at is not None and row.changed_at >= low))
        and (high is None or (row.changed_at is not None and row.changed_at < high))
    )


def within(first: date | None, day: date, last: date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


def fill(store: Store) -> Full:
    """The first of three dates, of which one is not admitted, and one has failed."""
    one = accepted(store, 3, 5, name="50%_off", workflow=70, tags={"team": "ops", "ticket": "D-17"})
    play = Play(store, one, 5)
    for run in one.runs[:2]:
        play.admit(run)
    end = {State.SUCCEEDED: 3, State.FAILED: 1, State.LOST: 0}
    first = one.runs[0]
    for state, ordinal in end.items():
        play.claim(instance_id(first, ordinal))
        play.end(instance_id(first, ordinal), state, settled="failed" if state is State.LOST else None)
    two = accepted(store, 2, 2, project=2, by="ada", name="fifty off")
    other = Play(store, two, 2, number=play.number)
    other.admit(two.runs[1])
    three = accepted(store, 1, 5, tags={"team": "OPS"})
    last = Play(store, three, 5, number=other.number)
    last.admit(three.runs[0])
    runs = {run.number: run for each in (one, two, three) for run in store.runs(each.id, None, 10).items}
    rows = store.some_instances(instance_id(run, ordinal) for run in runs for ordinal in range(5))
    return Full(store, [one, two, three], [rows[each] for each in sorted(rows)], runs)


class ListContract(OnEveryStore):
    """Subclasses give a `home`."""

    @pytest.fixture
    def full(self, store: Store) -> Full:
        return fill(store)

    @given(wanted=FILTERS, limit=st.integers(1, 7), projects=st.none() | st.frozensets(st.integers(1, 3)))
    @settings(max_examples=60, suppress_health_check=SHARED, deadline=None)
    def test_instances_that_pass(
        self, full: Full, wanted: InstanceFilter, limit: int, projects: frozenset[int] | None
    ) -> None:
        """Whatever is asked for, its rows come once, by id; to whom only some projects are there, no others."""
        reader = full.store if projects is None else full.store.seen_by(projects)
        seen = {each.id for each in full.backfills if projects is None or each.project in projects}
        expected = [each for each in full.passing(wanted) if full.runs[split_id(each)[0]].backfill in seen]
        found = everything(lambda after, most: reader.instances(wanted, after, most), limit)
        assert [each.id for each in found] == expected

    def test_backfills_that_pass(self, full: Full) -> None:
        """The newest first, page by page, or their ids at once; who sees some projects is told of no others."""
        for wanted, found in BACKFILLS:
            pages = everything(partial(self._backfills, full.store, BackfillFilter(**wanted)), 2)
            assert [each.id for each in pages] == found, wanted
            assert list(full.store.backfill_numbers(BackfillFilter(**wanted))) == found, wanted
            assert full.store.count_backfills(BackfillFilter(**wanted)) == len(found), wanted
            assert full.store.outcomes(BackfillFilter(**wanted)) == {}, "none of them has ended"
        assert full.store.seen_by(frozenset({2})).backfill_numbers(BackfillFilter()) == (2,)

    @given(
        wanted=st.sampled_from([BackfillFilter(**asked) for asked, _ in BACKFILLS]),
        ascending=st.booleans(),
        after=st.none() | st.integers(0, 4),
        skip=st.integers(0, 4),
        most=st.none() | st.integers(0, 4),
    )
    @settings(max_examples=30, suppress_health_check=SHARED, deadline=None)
    def test_a_part_of_the_numbers(
        self, full: Full, wanted: BackfillFilter, ascending: bool, after: int | None, skip: int, most: int | None
    ) -> None:
        """Is what would be cut out of all of them, in either order."""
        whole = sorted(full.store.backfill_numbers(wanted), reverse=not ascending)
        behind = [each for each in whole if after is None or (each > after if ascending else each < after)]
        found = full.store.backfill_numbers(wanted, ascending=ascending, after=after, skip=skip, most=most)
        assert list(found) == behind[skip:][:most]

    @staticmethod
    def _backfills(store: Store, wanted: BackfillFilter, after: int | None, limit: int) -> Page[StoredBackfill]:
        return store.backfills(after, limit, wanted)

    def test_what_is_remembered_of_a_backfill(self, full: Full) -> None:
        """Whose it is, and who asked for it."""
        found = [(each.project, each.workflow, each.by) for each in full.backfills]
        assert found == [(1, 70, "local"), (2, None, "ada"), (1, None, "local")]

    def test_runs_that_pass(self, full: Full) -> None:
        """Those of all backfills, the newest numbers first; what is settled by its word."""
        for wanted, places in RUNS:
            found = everything(partial(full.store.newest_runs, RunFilter(**wanted)), 2)
            expected = [full.backfills[which].runs[place] for which, place in places]
            assert [each.number for each in found] == expected, wanted
            assert full.store.count_runs(RunFilter(**wanted)) == len(expected), wanted
        assert full.store.seen_by(frozenset({2})).count_runs(RunFilter()) == 2

    def test_sums_of_runs(self, full: Full) -> None:
        """They are what the runs count one by one, put together by how these stand."""
        found = full.store.run_sums([99, *(each.id for each in full.backfills)])
        assert sorted(found) == [each.id for each in full.backfills]
        for each in full.backfills:
            sums: dict[tuple[bool, str | None, bool], list[tuple[int, ...]]] = {}
            for run in full.store.runs(each.id, None, 9).items:
                sums.setdefault((run.settled, run.outcome, any(run.counts)), []).append(run.counts)
            expected = {
                alike: (len(counts), tuple(map(sum, zip(*counts, strict=True)))) for alike, counts in sums.items()
            }
            mine = found[each.id]
            assert {(it.settled, it.outcome, it.opened): (it.runs, it.counts) for it in mine} == expected

    def test_runs_without_rows(self, full: Full) -> None:
        """Those that were not admitted, of the numbers asked for."""
        one, two, _ = full.backfills
        waiting = [one.runs[2], two.runs[0]]
        asked = range(2**32)
        assert [each.number for each in full.store.runs_without_rows(InstanceFilter(), asked, 9).items] == waiting
        assert full.store.runs_without_rows(InstanceFilter(two.id), asked, 9).items[0].number == waiting[1]
        assert full.store.runs_without_rows(InstanceFilter(), range(waiting[0] + 1), 9).items[-1].number == waiting[0]

    def test_what_is_there_is_found_by_its_number(self, full: Full) -> None:
        """Of several at once, those that are there."""
        one, two, _ = full.backfills
        assert [each.id for each in full.store.some_backfills([two.id, one.id, 99])] == [one.id, two.id]
        assert full.store.some_runs([one.runs[0], 99]) == {one.runs[0]: full.runs[one.runs[0]]}
        assert full.store.run_dates([one.runs[1], 99]) == {one.runs[1]: (one.id, one.dates[1])}
        operations = everything(full.store.operations, 2)
        assert [each.backfill for each in operations] == [3, 2, 1]

    def test_another_project_is_not_there(self, full: Full) -> None:
        """Not a backfill, nor what belongs to it, by whatever it is asked for."""
        _, two, _ = full.backfills
        reader, run = full.store.seen_by(frozenset({1, 3})), two.runs[1]
        instance, operation = instance_id(run, 0), full.store.operations(None, 2).items[1].id
        for ask in (
            lambda: reader.backfill(two.id),
            lambda: reader.run(run),
            lambda: reader.instance(instance),
            lambda: reader.operation(operation),
        ):
            with pytest.raises(NotFound):
                ask()
        assert reader.state_bytes(run) == b""
        assert reader.attempts(instance) == ()
        assert reader.last_times([instance], 5) == {}
        assert reader.facts_of([instance]) == ()
        assert reader.some_instances([instance]) == {}
        assert reader.some_backfills([two.id]) == ()
        assert reader.some_runs([run]) == reader.run_dates([run]) == {}
        assert reader.run_sums([two.id]) == {}
        assert reader.runs(two.id, None, 9).items == ()
        assert reader.backfill_by_hash("abc") == full.store.backfill(3)
        assert {each.about for each in reader.audit(None, 99).items if '"backfill":2' in each.about} == set()
        assert [each.backfill for each in reader.operations(None, 9).items] == [3, 1]
        assert reader.seen_by(frozenset({2})).backfills(None, 9).items == ()
