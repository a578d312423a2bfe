"""Idempotency keys: what was done under one is answered as it was then, and not done again.

A caller's keys are his own. A refusal is not kept, as nothing was done: the same key may be sent again. What is done is
remembered in the transaction that does it, its answer right after: if the daemon ends in between, operations are
answered as they stand, and any other act with `answer_lost`.
"""

from __future__ import annotations

import json
import re
from asyncio import Lock
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Annotated
from weakref import WeakValueDictionary

from fastapi import Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from backfilld.errors import AnswerLost, Fault, InvalidRequest, StoreUnavailable
from backfilld.interfaces.http.access import CALLER, admitted
from backfilld.interfaces.http.bodies import body_of
from backfilld.interfaces.http.checks import Check, Handler
from backfilld.interfaces.http.services import Services, services_of
from backfilld.ports import IdempotencyKey, KeptAnswer

HEADER = "Idempotency-Key"
WORD = r"^[\x21-\x7e]+$"
LONGEST = 255
Key = Annotated[
    str | None,
    Header(
        alias=HEADER,
        min_length=1,
        max_length=LONGEST,
        pattern=WORD,
        description="A word of yours for this request: sent again with it, it is answered as it was then.",
    ),
]


@dataclass(frozen=True, slots=True)
class TakesKey:
    """That a route takes a key."""

    async def __call__(self, request: Request, key: Key = None) -> None:
        """Raise `InvalidRequest` for several."""
        if len(given := request.headers.getlist(HEADER)) > 1:
            raise InvalidRequest([Fault(f"header.{HEADER}", f"{len(given)} values", "one value")])


@dataclass(frozen=True, slots=True)
class RefusesKey(Check):
    """That a route takes none, as its answer must be kept nowhere."""

    def __call__(self, request: Request) -> None:
        """Raise `InvalidRequest` for any."""
        if given := request.headers.getlist(HEADER):
            raise InvalidRequest([Fault(f"header.{HEADER}", given[0], "none: the answer has a secret, kept nowhere")])


class Turns:
    """One request at a time under a key; others wait for its answer."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[str, str], Lock] = WeakValueDictionary()

    def of(self, key: IdempotencyKey) -> Lock:
        """The lock of a key, as long as anybody holds it."""
        return self._locks.setdefault((key.caller, key.key), Lock())


def once_only(handle: Handler) -> Handler:
    """The same handler, for callers that may ask, which does nothing twice under one key."""

    async def answered(request: Request) -> Response:
        if (word := _word(request)) is None:
            return await handle(request)
        caller, body = admitted(request), await body_of(request)
        key = IdempotencyKey(caller.name, word, await run_in_threadpool(_digest, request, body))
        services = await services_of(request)
        async with request.app.state.turns.of(key):
            if known := await run_in_threadpool(_known, services, key):
                return known
            request.scope[CALLER] = replace(caller, once=key)
            response = await handle(request)
            await run_in_threadpool(_keep, services, key, response)
        return response

    return answered


def _word(request: Request) -> str | None:
    """The one key that is given; None without, or for what the route will refuse."""
    given = request.headers.getlist(HEADER)
    return given[0] if len(given) == 1 and len(given[0]) <= LONGEST and re.match(WORD, given[0]) else None


def _digest(request: Request, body: bytes) -> str:
    """The same for the same value, however it is written."""
    try:
        said = json.dumps(json.loads(body), sort_keys=True).encode()
    except (ValueError, RecursionError):
        said = body
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return sha256(asked + said).hexdigest()


def _known(services: Services, key: IdempotencyKey) -> Response | None:
    """What was answered under the key; None where nothing was done, or where it can be told again what was accepted."""
    used = services.keys.used(key)
    if used is None or (used.answer is None and used.operations):
        return None
    if used.answer is None:
        raise AnswerLost(key.key, used.at)
    headers = {"Idempotent-Replayed": "true"}
    if used.answer.location is not None:
        headers["Location"] = used.answer.location
    return Response(used.answer.body, used.answer.status, headers, used.answer.media_type)


def _keep(services: Services, key: IdempotencyKey, response: Response) -> None:
    """A store in trouble keeps nothing: what was done is remembered already, and is not done again."""
    headers = response.headers
    answer = KeptAnswer(
        response.status_code, headers.get("content-type"), headers.get("location"), bytes(response.body)
    )
    try:
        services.keys.keep_answer(key, answer, services.ticker.clock.now())
    except StoreUnavailable:
        return
