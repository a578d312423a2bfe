"""Who comes through a vendor's door: counted as everybody is."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import Scope as Asked

from backfilld.errors import ProductError
from backfilld.interfaces.http.access import CALLER
from backfilld.interfaces.http.asking import known_as
from backfilld.interfaces.http.gate import address_of
from backfilld.interfaces.http.rates import Rates
from backfilld.service.access import LOCAL, Caller
from backfilld.service.tokens import Tokens


class TooOften(ProductError):
    """A token, or an address, asks more often than it may, which is `most` times in so many `seconds`."""

    code = "rate_limited"

    def __init__(self, seconds: int, most: int) -> None:
        super().__init__(f"too many requests: ask again in {seconds} s")
        self.seconds, self.most = seconds, most


@dataclass(frozen=True, slots=True)
class Admission:
    """Where a door asks who somebody is, and says what it found."""

    tokens: Tokens
    rates: Rates | None

    async def welcome(self, scope: Asked, caller: Caller) -> None:
        """Count a request of somebody whose credentials were found good, and name them; raises `TooOften`."""
        known_as(caller.name)
        scope[CALLER] = caller
        if self.rates and (wait := await self.rates.asked(caller.token or LOCAL, caller.address)):
            raise TooOften(wait, self.rates.limits.requests)

    async def refuse(self, scope: Asked) -> None:
        """Count credentials that are good for nothing; raises `TooOften`."""
        if self.rates and (wait := await self.rates.guessed(address_of(scope))):
            raise TooOften(wait, self.rates.limits.guesses)
