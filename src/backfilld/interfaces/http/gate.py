"""Who is admitted: bearers of a valid token, as often as they may ask; to health and readiness everybody."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asked

from backfilld.interfaces.http.access import CALLER
from backfilld.interfaces.http.asking import known_as
from backfilld.interfaces.http.problems import problem
from backfilld.interfaces.http.rates import Rates
from backfilld.service.access import LOCAL, Caller
from backfilld.service.tokens import Tokens

OPEN = frozenset({"/healthz", "/readyz"})
_SCHEME = b"bearer "


class Gate:
    """Lets nothing through without a token, known path or not; what comes through has its caller."""

    def __init__(self, app: ASGIApp, tokens: Tokens, rates: Rates | None) -> None:
        """Rates of None count nothing."""
        self._app, self._tokens, self._rates = app, tokens, rates

    async def __call__(self, scope: Asked, receive: Receive, send: Send) -> None:
        """Pass on, or answer 401 or 429."""
        if scope["type"] == "lifespan" or scope["path"] in OPEN:
            return await self._app(scope, receive, send)
        found = await self._judged(scope)
        if isinstance(found, Caller):
            known_as(found.name)
            return await self._app({**scope, CALLER: found}, receive, send)
        return await found(scope, receive, send)

    async def _judged(self, scope: Asked) -> Caller | Response:
        """The token first: how often others guess must not keep out who has it."""
        shown, address = token_of(scope), address_of(scope)
        caller = None if shown is None else self._tokens.admitted(shown, address)
        if caller is not None:
            wait = await self._rates.asked(caller.token or LOCAL, address) if self._rates else 0
            return later(wait, "this token, or this address, asks too often") if wait else caller
        wait = await self._rates.guessed(address) if self._rates and shown is not None else 0
        if wait:
            return later(wait, "this address has shown too many tokens that are not valid")
        return problem("unauthorized", "this needs the header `Authorization: Bearer <token>` with a valid token")


def token_of(scope: Asked) -> bytes | None:
    """What the request shows: one header of that name, with the right scheme."""
    shown = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(shown) != 1 or shown[0][: len(_SCHEME)].lower() != _SCHEME:
        return None
    return bytes(shown[0][len(_SCHEME) :].strip())


def address_of(scope: Asked) -> str:
    """From where a request comes: an address without its port."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def later(seconds: int, why: str) -> Response:
    """The answer to who asks too often."""
    return problem("rate_limited", why, headers={"Retry-After": str(seconds)})
