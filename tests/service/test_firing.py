"""Schedules fire each moment once: over restarts, crashes, pauses, trouble with the store, and clocks that jump."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ports.store_contract import new_backfill

from backfilld.catalog.cron import parse_cron
from backfilld.catalog.documents import Document
from backfilld.catalog.parse import parse_catalog
from backfilld.catalog.schedules import CatchUp, Schedule
from backfilld.errors import Fault, InvalidRequest, StoreUnavailable
from backfilld.ports import Firing, Operation
from backfilld.service.access import Caller, Scope
from backfilld.service.backfills import Backfills
from backfilld.service.catalogs import Shelf
from backfilld.service.firing import ALARM, LATE, UNEXPECTED, Firer
from backfilld.service.schedules import Schedules
from backfilld.store.sql import SqlStore

START = datetime(2024, 5, 6, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = START + 14 * HOUR
"""The first firing: at 02:00."""


class Killed(BaseException):
    """The daemon is gone."""


class Hand:
    """A clock that is set by hand, and alarms that are noted."""

    def __init__(self) -> None:
        self.at, self.alarm = START, cast(datetime | None, None)

    def now(self) -> datetime:
        return self.at

    def wake_at(self, name: str, moment: datetime | None) -> None:
        assert name == ALARM
        self.alarm = moment


class Accepting:
    """Accepts every request into a store, once told what happens before and after."""

    def __init__(self, store: SqlStore, hand: Hand) -> None:
        self.store, self.hand = store, hand
        self.asked: list[Document] = []
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def for_(self, caller: Caller) -> Accepting:
        return self

    def submit(self, document: Document, once: Firing) -> Operation:
        self.before()
        self.asked.append(document)
        operation = self.store.accept(new_backfill(dates=1, firing=once), self.hand.at)
        self.after()
        return operation


class House:
    """A store with schedules, and one daemon after another that fires them."""

    def __init__(self, store: SqlStore) -> None:
        self.store, self.hand = store, Hand()
        self.accepting = Accepting(store, self.hand)
        self.schedules: list[Schedule] = []
        self.firer = self.started()

    def started(self) -> Firer:
        """A daemon that was started now, and has not looked yet."""
        self.firer = Firer(self.store, cast(Backfills, self.accepting), self.hand, self.hand)
        self.firer.keep(self.schedules)
        return self.firer

    def has(self, *schedules: Schedule) -> None:
        self.schedules = list(schedules)
        self.firer.keep(schedules)

    def restart(self, at: datetime) -> None:
        """Start at a moment, and look: whatever is due then was missed."""
        self.hand.at = at
        self.started().tick(at, at)

    def look(self, at: datetime) -> None:
        """An alarm rings, or somebody woke it, at a moment."""
        self.hand.at = at
        self.firer.tick(at, at - LATE)

    def fired(self, name: str = "nightly") -> list[datetime]:
        """The moments that were accepted, ascending."""
        found = self.store.last_firings(name, 10_000)
        return [each.firing.moment for each in reversed(found) if each.operation]

    @property
    def doors(self) -> Schedules:
        return Schedules(self.store, self.firer, self.hand, Shelf(lambda: parse_catalog([])))


def nightly(name: str = "nightly", cron: str = "0 2 * * *", catch_up: CatchUp = "once") -> Schedule:
    return Schedule(name, parse_cron(cron), "UTC", Document("nights.yaml", {"name": name}), catch_up)


def failing(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store with the lease taken."""
    opened = SqlStore(f"sqlite:///{tmp_path}/store.db")
    opened.take_lease(START)
    yield opened
    opened.close()


@pytest.fixture
def house(store: SqlStore) -> House:
    """A daemon that knows one schedule since noon."""
    made = House(store)
    made.has(nightly())
    return made


def test_it_fires_when_its_time_comes(house: House) -> None:
    """Not before, once, with the date in its name; then the alarm is set for the next time."""
    house.restart(START)
    assert house.hand.alarm == NIGHT
    house.look(NIGHT - HOUR)
    house.look(NIGHT)
    house.look(NIGHT + HOUR)

    assert house.fired() == [NIGHT]
    assert [each.value for each in house.accepting.asked] == [{"name": "nightly 2024-05-07"}]
    assert house.hand.alarm == NIGHT + DAY


