"""What the heartbeat counts of itself: plain numbers, written by the ticker's thread, read by whoever shows them."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from backfilld.engine.states import AttemptState

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; what takes longer is counted beyond the last."""


class Histogram:
    """How long something took: `counts` by the first of `bounds` that it did not pass, and all `seconds` together.

    >>> took = Histogram((0.1, 1.0))
    >>> took.saw(0.1), took.saw(0.5, times=2), took.saw(7.0)
    (None, None, None)
    >>> took.counts, took.seconds
    ([1, 2, 1], 8.1)
    """

    __slots__ = ("bounds", "counts", "seconds")

    def __init__(self, bounds: Sequence[float] = BOUNDS) -> None:
        self.bounds, self.counts, self.seconds = bounds, [0] * (len(bounds) + 1), 0.0

    def saw(self, seconds: float, times: int = 1) -> None:
        """It took so long, so many times."""
        self.counts[bisect_left(self.bounds, seconds)] += times
        self.seconds += seconds * times


class Tally:
    """Counts since the daemon's start. A round costs some additions, an attempt less than one."""

    def __init__(self, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self.stopwatch = stopwatch
        self.starts = 0
        """Attempts that were claimed and handed to their host."""
        self.ends: Counter[AttemptState] = Counter()
        """Attempts that have ended, by what became of them."""
        self.commits = Histogram()
        """Of each round that was recorded: how long that took, with all tries."""
        self.rounds = Histogram()
        """Of each round that was recorded: from the first news of it to being durable."""
        self.starting = Histogram()
        """Of each attempt that was started: from the first news of its round to its host."""
        self.starved = 0
        """Attempts that were started out of turn, as their backfill had waited too long."""
        self.taken: Mapping[str, int] = {}
        """Slots in use by resource group, as of the last round."""
        self._heard: float | None = None
        self._since = stopwatch()

    def heard(self) -> None:
        """There is news for the next round. Any thread."""
        if self._heard is None:
            self._heard = self.stopwatch()

    def begins(self) -> None:
        """A round takes what was heard until now."""
        self._since, self._heard = self.stopwatch() if self._heard is None else self._heard, None

    def recorded(self, began: float) -> None:
        """A round is durable; to record it was begun at `began`."""
        now = self.stopwatch()
        self.commits.saw(now - began)
        self.rounds.saw(now - self._since)

    def started(self, attempts: int) -> None:
        """The round's attempts are with their hosts."""
        if attempts:
            self.starts += attempts
            self.starting.saw(self.stopwatch() - self._since, attempts)
