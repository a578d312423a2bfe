"""What the heartbeat counts: each start and end once, and how long news waited until they were acted on."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

from drawing import NOON, draw
from hypothesis import given
from hypothesis import strategies as st

from backfilld.engine.engine import Engine
from backfilld.engine.events import Accepted, OnFailure
from backfilld.engine.states import AttemptState
from backfilld.ports import Ended, Ending, Round
from backfilld.service.tally import BOUNDS, Histogram, Tally
from backfilld.service.ticker import Ticker

PLAN = draw("a -> b\nc", days=range(1, 3))


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(1, 5))))
def test_a_histogram_counts_everything_once(seen: list[tuple[float, int]]) -> None:
    """Each time is in the first place whose bound it does not pass, and in no other."""
    histogram = Histogram()
    for seconds, times in seen:
        histogram.saw(seconds, times)
    for place, bound in enumerate(BOUNDS):
        assert sum(histogram.counts[: place + 1]) == sum(times for seconds, times in seen if seconds <= bound)
    assert sum(histogram.counts) == sum(times for _, times in seen)


class Hands:
    """A watch whose time passes only while something is done: a second to record, two to launch."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def read(self) -> float:
        return self.seconds

    def record(self, told: Round) -> None:
        self.seconds += 1

    def launch(self, specs: Any, epoch: int) -> None:
        self.names = [spec.attempt for spec in specs]
        self.seconds += 2


def heart(hands: Hands) -> Ticker:
    """A ticker whose store and host take their time, by this watch."""
    clock, timers = SimpleNamespace(now=lambda: NOON), SimpleNamespace(wake_at=lambda name, moment: None)
    host = SimpleNamespace(launch=hands.launch, forget=lambda names: None)
    ticker = Ticker(Engine({"default": 8}), SimpleNamespace(record=hands.record), host, clock, timers, 1)
    launcher = SimpleNamespace(spec=lambda instance, attempt, name, *more: SimpleNamespace(attempt=name))
    ticker.running = SimpleNamespace(rows=lambda run: (), launcher=lambda run: launcher, leave=lambda number: None)
    ticker.notices = SimpleNamespace(of=lambda *told: (), next_wake=lambda: None)
    ticker.tally = Tally(hands.read)
    return ticker


def test_starts_and_ends() -> None:
    """Every start and every end is counted once, by outcome; slots in use are those of what runs."""
    hands = Hands()
    ticker = heart(hands)
    accepted = Accepted(1, PLAN, (1, 2), "Prod", 1, parallelism=2, on_failure=OnFailure.CONTINUE)
    ticker.tick([accepted])
    assert (ticker.tally.starts, ticker.tally.taken) == (4, {"default": 4})
    good, bad = hands.names[0], hands.names[1]
    ticker.tick([Ended(good, Ending.EXITED, 0), Ended(bad, Ending.EXITED, 1)])
    assert ticker.tally.ends == Counter({AttemptState.SUCCEEDED: 1, AttemptState.FAILED: 1})
    assert ticker.tally.taken["default"] == 4 - 2 + (ticker.tally.starts - 4)


def test_news_is_late_from_when_it_came() -> None:
    """A round lasts from the first of its news until it is durable, a start until its host has it."""
    hands = Hands()
    ticker = heart(hands)
    ticker.tally.heard()
    hands.seconds += 4
    ticker.tally.heard()
    ticker.tick([Accepted(1, PLAN, (1, 2), "Prod", 1, parallelism=1, on_failure=OnFailure.CONTINUE)])
    assert ticker.tally.commits.seconds == 1
    assert ticker.tally.rounds.seconds == 4 + 1
    assert ticker.tally.starting.seconds == ticker.tally.starts * (4 + 1 + 2)
    ticker.tick([Ended(hands.names[0], Ending.EXITED, 0)])
    assert ticker.tally.rounds.seconds == 4 + 1 + 1
