"""Record, then act, under one lease: random lives of the ticker over a store and a host that fail, and planted faults.

A mutant is a ticker of our own with one step put elsewhere or left out; that is what it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from drawing import NOON, draw
from engine.naive import Books

from backfilld.engine.engine import Engine
from backfilld.engine.events import Accepted, ByKind, OnFailure, Start
from backfilld.errors import StoreConflict, StoreUnavailable
from backfilld.ports import AttemptKey, Ended, Ending, LaunchSpec, Round
from backfilld.service.ticker import Ticker

GROUPS = {"default": 3}
PLAN = draw("a -> b -> c\na -> d", days=range(1, 5), tasks={"b": {"retries": 2, "retry_delay": timedelta()}})


class World:
    """What outlives daemons: what is durable, who has the lease, and the host with its processes."""

    def __init__(self, seed: int) -> None:
        self.random, self.books, self.now = Random(seed), Books(GROUPS), NOON
        self.epoch = 0
        self.claims: dict[str, AttemptKey] = {}
        self.launched: set[AttemptKey] = set()
        self.living: dict[str, AttemptKey] = {}
        self.endings: dict[str, Ended] = {}

    def end_some(self) -> list[Ended]:
        """A process ends, well or badly."""
        names = self.random.sample(list(self.living), min(2, len(self.living)))
        for name in names:
            del self.living[name]
            self.endings[name] = Ended(name, Ending.EXITED, self.random.choice([0, 0, 0, 1]), ended_at=self.now)
        return [self.endings[name] for name in names]

    def known(self, name: str, key: AttemptKey) -> list[Ended]:
        """What a new daemon hears of an open attempt: nothing while it lives."""
        if key not in self.launched:
            self.launched.add(key)
            self.endings[name] = Ended(name, Ending.VOID)
        return [] if name in self.living else [self.endings[name]]


class DoubtfulStore:
    """Takes rounds of the one who has the lease, if it is in the mood."""

    def __init__(self, world: World, epoch: int) -> None:
        self._world, self._epoch = world, epoch

    def record(self, tick: Round) -> None:
        """All of a round, or nothing."""
        world = self._world
        if self._epoch != world.epoch:
            raise StoreConflict("another daemon has the lease")
        if world.random.random() < 0.1:
            raise StoreUnavailable("the disk is full")
        world.books.take(list(tick.effects), tick.at)
        world.claims |= {name: key for key, name in tick.claims.items()}


class StrictHost:
    """Starts what is durable, once, for the one who has the lease."""

    def __init__(self, world: World) -> None:
        self._world = world

    def launch(self, specs: Sequence[LaunchSpec], epoch: int) -> None:
        """A process for each."""
        world = self._world
        for name in [spec.attempt for spec in specs]:
            assert name in world.claims, "launched before it was recorded"
            assert epoch == world.epoch, "launched by a daemon that was overtaken"
            assert world.claims[name] not in world.launched, "started twice"
            world.launched.add(world.claims[name])
            world.living[name] = world.claims[name]

    def stop(self, attempts: Mapping[str, float]) -> None:
        """Nobody asks for that here."""
        raise AssertionError(attempts)

    def forget(self, attempts: Iterable[str]) -> None:
        """Their endings are durable."""
        for name in attempts:
            assert self._world.endings.pop(name, None), "an ending was forgotten that nobody told"


class Rows:
    """Stands for the backfills that the ticker launches from: names are all that this host asks for."""

    def rows(self, run: int) -> tuple[()]:
        """No store here asks for them."""
        return ()

    def launcher(self, run: int) -> Any:
        """Names the attempt."""
        return SimpleNamespace(spec=lambda instance, attempt, name, *more: SimpleNamespace(attempt=name))

    def leave(self, backfill: int) -> None:
        """Nothing is kept."""


def started(world: World, kind: type[Ticker]) -> tuple[Ticker, list[Ended]]:
    """The next daemon, which has taken the lease; and what it hears of the attempts that were open."""
    world.epoch += 1
    clock, timers = SimpleNamespace(now=lambda: world.now), SimpleNamespace(wake_at=lambda name, moment: None)
    ticker = kind(Engine(GROUPS), DoubtfulStore(world, world.epoch), StrictHost(world), clock, timers, world.epoch)
    ticker.running = Rows()
    ticker.notices = SimpleNamespace(of=lambda *round: (), next_wake=lambda: None)
    ticker.stop()  # so that a store in trouble is not asked again: the daemon ends
    open_attempts = {
        name: key for name, key in world.claims.items() if world.books.book(key[0]).open.get(key[0]) == key[1]
    }
    for name, key in open_attempts.items():
        ticker.attempts.open(name, key)
    return ticker, [each for name, key in open_attempts.items() for each in world.known(name, key)]


def live(kind: type[Ticker], seed: int) -> int:
    """Daemon after daemon until all is done; answers how many there were."""
    world = World(seed)
    world.books.accept(Accepted(1, PLAN, range(1, 1 + len(PLAN.dates)), "Prod", 1, 3, OnFailure.CONTINUE))
    while not world.books.of[1].done[0]:
        ticker, news = started(world, kind)
        try:
            ticker.tick([*world.books.restored(), *news])
            while world.living and world.random.random() < 0.9:
                world.now += timedelta(seconds=1)
                ticker.tick(world.end_some())
        except StoreUnavailable:
            continue
        overtaken(world, ticker, kind)
    return world.epoch


def overtaken(world: World, former: Ticker, kind: type[Ticker]) -> None:
    """A daemon goes on after another has taken its lease: nothing of it counts, and it learns so."""
    world.epoch += 1
    ends = world.end_some()
    if not ends:
        return
    with pytest.raises(StoreConflict):
        former.tick(ends)


class Hasty(Ticker):
    """Launches first."""

    def _record_and_act(self, said: ByKind, told: Round) -> None:
        for each in said.of(Start):
            self.executor.launch([SimpleNamespace(attempt=f"{each.instance}#{each.attempt}")], self._epoch)
        super()._record_and_act(said, told)


class Heedless(Ticker):
    """Goes on though another has the lease."""

    def insist(self, write: Callable[[], object]) -> None:
        try:
            super().insist(write)
        except StoreConflict:
            return


class Careless(Ticker):
    """Goes on though nothing was recorded."""

    def insist(self, write: Callable[[], object]) -> None:
        try:
            super().insist(write)
        except StoreUnavailable:
            return


class Forgetful(Ticker):
    """Tells the host to forget what is not durable yet."""

    def _translated(self, outcome: Any) -> list[Any]:
        self.executor.forget([outcome.attempt])
        return super()._translated(outcome)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_not_recorded_does_not_happen(seed: int) -> None:
    """Whatever fails, each attempt is launched at most once, after it is durable, by the one who has the lease."""
    assert live(Ticker, seed) > 1


@pytest.mark.parametrize(
    ("mutant", "caught_by"),
    [
        (Hasty, "launched before it was recorded"),
        (Careless, "launched before it was recorded"),
        (Heedless, "launched before it was recorded|overtaken|DID NOT RAISE"),
        (Forgetful, "forgotten that nobody told"),
    ],
)
def test_a_fault_of_the_ticker_is_caught(mutant: type[Ticker], caught_by: str) -> None:
    """Some life ends with the sentence that names the broken promise."""
    with pytest.raises((AssertionError, pytest.fail.Exception), match=caught_by):
        sum(live(mutant, seed) for seed in range(20))
