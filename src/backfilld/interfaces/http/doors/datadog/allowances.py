"""How often its clients may ask, which every answer tells them: they wait for `X-RateLimit-Reset` and nothing else."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from backfilld.errors import ProductError
from backfilld.interfaces.http.rates import RateLimits

MINUTE, REQUESTS = 60, "workflow_requests"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit, and after how many seconds it is whole again."""

    name: str
    limit: int
    period: int
    remaining: int
    reset: int

    @property
    def headers(self) -> Mapping[str, str]:
        """As they are sent."""
        told = {"Limit": self.limit, "Period": self.period, "Remaining": self.remaining, "Reset": self.reset}
        return {"X-RateLimit-Name": self.name, **{f"X-RateLimit-{key}": str(value) for key, value in told.items()}}


class Exceeded(ProductError):
    """Nothing is left of a limit."""

    code = "rate_limited"

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(f"nothing is left of {allowance.name}: ask again in {allowance.reset} s")
        self.allowance = allowance


@dataclass(frozen=True, slots=True)
class _Limit:
    name: str
    item: RateLimitItem


class Allowances:
    """Counts in windows that begin with the first request; on the event loop only, forgotten with the process.

    A minute has room for as many other requests as the door itself lets a token ask in its seconds.
    """

    def __init__(self, limits: RateLimits, clock: Callable[[], float] = time.time) -> None:
        self._window, self._clock, self.waiting = FixedWindowRateLimiter(MemoryStorage()), clock, limits.waiting
        self._executions = _Limit("workflow_executions", RateLimitItemPerMinute(limits.executions))
        self._source = _Limit("workflow_executions_by_source", RateLimitItemPerMinute(limits.address_executions))
        self._requests = _Limit(REQUESTS, RateLimitItemPerMinute(limits.requests * MINUTE))

    async def execution(self, address: str) -> Allowance:
        """Count an execution; the tighter of its two limits, or `Exceeded`."""
        found = [await self._taken(self._source, address), await self._taken(self._executions, "all")]
        return min(found, key=lambda each: each.remaining)

    async def request(self, address: str) -> Allowance:
        """Count any other request; raises `Exceeded`."""
        return await self._taken(self._requests, address)

    async def left(self, address: str) -> Allowance:
        """What is left of other requests, of which nothing is taken."""
        return await self._left(self._requests, address)

    async def _taken(self, limit: _Limit, who: str) -> Allowance:
        taken = await self._window.hit(limit.item, limit.name, who)
        left = await self._left(limit, who)
        if not taken:
            raise Exceeded(left)
        return left

    async def _left(self, limit: _Limit, who: str) -> Allowance:
        """A window that ends later than it can is one from before the clock was set back: it is forgotten."""
        stats, period = await self._window.get_window_stats(limit.item, limit.name, who), limit.item.get_expiry()
        reset = math.ceil(stats.reset_time - self._clock())
        if reset > period:
            await self._window.clear(limit.item, limit.name, who)
        return Allowance(limit.name, limit.item.amount, period, stats.remaining, min(max(reset, 1), period))
