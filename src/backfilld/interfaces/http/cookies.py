"""The page's cookie: what it is called, how it is set, and which requests with it are the page's own."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Message, Scope, Send

from backfilld.errors import ProductError
from backfilld.service.sessions import LASTS, Session

PAGE = "X-Backfill-Page"
"""Has to be there with the value 1: no form and no other site's script can send it."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PORT = re.compile(r":(\d{1,5})$", re.ASCII)


class NotFromThePage(ProductError):
    """It is not the page that asks, and its cookie is for nobody else."""

    code = "forbidden"

    def __init__(self) -> None:
        super().__init__(f"only the page may ask so: from its own origin, with the header `{PAGE}: 1`")


def name_for(host: str) -> str:
    """What it is called under this `Host`: browsers share cookies between the ports of a host.

    >>> name_for("127.0.0.1:8732"), name_for("backfills.example.org")
    ('backfilld_8732', 'backfilld')
    """
    port = _PORT.search(host)
    return f"backfilld_{port[1]}" if port else "backfilld"


def word_of(scope: Scope) -> str | None:
    """The session's word that a request shows, if any."""
    asked = HTTPConnection(scope)
    return asked.cookies.get(name_for(asked.headers.get("host", "")))


def is_the_pages_own(scope: Scope) -> bool:
    """Whether a request comes from a page of this origin and not, with its cookie, from another's.

    A browser says so itself (Fetch Metadata), whatever host a proxy makes of ours; one that does not tells the origin.
    """
    headers = HTTPConnection(scope).headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    told_by_origin = origin is not None and _netloc(origin) == headers.get("host")
    return headers.get(PAGE) == "1" and (told_by_origin if site is None else site == "same-origin")


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


def keep(answer: Response, scope: Scope, session: Session) -> None:
    """Have the browser show the session's word with each request from the page, and no script read it."""
    _set(answer, scope, session.word, int(LASTS.total_seconds()))


def drop(answer: Response, scope: Scope) -> None:
    """Have the browser forget it."""
    _set(answer, scope, "", 0)


def for_them_alone(send: Send) -> Send:
    """The same, with answers that no cache shares, and that no page of another port takes for a script or a picture.

    For a token's header a cache knows that by itself; and browsers send cookies of a host to all of its ports.
    """

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Cache-Control", "no-store")
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
            headers.add_vary_header("Cookie")
        await send(message)

    return sent


def _set(answer: Response, scope: Scope, word: str, seconds: int) -> None:
    answer.set_cookie(
        name_for(HTTPConnection(scope).headers.get("host", "")),
        word,
        max_age=seconds,
        path=scope.get("root_path") or "/",
        secure=scope["scheme"] == "https",
        httponly=True,
        samesite="strict",
    )
