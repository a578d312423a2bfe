"""One stream of server-sent events a client: what it looks at, as it changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Annotated

from fastapi import Header, Query
from fastapi.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from backfilld.interfaces.http.access import Admitted
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.events import PING, id_of
from backfilld.interfaces.http.hub import Hubs, Line
from backfilld.interfaces.http.lasting import Lasting
from backfilld.interfaces.http.queries import only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served, Services
from backfilld.interfaces.http.tails import TextTail
from backfilld.interfaces.http.topics import LogTopic, Place, Topics, place_of, topics_of
from backfilld.service.access import Scope
from backfilld.service.following import Following

router = Router(tags=["streams"], scope=Scope.READ)
PING_AFTER = 15.0
"""Seconds of silence after which a comment says that the stream lives."""
HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
_EVENTS = {"text/event-stream": {"schema": {"type": "string"}}}


@router.get(
    "/stream",
    summary="Follow what happens",
    dependencies=[only("topics")],
    response_class=Response,
    responses={
        200: {"description": "Server-sent events, until the client leaves", "content": _EVENTS},
        **problems(403, 404, 409),
    },
)
async def follow(
    services: Served,
    caller: Admitted,
    hub: Hubs,
    topics: Annotated[
        str,
        Query(
            max_length=2000,
            description="What to hear of, separated by commas: `list`, `backfill:{id}`, `log:{instance}/{attempt}`; "
            "behind the last `@{offset}` says from where, a negative one counts from the end.",
        ),
    ],
    last: Annotated[
        str | None,
        Header(alias="Last-Event-ID", max_length=1000, description="The last id that was heard: goes on from there."),
    ] = None,
) -> Response:
    """Events `status`, `delta`, `counts`, `log` and `resync`, several times a second at most, only when there is news.

    Who shows a backfill opens the stream first, then fetches its grid, and applies the deltas whose version is greater
    than the grid's. After a `resync`, which an amendment or a long absence brings, it fetches tasks and grid again.
    """
    wanted = topics_of(topics)
    place = place_of(last, wanted.logs)
    tails = await run_in_threadpool(_tails, services, wanted, place)
    line = await hub.open(
        caller,
        wanted.backfills,
        lists=wanted.lists,
        since=place.version if place else None,
        followed=1 + len(tails),
    )
    events = talk(line, tails, partial(services.tokens.holds, caller))
    return Lasting(events, partial(hub.close, line), EventSourceResponse.media_type, HEADERS)


async def talk(line: Line, tails: Sequence[TextTail], welcome: Callable[[], bool]) -> AsyncIterator[bytes]:
    """What a client is sent: all news since the last time at once, and behind it where to go on from.

    It ends when its token is no longer good, when the daemon ends, and when all that it follows are logs that ended.
    """
    clock = asyncio.get_running_loop().time
    heard_at: float | None = None
    going = list(tails)
    while welcome() and not line.over:
        events = [await tail.event(clock()) for tail in going if tail.due <= clock()]
        events += line.sent()  # last: the place is that of what is sent, and nothing may come between
        if not welcome():
            return
        if any(events) or heard_at is None:  # who breaks off before any news is to know where
            yield b"".join((*events, id_of(Place(line.version, tuple(tail.offset for tail in tails)))))
            heard_at = clock()
        elif clock() >= heard_at + PING_AFTER:
            yield PING
            heard_at = clock()
        going = [tail for tail in going if not tail.over]
        if line.idle and not going:
            return
        await line.wait(min([heard_at + PING_AFTER, *(tail.due for tail in going)]))


def _tails(services: Services, wanted: Topics, place: Place | None) -> list[TextTail]:
    """The logs, each from where the client broke off; raises as `Views` does, also for backfills."""
    for backfill in sorted(wanted.backfills):
        services.views.whole(backfill)
    offsets = place.offsets if place else tuple(each.offset for each in wanted.logs)
    return [_tail(services, *each) for each in zip(wanted.logs, offsets, strict=True)]


def _tail(services: Services, topic: LogTopic, offset: int) -> TextTail:
    again = partial(services.views.attempt, topic.instance, topic.attempt)
    return TextTail(topic, Following(services.executor, again(), again, offset))
