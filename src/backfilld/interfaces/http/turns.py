"""Who looks takes turns: what is shown costs the processor, and threads that all want it keep the heartbeat from it."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, TypeVar

from fastapi import Request
from starlette.responses import Response

from backfilld.interfaces.http.checks import Handler

E = TypeVar("E", bound=Callable[..., Any])
AT_ONCE = 2
"""Python runs one thread at a time: with many that look, the one that starts tasks would be one of many."""


class Looks:
    """A place for each of the few that may look at once, in the order in which they came; of one app."""

    def __init__(self) -> None:
        self.places = Semaphore(AT_ONCE)


def waiting(endpoint: E) -> E:
    """Says of an endpoint that it waits for a helper, or for the heartbeat: it takes nobody's turn."""
    endpoint.__dict__["waits"] = True
    return endpoint


def turn(request: Request, *, looks: bool) -> AbstractAsyncContextManager[None]:
    """A place for a request, if it only looks; for one that does not there is nothing to wait for."""
    places: Semaphore = request.app.state.looks.places
    return places if looks else nullcontext()


def in_turn(handle: Handler, endpoint: Callable[..., Any]) -> Handler:
    """The same handler, which begins when its turn has come; an answer that is streamed goes on after it."""
    if getattr(endpoint, "waits", False):
        return handle

    async def answered(request: Request) -> Response:
        async with turn(request, looks=True):
            return await handle(request)

    return answered
