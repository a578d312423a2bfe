"""Connections that do not wait for ever: whoever sends or reads too slowly is let go."""

from __future__ import annotations

import asyncio
import logging
import resource
from enum import Enum
from typing import Any
from uuid import uuid4

from backfilld.daemon.hearing import Hearing
from backfilld.interfaces.http.asking import HEADER
from backfilld.interfaces.http.problems import problem

log = logging.getLogger(__name__)
LIBRARY = logging.getLogger(f"{__name__}.library")
LIBRARY.setLevel(logging.ERROR)  # it warns of what strangers send, as often as they like


AT_ONCE = 128
"""New connections that are accepted in one go, before any of them can be turned away."""
OTHER_FILES = 256 + 2 * AT_ONCE
"""Of those that the process may have open, how many are for these, and for the store, the tasks and their logs."""
TELL_AFTER = 60.0
"""Seconds for which it is not said again that somebody was turned away: they may come as often as they like."""


class Owed(Enum):
    """What a client has begun to send, and not ended."""

    HEAD = "head"
    BODY = "body"


class Connection(Hearing):
    """HTTP/1.1 with a limit to the time that each part of a request and of its answer may take."""

    most = 4_096
    """Connections at once; who comes then is not heard."""
    head_within = 10.0
    """Seconds that the head of a request may take from its first byte, or from the connection on."""
    body_within = 60.0
    """Seconds that its body may take."""
    read_within = 60.0
    """Seconds that an answer may lie unread when no more of it can be sent."""
    _told_at: float | None = None
    """When it was last said, of all connections, that one was turned away."""
    _owed: Owed | None = None
    _sent: asyncio.TimerHandle | None = None
    _read: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.logger = LIBRARY

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the library has it
        """Wait for a request; not for ever."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            self._turn_away()
            return
        self._expect(Owed.HEAD)

    def _turn_away(self) -> None:
        now, mine = self.loop.time(), type(self)
        if mine._told_at is None or now >= mine._told_at + TELL_AFTER:
            mine._told_at = now
            log.warning("%d connections are open: more are turned away", self.most)
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._expect(None)
        self._stop_reading_clock()
        super().connection_lost(exc)

    def _hear(self) -> None:
        """Take what has come, and wait for the rest of it from the time when its first byte came."""
        super()._hear()
        self._expect(self._owes())

    def on_message_complete(self) -> None:
        """The next has a time of its own, also one that came in one piece with the end of this."""
        self._expect(None)
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not read."""
        self._read = self.loop.call_later(self.read_within, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """It does again."""
        self._stop_reading_clock()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP, or its head is larger than any of ours."""
        self._refuse("invalid_http", "what came is no HTTP/1.1 request, or its head is larger than 16 KB")

    def _owes(self) -> Owed | None:
        if self._deaf or self._is_early():
            return None
        if self._in_body:
            return Owed.BODY
        return Owed.HEAD if self._silent or self.timeout_keep_alive_task is None else None

    def _expect(self, owed: Owed | None) -> None:
        """A drop now and then does not move the end of the time."""
        if owed is self._owed:
            return
        if self._sent is not None:
            self._sent.cancel()
        self._owed, self._sent = owed, None
        if owed is not None:
            seconds = self.head_within if owed is Owed.HEAD else self.body_within
            self._sent = self.loop.call_later(seconds, self._too_slow)

    def _too_slow(self) -> None:
        if self.transport.is_closing():
            return
        if self._owed is Owed.HEAD and self._silent:
            self._refuse("too_slow", "the head of the request did not come in time")
        else:
            self.transport.close()

    def _refuse(self, code: str, detail: str) -> None:
        """Say so where nothing was said yet, after what is still to be answered, and close."""
        if self._give_up():
            self.transport.close()
            return
        number = str(uuid4())
        answer = problem(code, detail, headers={HEADER: number}, members={"request_id": number})
        log.info("request %s from %s: %d, closed", number, self.client, answer.status_code)
        self._take(self._answer(self._refused(), keep_alive=False), answer)

    def _stop_reading_clock(self) -> None:
        if self._read is not None:
            self._read.cancel()
            self._read = None


def within(files: int) -> type[Connection]:
    """The protocol of a process that may have so many files open, as `getrlimit` says; clients do not get them all."""

    class Bounded(Connection):
        most = Connection.most if files == resource.RLIM_INFINITY else max(min(files - OTHER_FILES, Connection.most), 1)

    return Bounded
