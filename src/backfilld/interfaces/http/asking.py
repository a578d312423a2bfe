"""The request that is being answered, known by its id wherever something of it is told: answers, errors, log lines."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)
HEADER = "X-Request-Id"
_RAW = HEADER.lower().encode()
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by whoever supervises: told at the level `debug` alone."""


@dataclass(slots=True)
class Asking:
    """A request under way: its id, and its caller once the gate knows."""

    id: str
    caller: str | None = None


_NOW: ContextVar[Asking | None] = ContextVar("asking", default=None)


def now_asking() -> Asking | None:
    """The request that this task or thread answers, if any."""
    return _NOW.get()


def known_as(caller: str) -> None:
    """The gate has found out who asks."""
    if asking := _NOW.get():
        asking.caller = caller


class RequestLog:
    """Gives each request an id, its caller's own where that is well-formed, and logs one line when its answer is over.

    The answer has the id too. The line has no query and no header: nobody's token comes into a log.
    """

    def __init__(self, app: ASGIApp, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._app, self._stopwatch = app, stopwatch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and tell."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asking, began, status = Asking(_id_of(scope)), self._stopwatch(), 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (_RAW, asking.id.encode())]
            await send(message)

        _NOW.set(asking)
        try:
            await self._app(scope, receive, told)
        finally:
            _tell(scope, status, self._stopwatch() - began)


def _id_of(scope: Scope) -> str:
    given = [value for name, value in scope["headers"] if name == _RAW]
    return given[0].decode() if len(given) == 1 and _WELL_FORMED.fullmatch(given[0]) else str(uuid4())


def path_of(scope: Scope) -> str:
    """As it was sent, percent signs and all: what it decodes to may hold an end of line."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("ascii", "backslashreplace")


def _tell(scope: Scope, status: int, seconds: float) -> None:
    """One line; a status of 0 says that nobody was left to be answered."""
    level = logging.DEBUG if scope["path"] in QUIET else logging.INFO
    if log.isEnabledFor(level):
        client, ms = scope.get("client"), round(seconds * 1000, 1)
        told = {"method": scope["method"], "path": path_of(scope), "status": status, "ms": ms}
        told["address"] = client[0] if client else None
        log.log(level, "%s %s: %d in %s ms", told["method"], told["path"], status, ms, extra=told)
