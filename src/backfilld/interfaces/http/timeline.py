"""When the dates of a backfill ran, and when they will."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query
from starlette.responses import Response

from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import After, Id, Limit, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.timeline_view import DateTimelineView, TimelineView, date_timeline_view, timeline_view
from backfilld.request.filters import Day
from backfilld.service.access import Scope
from backfilld.service.timeline import timeline
from backfilld.service.timeline_of_date import OfDate, timeline_of_date

router = Router(tags=["backfills"], scope=Scope.READ)


@router.get(
    "/backfills/{backfill}/timeline",
    summary="When its dates ran, and when they will",
    dependencies=[only("by", "from", "to")],
    response_model=TimelineView,
    responses=problems(403, 404, 409),
)
def show(
    services: Served,
    backfill: Id,
    by: Annotated[Literal["date"], Query(description="What has a row.")] = "date",
    first: Annotated[Day | None, Query(alias="from", description="The first business date.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="The last business date, included.")] = None,
) -> Response:
    """A row a date, or a week if there are more than 2,000; with the latest forecast, which is renewed meanwhile."""
    return answer(timeline_view(timeline(services.views, services.forecasts, backfill, first, last)))


@router.get(
    "/backfills/{backfill}/timeline/{day}",
    summary="When the tasks of a date ran",
    dependencies=[only("after", "limit")],
    response_model=DateTimelineView,
    responses=problems(403, 404, 409, 410),
)
def show_date(
    services: Served,
    backfill: Id,
    day: Annotated[Day, Path(description="A business date.")],
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """Its instances in the order of the plan, each with the times of its last 20 attempts; and the date as a row.

    A page may be shorter than `limit` and yet not the last: `next` says so.
    """
    asked = OfDate(backfill, day, after, limit)
    return answer(date_timeline_view(timeline_of_date(services.store, services.views, services.forecasts, asked)))
