"""What any thread leaves for the one that works it off."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

N = TypeVar("N")


class Inbox(Generic[N]):
    """News in the order in which it came; `heard` is told of each, on the thread that leaves it."""

    def __init__(self, heard: Callable[[], None]) -> None:
        self._heard = heard
        self._news: SimpleQueue[N] = SimpleQueue()

    def put(self, news: N) -> None:
        """Leave something."""
        self._heard()
        self._news.put(news)

    def wait(self) -> list[N]:
        """All that is there, once there is anything."""
        found = [self._news.get()]
        try:
            while True:
                found.append(self._news.get_nowait())
        except Empty:
            return found
