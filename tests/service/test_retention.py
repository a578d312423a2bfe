"""The steps by which things go: one after another, never while somebody is at work on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from backfilld.ports import KEYS_KEPT, AttemptKey
from backfilld.request.retention import Retention
from backfilld.service.retention import AWAY, PAUSE, Expiry

NOW = datetime(2024, 5, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
USUAL = Retention(success=HOUR, error=2 * HOUR)


@dataclass
class Asked:
    """What a stored backfill was asked."""

    request: str


@dataclass
class World:
    """Store, executor, ticker, clock and alarms, as far as `Expiry` knows them; `told` is all that it does."""

    now: datetime = NOW
    kept: dict[int, datetime] = field(default_factory=dict)
    leaves: list[AttemptKey] = field(default_factory=list)
    retention: str = ""
    answers: bool = True
    running: set[int] = field(default_factory=set)
    keys: list[datetime] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    alarm: datetime | None = None
    at_rest: Callable[[int], None] | None = None
    _todo: list[Callable[[], None]] = field(default_factory=list)

    def later(self, step: Callable[[], None]) -> None:
        self._todo.append(step)

    def wake_at(self, name: str, moment: datetime | None) -> None:
        assert name == "retention"
        self.alarm = moment

    def kept_backfills(self) -> tuple[int, ...]:
        return tuple(self.kept)

    def backfill(self, backfill: int) -> Asked:
        return Asked(f'{{"name":"n","project_id":1,"type":"SupplementData"{self.retention}}}')

    def expire(self, backfill: int, keep: Retention, now: datetime) -> datetime | None:
        self.told.append((backfill, keep))
        end = self.kept[backfill]
        if end > now:
            return end
        self.leaves.append((backfill, 1))
        del self.kept[backfill]
        return None

    def forget_keys(self, before: datetime, most: int) -> datetime | None:
        self.keys = [used for used in self.keys if used >= before]
        return min(self.keys, default=None)

    def leaving(self, most: int) -> Mapping[AttemptKey, str] | None:
        return {key: f"name of {key[0]}" for key in self.leaves} if self.leaves else None

    def discard(self, names: Collection[str]) -> bool:
        self.told.append(sorted(names) if self.answers else "away")
        return self.answers

    def sweep(self, attempts: Collection[AttemptKey], most: int) -> None:
        self.told.append(sorted(attempts))
        self.leaves = [key for key in self.leaves if key not in attempts]

    def round(self) -> None:
        """The ticker does what was left for it; each thing must end with an alarm, or with nothing to do."""
        todo, self._todo = self._todo, []
        for step in todo:
            step()


class Now:
    """Reads the world's clock."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        return self._world.now


def begun(world: World) -> Expiry:
    """What is kept is taken up, and the first step made."""
    part = cast(Any, world)
    expiry = Expiry(part, part, part, Now(world), part, USUAL)
    expiry.begin()
    world.round()
    return expiry


def rings(world: World, expiry: Expiry) -> None:
    """Time goes on to the alarm."""
    assert world.alarm is not None
    world.now = max(world.now, world.alarm)
    expiry.wake()
    world.round()


def test_logs_go_before_the_rows_that_name_them() -> None:
    """From view, then the logs, then the rows; and then there is nothing to wake up for."""
    world = World(kept={7: NOW})
    expiry = begun(world)
    assert (world.told, world.alarm) == ([(7, USUAL)], NOW + PAUSE)
    rings(world, expiry)
    assert world.told[1:] == [["name of 7"], [(7, 1)]]
    rings(world, expiry)
    assert world.alarm is None


def test_keys_go_by_their_age() -> None:
    """Each when its time is over, and none before; then there is nothing to wake up for."""
    world = World(keys=[NOW, NOW + HOUR])
    expiry = begun(world)
    for used in (NOW, NOW + HOUR):
        assert world.alarm == used + KEYS_KEPT
        world.now = used + KEYS_KEPT
        rings(world, expiry)
        assert used in world.keys  # not before it is older
        world.now += PAUSE
        rings(world, expiry)
        assert used not in world.keys
    assert world.alarm is None


def test_a_host_that_is_away_keeps_the_rows() -> None:
    """Without its answer a log could stay for ever: it is asked again later."""
    world = World(kept={7: NOW}, answers=False)
    expiry = begun(world)
    rings(world, expiry)
    assert (world.told[1:], world.leaves) == (["away"], [(7, 1)])
    assert world.alarm == world.now + AWAY
    world.answers = True
    rings(world, expiry)
    assert world.leaves == []


def test_each_backfill_is_looked_at_when_its_time_comes() -> None:
    """All at the start, once; then the one whose time is over first, and none before."""
    world = World(kept={1: NOW + 2 * HOUR, 2: NOW + HOUR, 3: NOW + 3 * HOUR})
    expiry = begun(world)
    for _ in range(3):
        rings(world, expiry)
    assert [each[0] for each in world.told] == [1, 2, 3]
    assert world.alarm == NOW + HOUR
    rings(world, expiry)
    assert world.told[3][0] == 2


def test_who_is_at_work_on_it_keeps_it() -> None:
    """What an act has brought back is let alone until it is done again; then it is looked at at once."""
    world = World(kept={7: NOW}, running={7})
    expiry = begun(world)
    rings(world, expiry)
    assert (world.told, world.alarm) == ([], None)
    world.running.clear()
    assert world.at_rest is not None
    world.at_rest(7)
    world.round()
    assert world.told == [(7, USUAL)]


def test_a_request_s_own_word_counts_more_than_the_settings() -> None:
    """What it does not say is as the settings say."""
    world = World(kept={7: NOW + HOUR}, retention=',"instance_retention":{"error_retention":1500}')
    begun(world)
    assert world.told == [(7, Retention(success=HOUR, error=timedelta(seconds=1.5)))]