@pytest.mark.parametrize(("catch_up", "nights"), [("once", [2]), ("all", [0, 1, 2]), ("none", [])])
def test_what_fell_due_while_down(house: House, catch_up: CatchUp, nights: list[int]) -> None:
    """The latest is made up for, or all in order, or none; after one more restart nothing is owed any more."""
    house.has(nightly(catch_up=catch_up))
    for _ in range(2):
        house.restart(NIGHT + 2 * DAY + HOUR)
    house.look(NIGHT + 3 * DAY)

    assert house.fired() == [NIGHT + number * DAY for number in (*nights, 3)]
    names = [f"nightly 2024-05-{7 + number:02}" for number in (*nights, 3)]
    assert [each.value for each in house.accepting.asked] == [{"name": name} for name in names]


def test_a_clock_set_forward_is_like_being_down(house: House) -> None:
    """What is found long past was missed; what is a little late was not."""
    house.has(nightly(catch_up="none"))
    house.look(NIGHT + LATE - timedelta(seconds=1))
    house.look(NIGHT + 2 * DAY + HOUR)

    assert house.fired() == [NIGHT]


def test_a_clock_set_back_fires_nothing_again(house: House) -> None:
    """A moment that comes twice fires once; one that was leapt over by a wrong clock comes, and fires."""
    house.look(NIGHT)
    house.look(NIGHT - HOUR)
    assert house.hand.alarm == NIGHT
    house.look(NIGHT)
    assert (house.fired(), len(house.accepting.asked)) == ([NIGHT], 1)
    house.look(NIGHT + 400 * DAY + HOUR)
    house.look(NIGHT + HOUR)
    house.look(NIGHT + DAY)
    house.look(NIGHT + DAY)
    house.restart(NIGHT + DAY + HOUR)
    house.look(NIGHT + 2 * DAY)

    assert house.fired() == [NIGHT, NIGHT + DAY, NIGHT + 2 * DAY, NIGHT + 400 * DAY]


def test_a_pause_is_no_downtime(house: House) -> None:
    """While it is paused nothing fires and no alarm is set; what would have fired is not made up for."""
    house.has(nightly(catch_up="all"))
    house.doors.pause("nightly")
    house.look(NIGHT)
    assert house.hand.alarm is None
    house.restart(NIGHT + DAY + HOUR)
    house.doors.resume("nightly")
    house.look(house.hand.at)
    assert (house.fired(), house.hand.alarm) == ([], NIGHT + 2 * DAY)
    house.look(NIGHT + 2 * DAY)
    assert house.fired() == [NIGHT + 2 * DAY]


def test_a_pause_ends_what_is_being_made_up_for(house: House) -> None:
    """Whoever pauses while missed firings are made up for has the rest left alone."""
    house.has(nightly(catch_up="all"))
    house.accepting.after = lambda: house.doors.pause("nightly") and None
    house.restart(NIGHT + 5 * DAY)

    assert house.fired() == [NIGHT]


def test_one_can_be_asked_for(house: House) -> None:
    """Also while it is paused, and as often as asked; it changes nothing of what is due."""
    house.doors.pause("nightly")
    house.hand.at = START + HOUR
    house.doors.fire("nightly")
    house.hand.at += HOUR
    house.doors.for_(Caller("ada", Scope.OPERATE, None, "")).fire("nightly")
    house.doors.resume("nightly")
    house.look(NIGHT)

    assert house.fired() == [START + HOUR, START + 2 * HOUR, NIGHT]
    assert [each.firing.by for each in house.doors.one("nightly").firings] == [None, "ada", "backfilld"]


def test_a_refusal_is_remembered_and_keeps_nobody_else(house: House) -> None:
    """It is decided with its reason, is not tried again, and the others fire."""
    house.has(nightly(), nightly("other", "0 3 * * *"))
    fault = Fault("root_task_ids[0]", "x", "a task")
    house.accepting.before = failing(InvalidRequest([fault, fault]))
    house.look(NIGHT)
    house.accepting.before = failing(KeyError("ours"))
    house.look(NIGHT + HOUR)
    house.accepting.before = lambda: None
    house.restart(NIGHT + 2 * HOUR)
    house.look(NIGHT + DAY)

    reasons = [[each.refusal for each in house.doors.one(name).firings] for name in ("nightly", "other")]
    assert reasons == [[None, f"{fault}; {fault}"], [UNEXPECTED]]
    assert house.fired() == [NIGHT + DAY]


