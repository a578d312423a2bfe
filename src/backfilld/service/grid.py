"""The bytes of one backfill in memory, how many instances are in each state, and what has changed lately."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import compress, count
from operator import ne
from typing import NamedTuple

from backfilld.engine.events import RunChanged
from backfilld.engine.states import STATE_MASK, State, counted
from backfilld.service.matrix import Matrix

KEPT = timedelta(seconds=60)
"""How long changes are remembered for those who come back."""
MOST_CELLS = 50_000
"""More changes than this are not told one by one, and no more are remembered: all bytes are smaller."""


class Changed(NamedTuple):
    """Places of which something is otherwise now, each once, and their bytes.

    A byte may be what it was: an instance that has failed and runs again is at another attempt.
    """

    places: tuple[int, ...]
    states: bytes

    @classmethod
    def of(cls, last: Mapping[int, int]) -> Changed:
        """The last byte of each place."""
        return cls(tuple(last), bytes(last.values()))


class Recent(NamedTuple):
    """A step of the grid, and when it was taken."""

    version: int
    at: datetime
    changed: Changed


class Grid:
    """The bytes of a backfill as of the last step that it was told of, and the steps that led there."""

    def __init__(self, matrix: Matrix, states: bytearray, version: int) -> None:
        self.matrix, self.states = matrix, states
        self.counts = counted(states)
        """By state; what was taken from view counts for nothing."""
        self.changed_at = version
        """The version of the last step that changed something."""
        self._floor = version + 1
        """Who has an older version may lack something that is not remembered.

        What was read may be of a later round than `version`, and that round then brings nothing new.
        """
        self._recent: deque[Recent] = deque()
        self._cells = 0

    def take(
        self, changes: Iterable[RunChanged], moved: Mapping[int, Sequence[int]], version: int, now: datetime
    ) -> Changed | None:
        """Take one step, which has touched these ordinals of runs.

        Answers what it changed, None where that is too much to be told.
        """
        last: dict[int, int] = {}
        for change in changes:
            last |= self.put(change)
            last |= {place: self.states[place] for place in self.matrix.places(change.run, moved.get(change.run, ()))}
        changed = Changed.of(last)
        if last:
            self.changed_at = version
            self._recent.append(Recent(version, now, changed))
            self._cells += len(last)
            self.forget(now)
        return changed if len(last) <= MOST_CELLS else None

    def put(self, change: RunChanged) -> dict[int, int]:
        """Have the bytes that a round says of a run; answers those that are others now, by place."""
        found: dict[int, int] = {}
        for begin, new in self.matrix.stretches(change):
            old = self.states[begin : begin + len(new)]
            if old != new:
                places = list(compress(count(), map(ne, old, new)))
                found |= {begin + place: new[place] for place in places}
                self._count((old[place] for place in places), -1)
                self._count((new[place] for place in places), 1)
                self.states[begin : begin + len(new)] = new
        return found

    def since(self, version: int) -> Changed | None:
        """What has changed after a version; None where that is not remembered."""
        if version < self._floor:
            return None
        last: dict[int, int] = {}
        for step in self._recent:
            if step.version > version:
                last |= zip(*step.changed, strict=True)
        return Changed.of(last)

    def forget(self, now: datetime) -> None:
        """Let go of steps that are older than is promised, or more than is allowed."""
        while self._recent and (self._recent[0].at <= now - KEPT or self._cells > MOST_CELLS):
            gone = self._recent.popleft()
            self._floor, self._cells = max(self._floor, gone.version), self._cells - len(gone.changed.places)

    def _count(self, states: Iterable[int], sign: int) -> None:
        for byte, times in Counter(states).items():
            if byte & STATE_MASK < len(State):
                self.counts[byte & STATE_MASK] += sign * times
