"""Whoever waits for an answer that takes long, and may leave before it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class MayLeave:
    """The port's `Asker`, for every thread: `leave` is called once there is nobody to be answered any more."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._gone = False
        self._told: list[Callable[[], None]] = []

    @property
    def gone(self) -> bool:
        """Whether they have left."""
        return self._gone

    def leave(self) -> None:
        """Nobody waits for the answer any more."""
        with self._lock:
            self._gone, told = True, list(self._told)
        for tell in told:
            tell()

    @contextmanager
    def when_gone(self, tell: Callable[[], None]) -> Iterator[None]:
        """Within it `tell` is called as soon as they have left, at once if that was before."""
        with self._lock:
            self._told.append(tell)
            gone = self._gone
        try:
            if gone:
                tell()
            yield
        finally:
            with self._lock:
                self._told.remove(tell)


STAYS = MayLeave()
"""Whoever asks for themselves: the daemon."""
