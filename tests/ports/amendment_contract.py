"""What every store promises of amendments; it runs on every database, as `store_contract` does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ports.store_contract import FIRST, NOW, SHARED, Home, OnEveryStore, Play, accepted, days, everything, new_backfill

from backfilld.engine.asking import Replan
from backfilld.engine.events import BackfillChanged
from backfilld.engine.marks import BackfillMarks, Halt, OnFailure
from backfilld.engine.states import State
from backfilld.errors import NotFound, PlanTooLarge, StoreConflict
from backfilld.planning.plan import instance_id
from backfilld.ports import NewAmendment, Store, StoredBackfill

LATER = datetime(2024, 5, 7, tzinfo=UTC)
DESC = st.booleans()
DAYS = st.sets(st.integers(0, 400), min_size=1, max_size=12)


def amendment(backfill: StoredBackfill, *added: date, **changes: Any) -> NewAmendment:
    """The next amendment of a backfill in ascending order."""
    known = {
        "backfill": backfill.id,
        "number": len(backfill.amendments) + 1,
        "by": "somebody",
        "body": '{"asked":{}}',
        "plan_hash": f"hash {len(backfill.amendments) + 1}",
        "dates": tuple(sorted({*backfill.dates, *added})),
        "added": added,
        "size": backfill.size + 3 * len(added),
        "to_run": backfill.to_run + 3 * len(added),
    }
    return NewAmendment(**known | changes)


class AmendmentContract(OnEveryStore):
    """Runs where the others do; a subclass gives the fixture `home`."""

    def test_an_amendment_outlives_the_daemon(self, home: Home) -> None:
        """Plan, dates, counts and terms are those of the last one; all that was changed is there, in order."""
        store = home.open()
        store.take_lease(NOW)
        first = accepted(store, marks=BackfillMarks(Halt.OPERATOR, priority=3), left_out={1: 1})
        assert (first.to_run, first.runs) == (5, range(first.first_run, first.first_run + 2))
        other = accepted(store, 2)
        early = FIRST - timedelta(days=2)
        second = store.amend(amendment(first, early, dates=(early, *days(2))), NOW)
        terms = Replan(4, OnFailure.HOLD, 7)
        found = store.amend(amendment(second, to_run=4, terms=terms, plan_hash="the last"), LATER)
        store.close()

        again = home.open()
        assert again.backfill(first.id) == found
        assert again.open_backfills() == (found, other)
        assert [each.id for each in everything(again.backfills, 1)] == [other.id, first.id]
        again.close()
        assert (found.plan_hash, found.dates, found.size, found.to_run) == ("the last", (early, *days(2)), 9, 4)
        assert found.marks == BackfillMarks(Halt.OPERATOR, priority=7, parallelism=4, on_failure=OnFailure.HOLD)
        assert [(each.number, each.at, each.by, each.added) for each in found.amendments] == [
            (1, NOW, "somebody", (early,)),
            (2, LATER, "somebody", ()),
        ]

    def test_added_dates_are_new_runs(self, store: Store) -> None:
        """Their numbers are given once, their rows are there, and nothing that was numbered changes."""
        first, other = accepted(store, 3), accepted(store, 1)
        amended = store.amend(amendment(first, FIRST - timedelta(days=1), FIRST + timedelta(days=9)), NOW)
        behind = accepted(store, 1)

        new = other.first_run + 1
        assert amended.runs == (new, *first.runs, new + 1)
        assert behind.first_run == new + 2
        assert [amended.position(run) for run in (*amended.runs, other.first_run)] == [0, 1, 2, 3, 4, None]
        assert [store.run(run).business_date for run in amended.runs] == list(amended.dates)
        assert [run.number for run in everything(lambda *page: store.runs(first.id, *page), 2)] == sorted(amended.runs)
        assert store.run(new).admitted_at is None

    @settings(suppress_health_check=SHARED, max_examples=20)
    @given(st.lists(DAYS, min_size=1, max_size=4), DESC)
    def test_runs_are_in_run_order_whatever_was_added_when(
        self, store: Store, batches: list[set[int]], desc: bool
    ) -> None:
        """Each date has the run that it was given first, and the runs stand in the order of the dates."""
        taken: set[int] = set()
        backfill, numbered = None, dict[date, int]()
        for batch in batches:
            fresh = [FIRST + timedelta(days=day) for day in sorted(batch - taken)]
            taken |= batch
            whole = tuple(sorted((FIRST + timedelta(days=day) for day in taken), reverse=desc))
            if backfill is None:
                backfill = store.write_runs(store.accept(replace(new_backfill(), dates=whole), NOW).id, NOW)
            else:
                backfill = store.amend(amendment(backfill, *fresh, dates=whole), NOW)
            now = dict(zip(backfill.dates, backfill.runs, strict=True))
            assert numbered.items() <= now.items()
            numbered = now
        assert backfill is not None
        assert [store.run(run).business_date for run in backfill.runs] == list(backfill.dates)
        assert len(set(backfill.runs)) == len(backfill.dates)

    def test_an_amendment_may_be_repeated(self, store: Store) -> None:
        """Told again it is known; another one under its number, or one that leaves a number out, is refused whole."""
        backfill = accepted(store)
        new = amendment(backfill, FIRST + timedelta(days=5))
        found = store.amend(new, NOW)

        assert store.amend(new, LATER) == found
        for wrong in (amendment(backfill, FIRST + timedelta(days=6), body="{}"), amendment(found, number=3)):
            with pytest.raises(StoreConflict):
                store.amend(wrong, LATER)
        assert store.backfill(backfill.id) == found
        assert len(everything(lambda *page: store.runs(backfill.id, *page), 10)) == 3

    def test_what_is_done_is_open_again(self, store: Store) -> None:
        """One that can bring a backfill back opens it at once: whoever starts next takes it up."""
        backfill = accepted(store)
        play = Play(store, backfill)
        play.tell([BackfillChanged(backfill.id, True, "succeeded", NOW)])
        kept = store.amend(amendment(backfill), NOW)
        assert (kept.done_at, kept.outcome, store.open_backfills()) == (NOW, "succeeded", ())

        opened = store.amend(amendment(kept, FIRST + timedelta(days=5), reopens=True), NOW)
        assert (opened.done_at, opened.outcome, store.open_backfills()) == (None, None, (opened,))

    def test_a_backfill_is_found_by_the_plan_that_it_has_now(self, store: Store) -> None:
        """By the hash that is compared at start."""
        backfill = accepted(store, plan_hash="aaaa")
        store.amend(amendment(backfill, plan_hash="bbbb"), NOW)
        assert store.backfill_by_hash("aaaa") is None
        found = store.backfill_by_hash("bbbb")
        assert found is not None
        assert found.id == backfill.id

    def test_it_is_told_once_in_the_audit(self, store: Store) -> None:
        """By whom and what about, in the transaction that makes it durable."""
        backfill = accepted(store)
        new = amendment(backfill, about='{"backfill":1,"amendment":1}')
        store.amend(new, LATER)
        store.amend(new, LATER)
        entries = [each for each in store.audit(None, 10).items if each.what == "amend"]
        assert [(each.by, each.at, each.about) for each in entries] == [("somebody", LATER, new.about)]
        assert store.broken_audit() is None

    def test_rounds_go_on_for_added_runs(self, store: Store) -> None:
        """A run that was added is admitted, settles, and is found by who starts next, like any other."""
        backfill = accepted(store)
        amended = store.amend(amendment(backfill, FIRST - timedelta(days=1)), NOW)
        play = Play(store, amended)
        added = amended.runs[0]
        play.admit(added)
        play.claim(instance_id(added, 0))

        assert [facts.run for facts in store.run_facts(amended.id)] == [added]
        assert store.state_bytes(added)[0] == State.RUNNING

    def test_a_catalog_version_is_kept(self, store: Store) -> None:
        """Whatever is named later can be read again; kept twice it is the same."""
        with pytest.raises(NotFound):
            store.catalog(UUID(int=9))
        for _ in range(2):
            store.keep_catalog(UUID(int=9), "newer", NOW)
        assert store.catalog(UUID(int=9)) == "newer"

    def test_who_lost_the_lease_amends_nothing(self, home: Home, store: Store) -> None:
        """Like every write."""
        backfill = accepted(store)
        home.execute("UPDATE lease SET epoch = epoch + 1")
        with pytest.raises(StoreConflict):
            store.amend(amendment(backfill, FIRST + timedelta(days=5)), NOW)
        with pytest.raises(StoreConflict):
            store.keep_catalog(UUID(int=9), "newer", NOW)
        assert store.backfill(backfill.id) == backfill

    def test_run_numbers_come_to_an_end(self, home: Home, store: Store) -> None:
        """There are 2^32 of them; past these nothing is written."""
        backfill = accepted(store)
        home.execute(f"UPDATE lease SET next_run = {2**32 - 1}")
        with pytest.raises(PlanTooLarge):
            store.amend(amendment(backfill, *days(2, FIRST + timedelta(days=5))), NOW)
        assert store.backfill(backfill.id).amendments == ()
