"""A backfill as a matrix of dates and tasks: what its rows and bytes mean, the bytes, and their counts."""

from __future__ import annotations

import gzip
from typing import Annotated, Literal

from fastapi import Header, Query
from starlette.responses import Response

from backfilld.interfaces.grid_view import GridView, grid_view
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.etags import IfNoneMatch, has
from backfilld.interfaces.http.queries import Id, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.matrix_view import MatrixView, matrix_view
from backfilld.service.access import Scope
from backfilld.service.matrix import Matrix
from backfilld.service.news import Look

router = Router(tags=["backfills"], scope=Scope.READ)
FASTEST = 1
BYTES = "application/octet-stream"
Together = Annotated[
    Literal["week", "month", "quarter"] | None, Query(description="Counts of so many dates together, as JSON.")
]
Sharing = Annotated[
    Literal["layer", "workflow"] | None, Query(description="Counts of the tasks together that share this.")
]
_GRID = {BYTES: {"schema": {"type": "string", "format": "binary"}}, "application/json": {}}
_SAME = {"description": "It is still what you have"}


@router.get(
    "/backfills/{backfill}/tasks",
    summary="Tasks of a backfill, and where each instance lies in its grid",
    dependencies=[only()],
    response_model=MatrixView,
    responses={304: _SAME, **problems(403, 404, 409)},
)
def tasks(services: Served, backfill: Id, known: IfNoneMatch = None) -> Response:
    """The same for the whole life of a plan; an amendment makes another."""
    entry = services.views.whole(backfill)
    tag = f'"{Matrix(entry).tag}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    return Response(None, 304, headers) if has(known, tag) else answer(matrix_view(entry), 200, headers)


@router.get(
    "/backfills/{backfill}/grid",
    summary="The state of every instance",
    dependencies=[only("unit", "group")],
    response_model=GridView,
    responses={200: {"description": "The bytes, or with `unit` their counts", "content": _GRID}, 304: _SAME}
    | problems(403, 404, 409),
)
def grid(
    services: Served,
    backfill: Id,
    unit: Together = None,
    group: Sharing = None,
    known: IfNoneMatch = None,
    encoding: Annotated[str, Header(alias="Accept-Encoding", max_length=1000)] = "",
) -> Response:
    """One byte an instance, in the order that `tasks` tells.

    The low four bits are the state, in the order of `states` where counts are asked for, and 15 where it is not kept
    any more; the others are held (16), left out (32), stopping (64) and triggered (128).

    `X-Version` says up to which version of the stream's deltas it has everything, `X-Plan` is the `ETag` of the tasks
    that it goes with. At most a fifth of a second old while work goes on.
    """
    entry = services.views.whole(backfill)
    look = services.feed.look(backfill)
    headers = _headers(look)
    if has(known, headers["ETag"]):
        return Response(None, 304, headers)
    if unit or group:
        return answer(grid_view(entry, look, unit or "date", group), 200, headers)
    if "gzip" not in encoding:
        return Response(look.states, 200, headers, BYTES)
    return Response(gzip.compress(look.states, FASTEST, mtime=0), 200, headers | {"Content-Encoding": "gzip"}, BYTES)


def _headers(look: Look) -> dict[str, str]:
    return {
        "ETag": f'W/"{look.changed_at}"',  # the same bytes, deflated or not
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
        "X-Version": str(look.version),
        "X-Plan": f'"{look.tag}"',
    }
