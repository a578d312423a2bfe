"""What a task instance's attempts have written, by byte range."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated

from fastapi import Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from backfilld.catalog.fields import LARGEST_ID
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.http.access import Admitted
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.hub import Hubs, Line
from backfilld.interfaces.http.lasting import Lasting
from backfilld.interfaces.http.queries import Id, Number, only
from backfilld.interfaces.http.ranges import ByteRange, range_of
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.http.tails import PART, Tail
from backfilld.ports import Executor, LogPart
from backfilld.service.access import Scope
from backfilld.service.following import Following
from backfilld.service.logs import BLOCK, blocks

router = Router(tags=["task instances"], scope=Scope.READ)
MEDIA_TYPE = "text/plain; charset=utf-8"
LARGEST_RANGE = 4 * 2**20
"""A longer range is answered in part, as RFC 9110 allows; `Content-Range` says how far."""
FROM = "The offset to begin at, a negative one counts from the end"
LASTING = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
_TEXT = {"text/plain": {"schema": {"type": "string"}}}


@router.get(
    "/task_instances/{instance}/log",
    summary="Output of an attempt",
    dependencies=[only("attempt", "follow", "from")],
    response_class=Response,
    responses={
        200: {"description": "The whole output", "content": _TEXT},
        206: {"description": "Bytes of the output; `Content-Range` says which", "content": _TEXT},
        416: {"description": "No byte of the output lies in the range"},
        **problems(404, 410, 422),
    },
)
async def read_log(
    services: Served,
    caller: Admitted,
    hub: Hubs,
    instance: Id,
    attempt: Number = None,
    follow: Annotated[bool, Query(description="Go on as it grows, until the attempt has ended.")] = False,
    begin: Annotated[
        int | None, Query(alias="from", ge=-LARGEST_ID, le=LARGEST_ID, description=f"{FROM}; only with `follow`.")
    ] = None,
    asked: Annotated[str | None, Header(alias="Range", description="bytes=a-b, bytes=a- or bytes=-n")] = None,
) -> Response:
    """Of the last attempt unless one is named.

    Offsets never change. Where `log_limit` has cut out the middle, `X-Log-Hole: start-end` tells the bytes that are
    not there (`end` excluded): the whole output is what is left, and a range ends before the hole or begins behind it.
    """
    found = await run_in_threadpool(services.views.attempt, instance, attempt)
    if not follow:
        _refuse(begin, "query.from", "left out, or together with follow")
        return await run_in_threadpool(_read, services.executor, found.attempt, range_of(asked))
    _refuse(asked, "header.Range", "left out: what is followed begins where `from` says")
    again = partial(services.views.attempt, instance, found.number)
    tail = Tail(Following(services.executor, found, again, begin or 0))
    line = await hub.open(caller)
    written = _as_written(line, tail, partial(services.tokens.holds, caller))
    return Lasting(written, partial(hub.close, line), MEDIA_TYPE, LASTING)


async def _as_written(line: Line, tail: Tail, welcome: Callable[[], bool]) -> AsyncIterator[bytes]:
    """The output as it comes, until its end, the daemon's, or that of the caller's token."""
    clock = asyncio.get_running_loop().time
    while welcome() and not line.over and not tail.over:
        part = await tail.part(clock())
        if part and welcome():
            yield part.data
        if not tail.over and (part is None or len(part.data) < PART):
            await line.wait(tail.due)


def _refuse(given: object, path: str, allowed: str) -> None:
    if given is not None:
        raise InvalidRequest([Fault(path, str(given), allowed)])


def _read(executor: Executor, attempt: str, wanted: ByteRange | None) -> Response:
    if wanted is None:
        return _whole(executor, attempt)
    part = executor.log(attempt, wanted.first, wanted.length(LARGEST_RANGE))
    return _some(wanted, part)


def _whole(executor: Executor, attempt: str) -> Response:
    """A short output at once, a long one block by block as it is read."""
    part = executor.log(attempt, 0, BLOCK)
    if part.offset + len(part.data) >= part.size:
        return Response(part.data, 200, _headers(part), MEDIA_TYPE)
    return StreamingResponse(blocks(executor, attempt, part), 200, _headers(part), MEDIA_TYPE)


def _some(wanted: ByteRange, part: LogPart) -> Response:
    """The part of the range that there is, if any: a hole may have moved its beginning."""
    data = part.data
    if wanted.last is not None:
        data = data[: max(wanted.last + 1 - part.offset, 0)]
    if not part.size and wanted.first < 0 and wanted.last is None:  # RFC 9110 has it satisfied, which no 206 can say
        return Response(b"", 200, _headers(part), MEDIA_TYPE)
    if not data:
        return Response(b"", 416, _headers(part) | {"Content-Range": f"bytes */{part.size}"}, MEDIA_TYPE)
    content_range = f"bytes {part.offset}-{part.offset + len(data) - 1}/{part.size}"
    return Response(data, 206, _headers(part) | {"Content-Range": content_range}, MEDIA_TYPE)


def _headers(part: LogPart) -> dict[str, str]:
    headers = {"Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff"}
    return headers | ({"X-Log-Hole": f"{part.hole[0]}-{part.hole[1]}"} if part.hole else {})
