"""How often somebody may ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

MOST_REMEMBERED = 10_000
"""Of those who were refused last: past that all are forgotten, which costs them a window at most."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Requests a second of one token and from one address, and wrong tokens a minute from one address."""

    token: int = 500
    address: int = 1_000
    guesses: int = 20


class Rates:
    """Counts, in sliding windows, who asked how often; on the event loop only, and forgotten with the process.

    A window is two counters: one that kept the moment of each request would look through them all, in another thread,
    whenever somebody asks.

    The library counts by the clock on the wall. Where that is set back, its windows would stay shut for as long; but
    whoever got nothing through for a whole window has room, and is let through.
    """

    def __init__(self, limits: RateLimits, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._window = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._token = RateLimitItemPerSecond(limits.token)
        self._address = RateLimitItemPerSecond(limits.address)
        self._guesses = RateLimitItemPerMinute(limits.guesses)
        self._stopwatch = stopwatch
        self._shut: dict[tuple[str, str], float] = {}
        """Since when nothing got through, of those who asked and were refused last."""

    async def asked(self, token: str, address: str) -> int:
        """Count a request with a good token; answers after how many seconds to ask again, 0 for as many as wanted."""
        return await self._count(self._token, "token", token) or await self._count(self._address, "address", address)

    async def guessed(self, address: str) -> int:
        """Count a token that is good for nothing; answers as `asked` does, whom it is never in the way of."""
        return await self._count(self._guesses, "guesses", address)

    async def _count(self, limit: RateLimitItem, kind: str, who: str) -> int:
        if await self._window.hit(limit, kind, who) or await self._has_room(limit, kind, who):
            self._shut.pop((kind, who), None)
            return 0
        return limit.get_expiry()

    async def _has_room(self, limit: RateLimitItem, kind: str, who: str) -> bool:
        if len(self._shut) > MOST_REMEMBERED:
            self._shut.clear()
        now = self._stopwatch()
        if now - self._shut.setdefault((kind, who), now) < limit.get_expiry():
            return False
        await self._window.clear(limit, kind, who)
        return await self._window.hit(limit, kind, who)
