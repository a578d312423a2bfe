"""Who is admitted: bearers of a valid token, and the page by its cookie, as often as they may; to health everybody."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asked

from backfilld.errors import Unsealable
from backfilld.interfaces.http.access import CALLER
from backfilld.interfaces.http.asking import known_as
from backfilld.interfaces.http.cookies import SAFE, NotFromThePage, for_them_alone, is_the_pages_own, word_of
from backfilld.interfaces.http.problems import problem
from backfilld.interfaces.http.rates import Rates
from backfilld.service.access import LOCAL, Caller
from backfilld.service.sessions import Sessions
from backfilld.service.tokens import Tokens

EVERY = frozenset[str]()
OPEN: Mapping[str, frozenset[str]] = {"/healthz": EVERY, "/readyz": EVERY, "/v1/session": frozenset({"POST", "DELETE"})}
"""What is answered without a token, by path, and for which methods; `EVERY` is for all."""
_SCHEME = b"bearer "


class _MadeUp(Exception):
    """A token that is good for nothing."""


class Gate:
    """Lets nothing through without a token, known path or not; what comes through has its caller."""

    def __init__(self, app: ASGIApp, tokens: Tokens, sessions: Sessions, rates: Rates | None) -> None:
        """Rates of None count nothing."""
        self._app, self._tokens, self._sessions, self._rates = app, tokens, sessions, rates

    async def __call__(self, scope: Asked, receive: Receive, send: Send) -> None:
        """Pass on, or answer 401, 403 or 429."""
        if scope["type"] == "lifespan" or is_open(scope["path"], scope.get("method", "")):
            return await self._app(scope, receive, send)
        found = await self._judged(scope)
        if isinstance(found, Caller):
            known_as(found.name)
            answered = send if shows_header(scope) else for_them_alone(send)
            return await self._app({**scope, CALLER: found}, receive, answered)
        return await found(scope, receive, send)

    async def _judged(self, scope: Asked) -> Caller | Response:
        """The token first: how often others guess must not keep out who has it."""
        address = address_of(scope)
        try:
            caller = self._known(scope, address)
        except (_MadeUp, Unsealable):
            return await not_admitted(self._rates, address)
        except NotFromThePage as error:
            return problem(error.code, str(error))
        if caller is None:
            return unauthorized()
        return await too_often(self._rates, caller) or caller

    def _known(self, scope: Asked, address: str) -> Caller | None:
        """By the header; where there is none by the page's cookie, with which only the page may change anything."""
        if shows_header(scope):
            shown = token_of(scope)
            caller = None if shown is None else self._tokens.admitted(shown, address)
            if shown is not None and caller is None:
                raise _MadeUp
            return caller
        word = word_of(scope)
        caller = None if word is None else self._sessions.caller(word, address)
        if caller is not None and scope["method"] not in SAFE and not is_the_pages_own(scope):
            raise NotFromThePage
        return caller


def shows_header(scope: Asked) -> bool:
    """Whether a request says by a header who asks: then a cookie is not looked at."""
    return any(name == b"authorization" for name, _ in scope["headers"])


def is_open(path: str, method: str) -> bool:
    """Whether it is answered to everybody.

    >>> is_open("/readyz", "HEAD"), is_open("/v1/session", "POST"), is_open("/v1/session", "GET")
    (True, True, False)
    """
    methods = OPEN.get(path)
    return methods is EVERY or (methods is not None and method in methods)


async def too_often(rates: Rates | None, caller: Caller) -> Response | None:
    """Count a request of somebody who was admitted; the answer if it is one too many."""
    wait = await rates.asked(caller.token or LOCAL, caller.address) if rates else 0
    return later(wait, "this token, or this address, asks too often") if wait else None


async def not_admitted(rates: Rates | None, address: str) -> Response:
    """Count a token, or a cookie, that is made up; the answer to it."""
    wait = await rates.guessed(address) if rates else 0
    return later(wait, "this address has shown too many tokens that are not valid") if wait else unauthorized()


def unauthorized() -> Response:
    """The answer to who has shown nothing that is good."""
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
