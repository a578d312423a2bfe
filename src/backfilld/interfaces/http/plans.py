"""Previews: what a request would run. Nothing is written."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from backfilld.errors import PlanTooLarge
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.bodies import TAKES_PAYLOAD, JsonBody
from backfilld.interfaces.http.documented import REQUEST_BODY, problems
from backfilld.interfaces.http.queries import only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.plan_view import difference_view, plan_view
from backfilld.service.access import Scope

router = Router(tags=["plans"], scope=Scope.RUN)
MOST_INSTANCES = 100_000
"""More are not written out one by one."""


@router.post(
    "/plans",
    keys=None,
    summary="Preview a request",
    dependencies=[TAKES_PAYLOAD, only("instances", "grid", "against")],
    response_model=dict[str, Any],
    responses=problems(413),
    openapi_extra=REQUEST_BODY,
)
def preview(
    services: Served,
    document: JsonBody,
    instances: Annotated[bool, Query(description="Also each instance, with what it waits for.")] = False,
    grid: Annotated[bool, Query(description="Also how many instances each task has on each date.")] = False,
    against: Annotated[
        int | None, Query(ge=1, description="Also what has changed since the plan of this backfill.")
    ] = None,
) -> Response:
    """The plan of a request under the running catalog; errors in the plan are findings."""
    made = services.backfills.preview(document)
    if instances and made.plan.size > MOST_INSTANCES:
        raise PlanTooLarge("instances to write out", made.plan.size, MOST_INSTANCES)
    view = plan_view(made, instances=instances, grid=grid)
    if against is not None:
        view["difference"] = difference_view(against, services.backfills.changes_since(against, made))
    return answer(view)
