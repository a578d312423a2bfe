"""The page: one document wherever it has a view, and the files that it is made of. All open: there is no data in them.

What its build leaves lies beside this module; `src/web/` has the sources.
"""

from __future__ import annotations

import re
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from backfilld.interfaces.http.asking import path_of
from backfilld.interfaces.http.gate import address_of, later
from backfilld.interfaces.http.problems import problem
from backfilld.interfaces.http.rates import Rates
from backfilld.interfaces.web.policy import OF_THE_PAGE, headers

STATIC = Path(__file__).with_name("static")
METHODS = frozenset({"GET", "HEAD"})
VIEWS = frozenset({"/", "/login", "/new", "/catalog", "/capacity", "/schedules", "/audit"})
BACKFILLS = "/backfills/"
_FILE = re.compile(r"/(favicon\.svg|assets/[\w-]+(?:\.[\w-]+)*)", re.ASCII)
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
"""Said by us: what a host's table says of `.js` would decide whether a browser runs it."""
FOR_EVER = "public, max-age=31536000, immutable"
"""Of files whose names have a hash of what is in them."""
A_DAY = "public, max-age=86400"
_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>backfilld</title>
<h1>This backfilld has no page</h1>
<p>It was installed without (BACKFILLD_SKIP_WEB was set), or its page is being built anew.
Everything else is there: the command <code>backfill</code>, and the API under <code>/v1</code>.</p>
"""


class Page:
    """Answers what a browser asks for to show the page, whoever asks; everything else goes on to the daemon's doors."""

    def __init__(self, app: ASGIApp, rates: Rates | None, static: Path = STATIC) -> None:
        """Rates of None count nothing."""
        self._app, self._rates, self._static = app, rates, static

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] != "http" or scope["method"] not in METHODS or not is_of_the_page(scope["path"]):
            return await self._app(scope, receive, send)
        wait = await self._rates.came(address_of(scope)) if self._rates else 0
        answer = later(wait, "this address asks too often") if wait else await run_in_threadpool(self._answer, scope)
        return await answer(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        found = _FILE.fullmatch(scope["path"])
        return self._document(scope) if found is None else self._file(found[1], Headers(scope=scope))

    def _document(self, scope: Scope) -> Response:
        """The page itself, told where it stands: it has its files and the API from there."""
        said = headers(OF_THE_PAGE, "no-cache")
        try:
            text = (self._static / "index.html").read_text(encoding="utf-8")
        except FileNotFoundError:
            return HTMLResponse(_NOT_BUILT, 200, said)
        return HTMLResponse(text.replace("<head>", f'<head><base href="{way_up(path_of(scope))}">', 1), 200, said)

    def _file(self, name: str, asked: Headers) -> Response:
        """A file; as it was compressed when it was built, for who takes that."""
        file = self._static / name
        packed = file.with_name(f"{file.name}.gz")
        if file.suffix not in TYPES or not file.is_file():
            return problem("not_found", f"there is no GET /{name}")
        said = {**headers(OF_THE_PAGE, FOR_EVER if name.startswith("assets/") else A_DAY), "Vary": "Accept-Encoding"}
        if "gzip" in asked.get("accept-encoding", "") and packed.is_file():
            file, said = packed, {**said, "Content-Encoding": "gzip"}
        return FileResponse(file, 200, said, TYPES[(self._static / name).suffix])


def is_of_the_page(path: str) -> bool:
    """Whether what stands at a path is the page's: a view of it, or one of its files.

    >>> is_of_the_page("/backfills/7/grid"), is_of_the_page("/v1/backfills"), is_of_the_page("/backfills")
    (True, False, False)
    """
    return path in VIEWS or path.startswith(BACKFILLS) or _FILE.fullmatch(path) is not None


def way_up(path: str) -> str:
    """From a path to where the daemon stands, as a URL relative to it: so a proxy may put us below any prefix.

    >>> way_up("/"), way_up("/login"), way_up("/backfills/7/i/2024-01-01/a%2Fb")
    ('./', './', '../../../../')
    """
    return "../" * (path.count("/") - 1) or "./"
