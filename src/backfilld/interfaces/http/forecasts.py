"""Forecasts: when it will be, and what would be if. Nothing is written."""

from __future__ import annotations

import re
from datetime import datetime, time
from itertools import product
from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from backfilld.catalog.models import RunPolicy
from backfilld.dates import aware
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.forecast_view import ForecastView, LatestView, forecast_view, latest_view
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.bodies import TAKES_PAYLOAD, JsonBody
from backfilld.interfaces.http.documented import REQUEST_BODY, problems
from backfilld.interfaces.http.queries import Id, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.http.staying import Client
from backfilld.interfaces.http.turns import waiting
from backfilld.ports import Variant
from backfilld.service.access import Scope

router = Router(tags=["forecasts"], scope=Scope.READ)
MOST_VARIANTS = 20
_WINDOW = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)
Parallelism = Annotated[
    list[Annotated[int, Field(ge=1, le=1000)]] | None,
    Query(description="What if so many dates were in flight; may be repeated."),
]
Windows = Annotated[
    list[str] | None,
    Query(description="What if all of it could start only in these hours, daily: `22:00-06:00`; may be repeated."),
]
Begin = Annotated[str | None, Query(alias="from", description="When it would be accepted; RFC 3339, left out: now.")]


@router.post(
    "/forecasts",
    keys=None,
    scope=Scope.RUN,
    summary="Forecast a request",
    dependencies=[TAKES_PAYLOAD, only("from", repeatable=("parallelism", "window"))],
    response_model=ForecastView,
    responses=problems(409, 413),
    openapi_extra=REQUEST_BODY,
)
def of_request(
    services: Served,
    document: JsonBody,
    client: Client,
    parallelism: Parallelism = None,
    window: Windows = None,
    begin: Begin = None,
) -> Response:
    """When a request would be done, a course for each parallelism with each window."""
    variants = variants_of(parallelism, window)
    return answer(forecast_view(services.forecasts.of_request(document, variants, _moment(begin), client)))


@router.get(
    "/backfills/{backfill}/forecast",
    summary="Forecast a backfill",
    dependencies=[only(repeatable=("parallelism", "window"))],
    response_model=ForecastView,
    responses=problems(404),
)
@waiting
def of_backfill(
    services: Served, backfill: Id, client: Client, parallelism: Parallelism = None, window: Windows = None
) -> Response:
    """When an open backfill will be done, from where it stands."""
    return answer(forecast_view(services.forecasts.of_backfill(backfill, variants_of(parallelism, window), client)))


@router.get(
    "/backfills/{backfill}/forecast/latest",
    summary="Show the latest forecast of a backfill",
    dependencies=[only()],
    response_model=LatestView,
    responses=problems(404),
)
def latest(services: Served, backfill: Id) -> Response:
    """What is known at once, some seconds old at times; a new one is made meanwhile."""
    return answer(latest_view(services.forecasts.latest(backfill)))


def variants_of(parallelism: list[int] | None, windows: list[str] | None) -> list[Variant]:
    """Each parallelism with each window; raises `InvalidRequest`."""
    found = [Variant(*pair) for pair in product(parallelism or (None,), map(_policy, windows or (None,)))]
    if len(found) > MOST_VARIANTS:
        raise InvalidRequest([Fault("query", f"{len(found)} variants", f"{MOST_VARIANTS} at most")])
    return found


def _policy(text: str | None) -> RunPolicy | None:
    """Through the last second before the end, as `20:00-08:00` is read by people."""
    if text is None:
        return None
    found = _WINDOW.fullmatch(text)
    start, end = found.groups() if found else ("", "")
    if start == end:
        raise InvalidRequest([Fault("query.window", text, "two different times HH:MM-HH:MM, such as 08:00-20:00")])
    return RunPolicy("Daily", time.fromisoformat(start), time.fromisoformat(end))


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return aware(datetime.fromisoformat(text))
    except ValueError:
        allowed = "a moment with a zone, such as 2024-03-01T20:00:00Z"
        raise InvalidRequest([Fault("query.from", text, allowed)]) from None
