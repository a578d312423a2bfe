"""How often somebody may ask."""

from __future__ import annotations

from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Requests a second of one token and from one address, and wrong tokens a minute from one address.

    Also how many streams and logs may be followed at once, with one token and from one address. What Datadog's clients
    may execute a minute, all together and from one address, and how many instances of a workflow wait at most, are that
    vendor's own limits.
    """

    token: int = 500
    address: int = 1_000
    guesses: int = 20
    token_streams: int = 200
    address_streams: int = 500
    executions: int = 200
    address_executions: int = 50
    waiting: int = 500

    @property
    def requests(self) -> int:
        """How often one token may ask from one address in a second."""
        return min(self.token, self.address)


class Rates:
    """Counts, in sliding windows, who asked how often; on the event loop only, and forgotten with the process.

    A window is two counters: one that kept the moment of each request would look through them all whenever somebody
    asks. Nor does a clock that is set back keep anybody out: its windows are others.
    """

    def __init__(self, limits: RateLimits) -> None:
        self._window, self.limits = SlidingWindowCounterRateLimiter(MemoryStorage()), limits
        self._token = RateLimitItemPerSecond(limits.token)
        self._address = RateLimitItemPerSecond(limits.address)
        self._guesses = RateLimitItemPerMinute(limits.guesses)

    async def asked(self, token: str, address: str) -> int:
        """Count a request with a good token; answers after how many seconds to ask again, 0 for as many as wanted."""
        return await self._count(self._token, "token", token) or await self._count(self._address, "address", address)

    async def came(self, address: str) -> int:
        """Count a request for what is open to everybody; answers as `asked` does."""
        return await self._count(self._address, "address", address)

    async def guessed(self, address: str) -> int:
        """Count a token that is good for nothing; answers as `asked` does, whom it is never in the way of."""
        return await self._count(self._guesses, "guesses", address)

    async def _count(self, limit: RateLimitItem, kind: str, who: str) -> int:
        return 0 if await self._window.hit(limit, kind, who) else limit.get_expiry()
