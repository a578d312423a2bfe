"""The daemon's clock and alarms under a clock that stands still, jumps, and is set back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue

import pytest
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory

from backfilld.daemon.clock import SystemClock
from backfilld.daemon.timers import ApTimers

NOON = datetime(2024, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PATIENCE = 30


class Alarms:
    """The daemon's timers, and the names that have rung, in order."""

    def __init__(self) -> None:
        self.timers = ApTimers()
        self._rung: SimpleQueue[str] = SimpleQueue()
        for name in ("engine", "nightly", "probe"):
            self.timers.on(name, lambda name=name: self._rung.put(name))  # type: ignore[misc]

    def rung(self) -> list[str]:
        """What has rung by now: alarms ring in the order of their moments, so one for this moment comes last."""
        self.timers.wake_at("probe", SystemClock().now())
        return list(iter(lambda: self._rung.get(timeout=PATIENCE), "probe"))


@pytest.fixture
def clock() -> Iterator[FrozenDateTimeFactory]:
    with freeze_time(NOON) as frozen:
        assert isinstance(frozen, FrozenDateTimeFactory)
        yield frozen


@pytest.fixture
def alarms(clock: FrozenDateTimeFactory) -> Iterator[Alarms]:
    found = Alarms()
    found.timers.start()
    yield found
    found.timers.stop()


def test_now_is_the_hosts_moment_in_utc(clock: FrozenDateTimeFactory) -> None:
    """The clock says what the host says, aware and in UTC, each time anew."""
    first = SystemClock().now()
    clock.tick(HOUR)

    assert (first, first.tzinfo, SystemClock().now()) == (NOON, UTC, NOON + HOUR)


def test_an_alarm_set_in_the_past_rings_at_once(alarms: Alarms) -> None:
    """Late rather than never: what fell due while nobody looked is not passed over."""
    alarms.timers.wake_at("engine", NOON - 365 * 24 * HOUR)

    assert alarms.rung() == ["engine"]


def test_alarms_set_before_the_start_ring_after_it(clock: FrozenDateTimeFactory) -> None:
    """At a start alarms are set from the store, and some are over by then."""
    alarms = Alarms()
    alarms.timers.wake_at("engine", NOON - HOUR)
    alarms.timers.wake_at("nightly", NOON + HOUR)
    clock.tick(HOUR)
    alarms.timers.start()

    assert alarms.rung() == ["engine", "nightly"]
    alarms.timers.stop()


def test_a_clock_that_jumps_brings_everything_that_it_passed(alarms: Alarms, clock: FrozenDateTimeFactory) -> None:
    """Ahead of its moment an alarm is silent; when the clock is past it, it rings once, the earliest first."""
    alarms.timers.wake_at("nightly", NOON + 2 * HOUR)
    alarms.timers.wake_at("engine", NOON + HOUR)
    assert alarms.rung() == []

    clock.move_to(NOON + 24 * HOUR)
    assert alarms.rung() == ["engine", "nightly"]
    assert alarms.rung() == []


def test_a_clock_that_is_set_back_repeats_nothing(alarms: Alarms, clock: FrozenDateTimeFactory) -> None:
    """What has rung does not ring again when its moment comes a second time."""
    alarms.timers.wake_at("engine", NOON)
    clock.tick()
    assert alarms.rung() == ["engine"]

    clock.move_to(NOON - HOUR)
    assert alarms.rung() == []
    clock.move_to(NOON + HOUR)
    assert alarms.rung() == []


def test_an_alarm_is_replaced_or_taken_away_by_name(alarms: Alarms, clock: FrozenDateTimeFactory) -> None:
    """One alarm a name: the last word counts, and one that was taken away, even twice, never rings."""
    alarms.timers.wake_at("engine", NOON + HOUR)
    alarms.timers.wake_at("engine", NOON + 3 * HOUR)
    alarms.timers.wake_at("nightly", NOON + HOUR)
    alarms.timers.wake_at("nightly", None)
    alarms.timers.wake_at("nightly", None)

    clock.move_to(NOON + 2 * HOUR)
    assert alarms.rung() == []
    clock.move_to(NOON + 4 * HOUR)
    assert alarms.rung() == ["engine"]


@pytest.mark.usefixtures("clock")
def test_timers_can_stop_while_something_rings() -> None:
    """A daemon may end in the moment of an alarm; its timers leave no error behind."""
    for _ in range(100):
        alarms = Alarms()
        alarms.timers.start()
        assert alarms.rung() == []
        alarms.timers.stop()
