"""Everybody who has a stream open: news are made into events once, and handed to each on the event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Annotated, NamedTuple, cast

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from backfilld.interfaces.http.events import event_of
from backfilld.interfaces.http.listeners import Listeners
from backfilld.service.access import Caller
from backfilld.service.feed import Feed, Subscription
from backfilld.service.news import Counts, News, Over, Resync

QUEUE = 64
"""Batches that wait for a slow client. Then they are dropped, and it is told to look anew."""
TOO_SLOW = "the client was too slow"


class Told(NamedTuple):
    """News, and the event that tells them."""

    news: News
    event: bytes


class Line:
    """One open stream. Of the event loop's thread alone."""

    def __init__(self, subscription: Subscription, caller: Caller) -> None:
        self.subscription, self.caller = subscription, caller
        self.version = 0
        """Of the last news that were handed to it."""
        self.over = False
        self._batches: deque[bytes] = deque()
        self._stirred = asyncio.Event()

    @property
    def idle(self) -> bool:
        """Whether no news can ever come."""
        return not self.subscription.backfills and not self.subscription.lists

    def take(self, news: Sequence[Told]) -> None:
        """Keep what it is to hear until it is sent."""
        if not news:
            return
        events = [each.event for each in news if self._hears(each.news)]
        self.version = news[-1].news.version
        if events:
            self._batches.append(b"".join(events))
            if len(self._batches) > QUEUE:
                self._start_over()
        self.over = self.over or isinstance(news[-1].news, Over)
        if events or self.over:
            self._stirred.set()

    def sent(self) -> list[bytes]:
        """What waits to be sent, which is sent now."""
        batches, self._batches = self._batches, deque()
        self._stirred.clear()
        return list(batches)

    async def wait(self, until: float) -> None:
        """Until there is something to send, or a moment of the loop's clock."""
        try:
            async with asyncio.timeout_at(until):
                await self._stirred.wait()
        except TimeoutError:
            return

    def end(self) -> None:
        """Send nothing more."""
        self.over = True
        self._stirred.set()

    def _hears(self, news: News) -> bool:
        match news:
            case Over():
                return False
            case Counts():
                return self.subscription.lists and self.caller.sees(news.project)
            case Resync(backfill=None):
                return self.subscription.lists
            case _:
                return news.backfill in self.subscription.backfills

    def _start_over(self) -> None:
        about = (*sorted(self.subscription.backfills), *([None] if self.subscription.lists else []))
        self._batches.clear()
        self._batches.append(b"".join(event_of(Resync(each, self.version, TOO_SLOW)) for each in about))


class Hub:
    """Hands out what the feed tells. `open` and `close` are the event loop's."""

    def __init__(self, feed: Feed, listeners: Listeners) -> None:
        self._feed, self._listeners = feed, listeners
        self._followed: dict[Line, int] = {}
        """Every open line, and what it counts for."""
        self._lines: dict[Line, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(
        self,
        caller: Caller,
        backfills: Iterable[int] = (),
        *,
        lists: bool = False,
        since: int | None = None,
        followed: int = 1,
    ) -> Line:
        """A line that has heard how it stands, and what has happened since a version; to be closed.

        `followed` is how many streams and logs go through it. Raises `TooManyStreams`, and as `Feed.subscribe` does.
        """
        self._loop = asyncio.get_running_loop()
        self._listeners.come(caller, followed)
        line = Line(Subscription(frozenset(backfills), lists, self.tell), caller)
        self._followed[line] = followed
        try:
            await run_in_threadpool(self._feed.subscribe, line.subscription, since, partial(self._to, line))
        except BaseException:
            self.close(line)
            raise
        return line

    def close(self, line: Line) -> None:
        """Its client has gone."""
        line.end()
        self._listeners.go(line.caller, self._followed.pop(line, 0))
        self._lines.pop(line, None)
        self._feed.unsubscribe(line.subscription)

    def tell(self, news: Sequence[News]) -> None:
        """Any thread: everybody hears these next."""
        self._call(self._hand_out, told(news))

    def _to(self, line: Line, version: int, news: Sequence[News]) -> None:
        """Any thread: one of them hears these next, and from then on what everybody hears."""
        self._call(self._begin, line, version, told(news))

    def _begin(self, line: Line, version: int, first: Sequence[Told]) -> None:
        if not line.over:
            line.version = version
            self._lines[line] = None
            line.take(first)

    def _hand_out(self, news: Sequence[Told]) -> None:
        for line in self._lines:
            line.take(news)

    def _call(self, take: Callable[..., None], *given: object) -> None:
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(take, *given)


async def hub_of(request: Request) -> Hub:
    """The hub of the app that was asked."""
    return cast(Hub, request.app.state.hub)


Hubs = Annotated[Hub, Depends(hub_of)]


def told(news: Iterable[News]) -> list[Told]:
    """News, and their events."""
    return [Told(each, event_of(each)) for each in news]
