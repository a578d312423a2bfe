"""Alerts: what people were told, what waits to be sent, and a message to try a channel with."""

from __future__ import annotations

from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.catalog.documents import shown
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.alert_view import AlertView, TriedView, alert_view
from backfilld.interfaces.http.answers import answer, page_answer
from backfilld.interfaces.http.bodies import OptionsBody
from backfilld.interfaces.http.documented import body, problems
from backfilld.interfaces.http.queries import After, Limit, Number, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.service.access import Scope

router = Router(prefix="/alerts", tags=["alerts"], scope=Scope.READ)
_BODY = body(
    {
        "type": "object",
        "properties": {"channel": {"type": "string"}},
        "required": ["channel"],
        "additionalProperties": False,
    }
)


class AlertPage(TypedDict):
    """Some messages, the newest first, and what to ask for as `after` to go on; null at the end."""

    items: list[AlertView]
    next: int | None


@router.get(
    "",
    summary="List alerts",
    dependencies=[only("backfill", "after", "limit")],
    response_model=AlertPage,
    responses=problems(),
)
def alerts(services: Served, backfill: Number = None, after: After = None, limit: Limit = 50) -> Response:
    """Messages about one backfill or all, the newest first."""
    return page_answer(services.store.alerts(backfill, after, limit), alert_view)


@router.post(
    "/test",
    scope=Scope.ADMIN,
    summary="Try a channel",
    dependencies=[only()],
    response_model=TriedView,
    responses=problems(413),
    openapi_extra=_BODY,
)
def try_channel(services: Served, given: OptionsBody) -> Response:
    """Hand a message to a channel now, and say what came of it; the audit has who did it, the outbox nothing."""
    channel, channels = given.get("channel"), services.channels.names
    strange = [Fault(name, shown(given[name]), "no such field; only channel") for name in given if name != "channel"]
    if not isinstance(channel, str) or channel not in channels:
        there = ", ".join(sorted(channels)) or "there is none"
        strange.append(Fault("channel", shown(channel), f"a channel that is configured: {there}"))
    if strange or not isinstance(channel, str):
        raise InvalidRequest(strange)
    error = services.channels.tried(channel)
    return answer({"channel": channel, "accepted": error is None, "error": error})
