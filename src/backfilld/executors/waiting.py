"""One place to wait for descriptors, alarms and a call from another thread."""

from __future__ import annotations

import heapq
import itertools
import os
import select
import time
from collections.abc import Callable, Iterable, Iterator

Action = Callable[[], None]


class Waiter:
    """Waits without polling.

    One thread waits. Everything but waiting and waking is called under one lock, which is its users' own.
    """

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._call = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._actions: dict[int, Action] = {}
        self._alarms: list[tuple[float, int, Action]] = []
        self._order = itertools.count()
        self.watch(self._call, self._hear)

    def watch(self, descriptor: int, action: Action) -> None:
        """Do this whenever the descriptor is readable, or its other end closed."""
        self._actions[descriptor] = action
        self._poll.register(descriptor, select.EPOLLIN)

    def unwatch(self, descriptor: int) -> None:
        """No longer; the descriptor may then be closed."""
        if self._actions.pop(descriptor, None):
            self._poll.unregister(descriptor)

    def after(self, seconds: float, action: Action) -> None:
        """Do this once, that many seconds from now; wake the waiting thread if it is not the caller."""
        heapq.heappush(self._alarms, (time.monotonic() + seconds, next(self._order), action))

    def wake(self) -> None:
        """End a wait that is going on, or else the next one, at once."""
        os.eventfd_write(self._call, 1)

    def wait(self) -> list[int]:
        """Wait until there is something to do; the descriptors that are readable, for `actions`."""
        seconds = max(self._alarms[0][0] - time.monotonic(), 0) if self._alarms else -1
        return [descriptor for descriptor, _ in self._poll.poll(seconds)]

    def actions(self, readable: Iterable[int]) -> Iterator[Action]:
        """What to do for them, and for alarms that are due; an action may unwatch what comes after it."""
        for descriptor in readable:
            if action := self._actions.get(descriptor):
                yield action
        yield from self._due()

    def _due(self) -> list[Action]:
        now, due = time.monotonic(), []
        while self._alarms and self._alarms[0][0] <= now:
            due.append(heapq.heappop(self._alarms)[2])
        return due

    def _hear(self) -> None:
        os.eventfd_read(self._call)

    def close(self) -> None:
        """Close the descriptors."""
        self._poll.close()
        os.close(self._call)
