"""Who looks takes turns: what is shown costs the processor, and threads that all want it keep the heartbeat from it.

A look at a few rows is made on the event loop itself: the way to a thread and back costs the heartbeat more than that.
"""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import update_wrapper
from inspect import Parameter, signature
from typing import Any, Literal, TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from backfilld.interfaces.http.checks import Handler
from backfilld.interfaces.http.services import Served, Services, narrowed

E = TypeVar("E", bound=Callable[..., Any])
AT_ONCE = 2
"""Python runs one thread at a time: with many that look, the one that starts tasks would be one of many."""

FEW = 100
"""Items that a page may have to be brief: milliseconds, in which nobody else is answered."""
PAGED = frozenset({"after", "limit"})
_REQUEST = Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request)


class Looks:
    """A place for each of the few that may look at once, in the order in which they came; of one app."""

    def __init__(self) -> None:
        self.places = Semaphore(AT_ONCE)


def brief(*names: str, plan_of: Literal["backfill", "instance"] | None = None) -> Callable[[E], E]:
    """Says of an endpoint that it takes a few rows by their keys, if no other filter is asked for than these.

    `plan_of` is the parameter that tells whose plan it takes: to make that anew is no longer brief.
    """

    def marked(endpoint: E) -> E:
        endpoint.__dict__["brief"] = names, plan_of
        return endpoint

    return marked


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


def in_place(endpoint: Callable[..., Response]) -> Callable[..., Coroutine[Any, Any, Response]]:
    """What answers as a brief endpoint does: on the event loop if what is asked is brief, else in a thread, in turn."""
    names, plan_of = endpoint.__dict__["brief"]
    known = signature(endpoint, eval_str=True)
    asked_for = [each for each in known.parameters.values() if each.annotation != Served]
    filters = {each.name for each in asked_for if each.default is None} - PAGED - set(names)

    async def answered(request: Request, **asked: Any) -> Response:
        services = narrowed(request)
        if _is_brief(services, asked, filters, plan_of):
            return endpoint(services=services, **asked)
        async with turn(request, looks=True):
            return await run_in_threadpool(endpoint, services=services, **asked)

    update_wrapper(answered, endpoint)
    del answered.__dict__["__wrapped__"]  # who looks through it would take it for the endpoint, which is for threads
    answered.__dict__["__signature__"] = known.replace(parameters=[*asked_for, _REQUEST])
    return answered


def _is_brief(services: Services, asked: Mapping[str, Any], filters: Collection[str], plan_of: str | None) -> bool:
    plan = {} if plan_of is None else {plan_of: asked[plan_of]}
    few = asked.get("limit", 0) <= FEW and all(asked[name] is None for name in filters)
    return few and services.views.at_hand(**plan)
