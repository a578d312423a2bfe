"""What a task instance's attempts have written, by byte range."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header
from starlette.responses import Response, StreamingResponse

from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import Id, Number, only
from backfilld.interfaces.http.ranges import ByteRange, range_of
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.ports import Executor, LogPart
from backfilld.service.access import Scope
from backfilld.service.logs import BLOCK, blocks

router = Router(tags=["task instances"], scope=Scope.READ)
MEDIA_TYPE = "text/plain; charset=utf-8"
LARGEST_RANGE = 4 * 2**20
"""A longer range is answered in part, as RFC 9110 allows; `Content-Range` says how far."""
_TEXT = {"text/plain": {"schema": {"type": "string"}}}


@router.get(
    "/task_instances/{instance}/log",
    summary="Output of an attempt",
    dependencies=[only("attempt")],
    response_class=Response,
    responses={
        200: {"description": "The whole output", "content": _TEXT},
        206: {"description": "Bytes of the output; `Content-Range` says which", "content": _TEXT},
        416: {"description": "No byte of the output lies in the range"},
        **problems(404, 410, 422),
    },
)
def read_log(
    services: Served,
    instance: Id,
    attempt: Number = None,
    asked: Annotated[str | None, Header(alias="Range", description="bytes=a-b, bytes=a- or bytes=-n")] = None,
) -> Response:
    """Of the last attempt unless one is named.

    Offsets never change. Where `log_limit` has cut out the middle, `X-Log-Hole: start-end` tells the bytes that are
    not there (`end` excluded): the whole output is what is left, and a range ends before the hole or begins behind it.
    """
    name = services.views.attempt(instance, attempt).attempt
    wanted = range_of(asked)
    if wanted is None:
        return _whole(services.executor, name)
    part = services.executor.log(name, wanted.first, wanted.length(LARGEST_RANGE))
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
    if not data:
        return Response(b"", 416, _headers(part) | {"Content-Range": f"bytes */{part.size}"}, MEDIA_TYPE)
    content_range = f"bytes {part.offset}-{part.offset + len(data) - 1}/{part.size}"
    return Response(data, 206, _headers(part) | {"Content-Range": content_range}, MEDIA_TYPE)


def _headers(part: LogPart) -> dict[str, str]:
    headers = {"Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff"}
    return headers | ({"X-Log-Hole": f"{part.hole[0]}-{part.hole[1]}"} if part.hole else {})
