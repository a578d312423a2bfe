"""News as server-sent events, each made once for everybody who is told."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from backfilld.interfaces.views import counts_view
from backfilld.service.news import Counts, Delta, News, Over, Resync, Status

PING = KEEPALIVE_COMMENT


def event_of(news: News) -> bytes:
    """One event; nothing of `Over`, which ends the stream.

    `delta`: the bytes at `index` are `state` now (see `Matrix`), and so many instances are in each state. `status`: the
    backfill's word. `counts`: how a backfill of the list stands. `resync`: look at the backfill anew, or at the list if
    it is null.
    """
    match news:
        case Delta():
            places, states = news.changed
            cells = {"index": places, "state": list(states), "counts": counts_view(news.counts)}
            return event("delta", {"backfill": news.backfill, "version": news.version, **cells})
        case Status():
            return event("status", {"backfill": news.backfill, "version": news.version, "status": news.word})
        case Counts():
            stands = {"status": news.word, "counts": counts_view(news.counts), "runs": dict(news.runs)}
            return event("counts", {"backfill": news.backfill, "version": news.version, **stands})
        case Resync():
            return event("resync", {"backfill": news.backfill, "version": news.version, "reason": news.reason})
        case Over():
            return b""


def event(name: str, data: Mapping[str, object]) -> bytes:
    """An event of one line of JSON."""
    return format_sse_event(event=name, data_str=json.dumps(data, separators=(",", ":")))


def id_of(place: object) -> bytes:
    """What a client that comes back will say: an id, and no event."""
    return format_sse_event(id=str(place))
