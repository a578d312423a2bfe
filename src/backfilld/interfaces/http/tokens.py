"""Who is admitted: bearers of the token; to health and readiness everybody."""

from __future__ import annotations

from hmac import compare_digest

from starlette.types import ASGIApp, Receive, Scope, Send

from backfilld.interfaces.http.problems import problem

OPEN = frozenset({"/healthz", "/readyz"})
_SCHEME = b"bearer "


class TokenGate:
    """Lets nothing through without the token, known path or not."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 401."""
        if scope["type"] != "http" or scope["path"] in OPEN or self._admits(scope):
            await self._app(scope, receive, send)
        else:
            answer = problem("unauthorized", "this needs the header `Authorization: Bearer <token>` with a valid token")
            await answer(scope, receive, send)

    def _admits(self, scope: Scope) -> bool:
        """One header of that name, the right scheme, the right token, compared in constant time."""
        shown = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(shown) != 1 or shown[0][: len(_SCHEME)].lower() != _SCHEME:
            return False
        return compare_digest(shown[0][len(_SCHEME) :].strip(), self._token)
