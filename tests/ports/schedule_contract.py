"""What every store promises of schedules and their firings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from ports.store_contract import NOW, Home, accepted, new_backfill

from backfilld.errors import StoreConflict
from backfilld.ports import Firing, Store, StoredFiring, StoredSchedule

DAY = timedelta(days=1)
NIGHTLY = {"nightly": "0 2 * * * UTC"}


def firing(days: int = 0, by: str | None = None) -> Firing:
    return Firing("nightly", NOW + days * DAY, by)


def decided(store: Store, name: str = "nightly") -> datetime:
    return store.schedules()[name].decided_until


class ScheduleContract:
    """Runs on every store; a subclass gives the fixture `home`."""

    @pytest.fixture
    def store(self, home: Home) -> Iterator[Store]:
        """A store with the lease taken, which knows one schedule."""
        opened = home.open()
        opened.take_lease(NOW)
        opened.keep_schedules(NIGHTLY, NOW)
        yield opened
        opened.close()

    def test_a_firing_is_accepted_once(self, store: Store) -> None:
        """Whoever comes again with the same schedule and moment is answered with what was accepted first."""
        operation = store.accept(new_backfill(firing=firing(1)), NOW + DAY)
        again = store.accept(new_backfill(firing=firing(1)), NOW + 2 * DAY)

        assert again == operation
        assert [each.schedule for each in store.backfills(None, 10).items] == ["nightly"]
        assert store.fired(firing(1)) == StoredFiring(firing(1), NOW + DAY, operation.id, operation.backfill, None)
        assert store.fired(firing(2)) is None
        assert accepted(store).schedule is None

    def test_a_firing_decides_all_before_it(self, store: Store) -> None:
        """With its row all that the schedule had before is decided, unless somebody asked for it in between."""
        store.accept(new_backfill(firing=firing(2)), NOW + 2 * DAY)
        store.accept(new_backfill(firing=firing(1)), NOW + 2 * DAY)
        assert decided(store) == NOW + 2 * DAY
        store.accept(new_backfill(firing=firing(3, by="local")), NOW + 3 * DAY)
        assert decided(store) == NOW + 2 * DAY
        store.pass_over("nightly", NOW + DAY)
        assert decided(store) == NOW + 2 * DAY
        store.pass_over("nightly", NOW + 4 * DAY)
        assert decided(store) == NOW + 4 * DAY

    def test_what_was_refused_stays_refused(self, store: Store) -> None:
        """The first reason is kept, and decides it as an acceptance would; what was accepted is never refused."""
        store.refuse_firing(firing(1), "the task is gone", NOW + DAY)
        store.refuse_firing(firing(1), "another reason", NOW + 2 * DAY)
        operation = store.accept(new_backfill(firing=firing(2)), NOW + 2 * DAY)
        store.refuse_firing(firing(2), "too late", NOW + 2 * DAY)

        refused = StoredFiring(firing(1), NOW + DAY, None, None, "the task is gone")
        fired = StoredFiring(firing(2), NOW + 2 * DAY, operation.id, operation.backfill, None)
        assert store.last_firings("nightly", 10) == (fired, refused)
        assert store.last_firings("nightly", 1) == (fired,)
        assert store.last_firings("weekly", 10) == ()
        with pytest.raises(StoreConflict):
            store.accept(new_backfill(firing=firing(1)), NOW + 3 * DAY)
        assert len(store.backfills(None, 10).items) == 1

    def test_new_times_begin_now(self, store: Store) -> None:
        """A schedule that is new, came back, or has other times owes nothing from before; one that stays does."""
        store.keep_schedules({**NIGHTLY, "weekly": "0 4 * * 0 UTC"}, NOW + DAY)
        assert (decided(store), decided(store, "weekly")) == (NOW, NOW + DAY)
        store.keep_schedules({"nightly": "0 3 * * * UTC"}, NOW + 2 * DAY)
        assert decided(store) == NOW + 2 * DAY
        store.keep_schedules({"weekly": "0 4 * * 0 UTC"}, NOW + 3 * DAY)
        store.keep_schedules({"nightly": "0 3 * * * UTC", "weekly": "0 4 * * 0 UTC"}, NOW + 4 * DAY)
        assert (decided(store), decided(store, "weekly")) == (NOW + 4 * DAY, NOW + 3 * DAY)
        assert [each.known_since for each in store.schedules().values()] == [NOW, NOW + DAY]

    def test_a_pause_outlives_daemon_and_file(self, home: Home) -> None:
        """Paused once, it stays so over restarts, and while it is missing; what came meanwhile is decided."""
        first = home.open()
        first.take_lease(NOW)
        first.keep_schedules(NIGHTLY, NOW)
        assert first.pause_schedule("nightly", "local", NOW + DAY)
        assert not first.pause_schedule("nightly", "local", NOW + 2 * DAY)
        first.keep_schedules({}, NOW + 2 * DAY)
        first.close()

        second = home.open()
        second.take_lease(NOW)
        second.keep_schedules(NIGHTLY, NOW + 3 * DAY)
        assert second.schedules() == {"nightly": StoredSchedule("nightly", NOW, NOW + 3 * DAY, NOW + DAY)}
        assert second.resume_schedule("nightly", "local", NOW + 4 * DAY)
        assert not second.resume_schedule("nightly", "local", NOW + 5 * DAY)
        assert second.schedules() == {"nightly": StoredSchedule("nightly", NOW, NOW + 4 * DAY, None)}
        second.close()

    def test_all_is_audited(self, store: Store) -> None:
        """Who paused and resumed, what fired by itself or was asked for, and what was refused and why."""
        store.pause_schedule("nightly", "local", NOW, "10.0.0.9")
        store.resume_schedule("nightly", "local", NOW)
        store.resume_schedule("nightly", "local", NOW)
        backfill = store.accept(new_backfill(firing=firing(by="local")), NOW).backfill
        store.refuse_firing(firing(1), "gone", NOW)

        about = {"schedule": "nightly", "moment": "2024-05-06T07:08:09.123456Z", "backfill": backfill}
        refused = {"schedule": "nightly", "moment": "2024-05-07T07:08:09.123456Z", "why": "gone"}
        assert [(each.by, each.what, json.loads(each.about)) for each in store.audit(None, 10).items] == [
            ("backfilld", "firing refused", refused),
            ("local", "fired", about),
            ("local", "accepted", {"backfill": backfill}),
            ("local", "resume", {"schedule": "nightly"}),
            ("local", "pause", {"schedule": "nightly", "from": "10.0.0.9"}),
        ]
        assert store.broken_audit() is None
