"""How much somebody may follow at once."""

from __future__ import annotations

from collections import Counter

from backfilld.errors import ProductError
from backfilld.interfaces.http.rates import RateLimits
from backfilld.service.access import LOCAL, Caller


class TooManyStreams(ProductError):
    """Somebody who follows as much as they may wants to follow more."""

    code = "rate_limited"

    def __init__(self, who: str, most: int) -> None:
        super().__init__(f"this {who} may follow {most:,} streams and logs at once, no more")


class Listeners:
    """Counts streams and logs that are followed, by token and by address; on the event loop only.

    A log within a stream counts as one of its own: each is read again and again. Limits of None count nothing.
    """

    def __init__(self, limits: RateLimits | None) -> None:
        self._limits = limits
        self._open = Counter[tuple[str, str]]()

    def come(self, caller: Caller, many: int) -> None:
        """Somebody follows so many more; raises `TooManyStreams`, and counts none of them then."""
        if self._limits is None:
            return
        allowed = {"token": self._limits.token_streams, "address": self._limits.address_streams}
        for place in _places(caller):
            if self._open[place] + many > allowed[place[0]]:
                raise TooManyStreams(place[0], allowed[place[0]])
        self._open.update(dict.fromkeys(_places(caller), many))

    def go(self, caller: Caller, many: int) -> None:
        """They follow so many no more."""
        for place in _places(caller) if self._limits else ():
            self._open[place] -= many
            if not self._open[place]:
                del self._open[place]  # whoever was here once is not remembered


def _places(caller: Caller) -> tuple[tuple[str, str], ...]:
    return ("token", caller.token or LOCAL), ("address", caller.address)
