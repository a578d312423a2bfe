"""What a daemon has asked of a runner that may be away: kept until it is acknowledged, said again when it is back."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Condition

from backfilld.executors.unix_http import RunnerAway
from backfilld.executors.wire import Call, launch_call, line
from backfilld.ports import LaunchSpec

SILENCE = 30.0
"""Seconds without an acknowledgement after which a runner that is connected is in trouble."""
PIECE = 65536
"""Bytes after which what is said goes out; a launch with its payload may have more than a million."""


@dataclass(eq=False, slots=True)
class _Asked:
    """A call, the attempt that it launches if it does, and whether a runner may have seen it."""

    call: Call
    launches: str | None = None
    sent: bool = False


class Outbox:
    """Calls in their order, and the attempts whose endings are still to come. Any thread.

    A call that was sent may have arrived or not; all of them are safe to repeat. After each connection the runner is
    asked about every attempt that it may know: so it need not keep news for a daemon that is gone.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._change = Condition()
        self._calls: deque[_Asked] = deque()
        self._acknowledged = 0
        """How many calls of this connection were."""
        self._asked_at = 0.0
        self._open: set[str] = set()
        self._send: Callable[[bytes], None] | None = None
        self._away: str | None = "the runner has not answered yet"
        self._closed = False

    def launch(self, specs: Sequence[LaunchSpec], epoch: int) -> None:
        """Ask to launch; the endings are to come."""
        asked = [_Asked(launch_call(spec, epoch), spec.attempt) for spec in specs]
        self._ask(asked, [spec.attempt for spec in specs])

    def reattach(self, attempts: Iterable[str]) -> None:
        """Ask about attempts that an earlier daemon launched."""
        names = list(attempts)
        self._ask([_Asked(("reattach", names))], names)

    def stop(self, attempts: Mapping[str, float]) -> None:
        """Ask to stop them; their endings are to come."""
        self._ask([_Asked(("stop", dict(attempts)))], attempts)

    def forget(self, attempts: Iterable[str]) -> None:
        """Say that their endings are durable."""
        self._ask([_Asked(("forget", list(attempts)))])

    def _ask(self, asked: Sequence[_Asked], opened: Iterable[str] = ()) -> None:
        with self._change:
            self._open.update(opened)
            if not self._calls:
                self._asked_at = self._clock()
            self._calls.extend(asked)
            self._write(asked)

    def over(self, attempts: Iterable[str]) -> None:
        """Their endings have come."""
        with self._change:
            self._open.difference_update(attempts)

    def connected(self, send: Callable[[bytes], None]) -> None:
        """A runner listens: it hears what is not acknowledged, and is asked about what else it may know."""
        with self._change:
            fresh = {asked.launches for asked in self._calls if not asked.sent}
            for asked in self._calls:
                asked.call = self._still_meant(asked.call)
            if known := self._open - fresh:
                self._calls.append(_Asked(("reattach", sorted(known))))
            self._acknowledged, self._asked_at = 0, self._clock()
            self._send, self._away = send, None
            self._write(self._calls)

    def _still_meant(self, call: Call) -> Call:
        """A stop of what has ended since would make the runner look for it in a slot that may be another's by now."""
        if call[0] != "stop":
            return call
        return "stop", {attempt: grace for attempt, grace in call[1].items() if attempt in self._open}

    def _write(self, calls: Iterable[_Asked]) -> None:
        """Straight into the connection, where there is one: a hand-over to another thread costs more."""
        if self._send is None:
            return
        try:
            said = b""
            for asked in calls:
                asked.sent = True
                said += line(asked.call)
                if len(said) >= PIECE:
                    self._send(said)
                    said = b""
            if said:  # an empty piece would end the request
                self._send(said)
        except RunnerAway as error:
            self._send, self._away = None, str(error)

    def acknowledged(self, count: int) -> None:
        """So many calls of this connection were done."""
        with self._change:
            for _ in range(count - self._acknowledged):
                self._calls.popleft()
            self._acknowledged, self._asked_at = count, self._clock()
            self._change.notify_all()

    def away(self, why: str) -> bool:
        """No runner listens; True if that is news."""
        with self._change:
            known, self._send, self._away = self._away, None, why
            self._change.notify_all()
            return known != why and not self._closed

    def trouble(self) -> str | None:
        """Why nothing can start at the moment. Takes no lock: nobody waits here for a runner that does not read."""
        away, silent = self._away, self._clock() - self._asked_at
        if away is None and self._calls and silent > SILENCE:
            return f"the runner has not answered for {silent:.0f} s"
        return away

    def pause(self, seconds: float) -> bool:
        """Wait so long, or until closed; True while open."""
        with self._change:
            return not self._change.wait_for(lambda: self._closed, seconds)

    def close(self, patience: float) -> None:
        """End, once a runner that is there has acknowledged all, or the patience is over."""
        with self._change:
            self._change.wait_for(lambda: not self._calls or self._send is None, patience)
            self._closed = True
            self._change.notify_all()