def test_a_reason_is_cut_when_long(house: House) -> None:
    """A request with a thousand faults leaves a reason that fits a screen."""
    house.accepting.before = failing(InvalidRequest([Fault("tasks", "x" * 90, "a task")] * 1000))
    house.look(NIGHT)
    (firing,) = house.doors.one("nightly").firings
    assert firing.refusal is not None
    assert len(firing.refusal) == 2004


def test_trouble_with_the_store_costs_nothing_but_time(house: House) -> None:
    """A round that could not be finished goes on where it was, with what was on time then."""
    house.has(nightly("a", catch_up="none"), nightly("b", catch_up="none"))
    troubles = iter([None, StoreUnavailable("disk full"), None])

    def trouble() -> None:
        if error := next(troubles):
            raise error

    house.accepting.before = trouble
    with pytest.raises(StoreUnavailable):
        house.look(NIGHT)
    house.hand.at = NIGHT + HOUR
    house.firer.tick(NIGHT, NIGHT - LATE)

    assert (house.fired("a"), house.fired("b")) == ([NIGHT], [NIGHT])


def test_those_of_the_files_alone_fire(house: House) -> None:
    """What is taken out fires no more, and what is new owes nothing from before."""
    house.has(nightly("new", "0 * * * *", catch_up="all"))
    house.look(NIGHT)
    assert (house.fired(), len(house.fired("new"))) == ([], 14)
    house.has(nightly(catch_up="all"))
    house.look(NIGHT + HOUR)
    assert house.fired() == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["look", "look", "restart", "killed before", "killed after", "set back"]),
        st.integers(1, 40),
    ),
    max_size=12,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS)
def test_every_firing_once_whatever_happens(store: SqlStore, steps: list[tuple[str, int]]) -> None:
    """With `all`, after looks, restarts, kills round an acceptance and clocks set back, each moment has fired once.

    Set back to before it was known, a clock shows moments that are no concern of this rule.
    """
    house, schedule = House(store), nightly(str(uuid4()), "0 */5 * * *", catch_up="all")
    house.has(schedule)
    furthest = START
    for what, hours in steps:
        at = house.hand.at + hours * HOUR if what != "set back" else max(START, house.hand.at - HOUR)
        furthest = max(furthest, at)
        end = failing(Killed()) if "killed" in what else lambda: None
        house.accepting.before, house.accepting.after = (end, lambda: None) if "before" in what else (lambda: None, end)
        try:
            (house.restart if what == "restart" else house.look)(at)
        except Killed:
            house.started()
    house.accepting.before = house.accepting.after = lambda: None
    house.restart(furthest + HOUR)

    every = [START + number * HOUR for number in range(int((house.hand.at - START) / HOUR) + 1)]
    assert house.fired(schedule.name) == [moment for moment in every[1:] if moment.hour % 5 == 0]
    assert len(set(store.last_firings(schedule.name, 10_000))) == len(house.fired(schedule.name))


def test_the_loop_runs_until_it_is_stopped(store: SqlStore) -> None:
    """On its thread it begins with what was missed, however recently, and ends when it is told to."""
    house = House(store)
    house.has(nightly("strict", catch_up="none"), nightly())
    house.hand.at = NIGHT + timedelta(seconds=1)
    house.accepting.after = house.firer.stop
    house.firer.take((nightly("other"),))
    house.firer.run()

    assert (house.fired("strict"), house.fired()) == ([], [NIGHT])
    assert list(house.firer.current) == ["strict", "nightly"]


def test_a_name_that_is_none(house: House) -> None:
    """Whatever is asked of it, it is not there."""
    asks: list[Callable[[str], Any]] = [house.doors.one, house.doors.pause, house.doors.resume, house.doors.fire]
    for ask in asks:
        with pytest.raises(Exception, match="there is no schedule nobody"):
            ask("nobody")
