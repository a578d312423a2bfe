"""Figures of all that is open."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

from drawing import Play, draw

from backfilld.errors import StoreUnavailable
from backfilld.ports import Backlog, Capacity
from backfilld.service.measuring import MOST_BACKFILLS, Figures, Measuring, Slots
from backfilld.service.tally import Tally

PLAN = draw("a -> b\nc", days=range(1, 6))


def figures(play: Play, backlog: Backlog | None) -> Figures:
    """What is measured of a play, by a store that says so, or does not answer."""

    def told() -> Backlog:
        if backlog is None:
            raise StoreUnavailable("the disk is gone")
        return backlog

    tally = Tally()
    tally.taken = play.engine.taken()
    running = SimpleNamespace(windows={})
    ticker = SimpleNamespace(snapshot=play.engine.snapshot, trouble=None, tally=tally, running=running)
    return Measuring(
        ticker,
        SimpleNamespace(backlog=told),
        SimpleNamespace(trouble=lambda: None),
        SimpleNamespace(ends=dict),
        SimpleNamespace(current=SimpleNamespace(version=UUID(int=7))),
        SimpleNamespace(now=lambda: play.now),
        Capacity({"default": 3, "idle": 2}, {"default": 1}, timedelta(minutes=15), 60),
    ).figures()


def test_a_store_that_does_not_answer_hides_only_its_own() -> None:
    """The daemon is not ready then, and all that is known without the store is told all the same."""
    play = Play(PLAN, groups={"default": 3}, parallelism=2)
    good, bad = figures(play, Backlog(PLAN.size, 2, 1)), figures(play, None)
    assert (good.ready, bad.ready, bad.backlog) == (True, False, None)
    assert (good.instances["running"], bad.instances["running"]) == (3, 3)
    assert sum(good.instances.values()) == PLAN.size
    assert good.slots == bad.slots == {"default": Slots(3, 1, 3), "idle": Slots(2, 0, 0)}


def test_who_waits_longest() -> None:
    """The age of the queue is that of the instance that has lacked nothing but a slot for longest."""
    play = Play(PLAN, groups={"default": 1})
    assert figures(play, None).oldest_wait == 0
    play.now += timedelta(minutes=7)
    assert figures(play, None).oldest_wait == 7 * 60


def test_there_is_a_limit_to_the_series() -> None:
    """However many backfills are open, so many have figures of their own: the oldest; the others are counted."""
    play = Play(PLAN, groups={"default": 1})
    for _ in range(MOST_BACKFILLS):
        play.accept(PLAN)
    found = figures(play, None)
    assert [each.number for each in found.backfills] == list(range(1, MOST_BACKFILLS + 1))
    assert sum(found.words.values()) == MOST_BACKFILLS + 1
