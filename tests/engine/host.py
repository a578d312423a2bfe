"""Where attempts run, naively: it does what it is told at once, and remembers every ending until it may forget it."""

from __future__ import annotations

from datetime import datetime

from backfilld.engine.events import AttemptEnded
from backfilld.engine.states import AttemptState

Key = tuple[int, int]
"""Instance and attempt."""


class Host:
    """Holds a daemon to what its tasks rely on: an attempt starts at most once, and never beside another."""

    def __init__(self) -> None:
        self.living: dict[int, int] = {}
        """Attempts with a process, by instance."""
        self.endings: dict[Key, AttemptEnded] = {}
        """Those that have ended, until their endings are durable elsewhere."""
        self._claimed: set[Key] = set()

    def launch(self, instance: int, attempt: int) -> None:
        """Start an attempt; one that was found never to have started never will."""
        assert (instance, attempt) not in self._claimed, "an attempt was started twice"
        assert instance not in self.living, "two attempts of one instance at once"
        self._claimed.add((instance, attempt))
        self.living[instance] = attempt

    def end(self, ended: AttemptEnded) -> None:
        """The process is gone; whether anybody hears of it is another matter."""
        assert self.living.pop(ended.instance) == ended.attempt
        self.endings[ended.instance, ended.attempt] = ended

    def reattach(self, instance: int, attempt: int, now: datetime) -> AttemptEnded | None:
        """What is known of an attempt: its ending, or that it never started; None while it lives."""
        if self.living.get(instance) == attempt:
            return None
        if (instance, attempt) not in self._claimed:
            self._claimed.add((instance, attempt))
            self.endings[instance, attempt] = AttemptEnded(instance, attempt, AttemptState.VOID, None, now)
        assert (instance, attempt) in self.endings, "an ending was forgotten that was not durable"
        return self.endings[instance, attempt]

    def forget(self, instance: int, attempt: int) -> None:
        """The ending is durable elsewhere."""
        assert self.endings.pop((instance, attempt), None) is not None, "an ending was forgotten twice"
