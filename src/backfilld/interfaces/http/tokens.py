"""Who is admitted: bearers of a valid token; to health and readiness everybody."""

from __future__ import annotations

from hmac import compare_digest

from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asked

from backfilld.interfaces.http.access import CALLER
from backfilld.interfaces.http.problems import problem
from backfilld.service.access import LOCAL, Caller, Scope

OPEN = frozenset({"/healthz", "/readyz"})
_SCHEME = b"bearer "


class TokenGate:
    """Lets nothing through without a token, known path or not; what comes through has its caller."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token.encode()

    async def __call__(self, scope: Asked, receive: Receive, send: Send) -> None:
        """Pass on, or answer 401."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
        elif (caller := self._caller(scope)) is not None:
            await self._app({**scope, CALLER: caller}, receive, send)
        else:
            answer = problem("unauthorized", "this needs the header `Authorization: Bearer <token>` with a valid token")
            await answer(scope, receive, send)

    def _caller(self, scope: Asked) -> Caller | None:
        shown = token_of(scope)
        if shown is None or not compare_digest(shown, self._token):
            return None
        return Caller(LOCAL, Scope.ADMIN, None, address_of(scope))


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
