"""What a daemon has asked of a runner that may be away: kept until it is acknowledged, said again when it is back."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from threading import Condition

from backfilld.executors.wire import Call, launch_call
from backfilld.ports import LaunchSpec

SILENCE = 30.0
"""Seconds without an answer after which a runner that is connected is in trouble."""
BATCH = 50
"""Calls in one request: with many launches of large environments a request stays in the megabytes."""


class Outbox:
    """Calls in their order, and the attempts whose endings are still to come. Any thread.

    A call that was sent may have arrived or not; all of them are safe to repeat. After each connection the runner is
    asked about every attempt that it may know: so it need not keep news for a daemon that is gone.
    """

    def __init__(self) -> None:
        self._change = Condition()
        self._calls: deque[tuple[Call, frozenset[str]]] = deque()
        """Each with the attempts that it launches."""
        self._sent = 0
        """So many of the first calls were sent, and not acknowledged."""
        self._sent_at = 0.0
        self._open: set[str] = set()
        self._away: str | None = "the runner has not answered yet"
        self._closed = False

    def launch(self, specs: Sequence[LaunchSpec], epoch: int) -> None:
        """Ask to launch; the endings are to come."""
        names = frozenset(spec.attempt for spec in specs)
        with self._change:
            self._open |= names
        self.ask(launch_call(specs, epoch), names)

    def reattach(self, attempts: Iterable[str]) -> None:
        """Ask about attempts that an earlier daemon launched."""
        names = list(attempts)
        with self._change:
            self._open.update(names)
        self.ask(("reattach", names))

    def stop(self, attempts: Mapping[str, float]) -> None:
        """Ask to stop them; their endings are to come."""
        with self._change:
            self._open |= attempts.keys()
        self.ask(("stop", dict(attempts)))

    def ask(self, call: Call, launched: frozenset[str] = frozenset()) -> None:
        """Put a call behind the others."""
        with self._change:
            self._calls.append((call, launched))
            self._change.notify_all()

    def over(self, attempts: Iterable[str]) -> None:
        """Their endings have come."""
        with self._change:
            self._open.difference_update(attempts)

    def connected(self) -> None:
        """A runner listens: it hears what is not acknowledged, and is asked about what else it may know."""
        with self._change:
            fresh = {name for _, launched in list(self._calls)[self._sent :] for name in launched}
            self._calls = deque((self._still_meant(call), launched) for call, launched in self._calls)
            if known := self._open - fresh:
                self._calls.append((("reattach", sorted(known)), frozenset()))
            self._away = None
            self._change.notify_all()

    def _still_meant(self, call: Call) -> Call:
        """A stop of what has ended since would make the runner look for it in a slot that may be another's by now."""
        if call[0] != "stop":
            return call
        return "stop", {attempt: grace for attempt, grace in call[1].items() if attempt in self._open}

    def away(self, why: str) -> bool:
        """No runner listens; True if that is news."""
        with self._change:
            known, self._away = self._away, why
            self._change.notify_all()
            return known != why and not self._closed

    def trouble(self) -> str | None:
        """Why nothing can start at the moment."""
        with self._change:
            silent = time.monotonic() - self._sent_at
            if self._away is None and self._sent and silent > SILENCE:
                return f"the runner has not answered for {silent:.0f} s"
            return self._away

    def next(self) -> list[Call]:
        """Wait until there are calls and a runner, and take the first calls as sent; empty once closed."""
        with self._change:
            self._change.wait_for(lambda: self._closed or (self._calls and self._away is None))
            if self._closed:
                return []
            if not self._sent:
                self._sent_at = time.monotonic()
            batch = [call for call, _ in list(self._calls)[:BATCH]]
            self._sent = max(self._sent, len(batch))
            return batch

    def acknowledged(self, count: int) -> None:
        """So many of the first calls were done."""
        with self._change:
            for _ in range(count):
                self._calls.popleft()
            self._sent -= count
            self._change.notify_all()

    def pause(self, seconds: float) -> bool:
        """Wait so long, or until closed; True while open."""
        with self._change:
            return not self._change.wait_for(lambda: self._closed, seconds)

    def close(self, patience: float) -> None:
        """End, once a runner that is there has acknowledged all, or the patience is over."""
        with self._change:
            self._change.wait_for(lambda: not self._calls or self._away is not None, patience)
            self._closed = True
            self._change.notify_all()
