"""Logs that somebody follows: read on demand, a part at a time, seldom while nothing comes."""

from __future__ import annotations

import codecs

from starlette.concurrency import run_in_threadpool

from backfilld.errors import ProductError
from backfilld.interfaces.http.events import event
from backfilld.interfaces.http.topics import LogTopic
from backfilld.ports import LogPart
from backfilld.service.following import Following

PART = 64 * 1024
SOON, SELDOM = 0.1, 1.0
"""Seconds between two looks at an output: while it grows, and at most."""


class Tail:
    """One log that is followed. Before `due`, a moment of the loop's clock, nobody looks at it."""

    def __init__(self, following: Following) -> None:
        self.following = following
        self.due = 0.0
        self._pause = SOON

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.following.over

    async def part(self, now: float) -> LogPart | None:
        """What has come, if anything; a host that does not answer is asked again later."""
        try:
            found = await run_in_threadpool(self.following.more, PART)
        except ProductError:
            found = None
        self._pause = SOON if found else min(2 * self._pause, SELDOM)
        self.due = now + self._pause
        return found


class TextTail(Tail):
    """The same as events of a stream: text of whole characters, what is no UTF-8 replaced."""

    def __init__(self, topic: LogTopic, following: Following) -> None:
        super().__init__(following)
        self._topic = topic
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    @property
    def offset(self) -> int:
        """Up to where the output was told: a character that has come in part was not."""
        return self.following.offset - len(self._decoder.getstate()[0])

    async def event(self, now: float) -> bytes:
        """What has come, if anything; the last event says that nothing more will."""
        before, expected = self.offset, self.following.offset
        part = await self.part(now)
        if part and part.offset != expected:  # the end of the output was asked for, or there is a hole
            self._decoder.reset()
            before = part.offset
        text = self._decoder.decode(part.data if part else b"", self.over)
        if not text and not self.over:
            return b""
        about = {"instance": self._topic.instance, "attempt": self._topic.attempt}
        told = {"offset": before, "next": self.offset, "text": text, "end": self.over}
        return event("log", about | told)
