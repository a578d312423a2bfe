"""When something is due, for many things at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

K = TypeVar("K", int, tuple[int, int])

_SLACK = 64


class Alarms(Generic[K]):
    """One moment a key; setting it again replaces it. Entries that no longer count are dropped when they come up."""

    __slots__ = ("_heap", "live")

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, K]] = []
        self.live: dict[K, datetime] = {}

    def __contains__(self, key: K) -> bool:
        return key in self.live

    def set(self, key: K, moment: datetime) -> None:
        """Ring for `key` at `moment`, no longer at any other."""
        if self.live.get(key) == moment:
            return
        self.live[key] = moment
        heappush(self._heap, (moment, key))
        if len(self._heap) > 2 * len(self.live) + _SLACK:
            self._heap = [(due, each) for each, due in self.live.items()]
            heapify(self._heap)

    def drop(self, key: K) -> None:
        """Do not ring for `key`."""
        self.live.pop(key, None)

    def due(self, now: datetime) -> Iterator[K]:
        """Take every key whose moment has come, earliest first."""
        while (first := self.first()) is not None and first <= now:
            key = heappop(self._heap)[1]
            del self.live[key]
            yield key

    def first(self) -> datetime | None:
        """The earliest moment that counts."""
        heap = self._heap
        while heap and self.live.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None
