"""Previews: what a request would run. Nothing is written."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from backfilld.errors import PlanTooLarge
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.bodies import JsonBody
from backfilld.interfaces.http.documented import REQUEST_BODY, problems
from backfilld.interfaces.http.queries import only
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.plan_view import plan_view

router = APIRouter(tags=["plans"])
MOST_INSTANCES = 100_000
"""More are not written out one by one."""


@router.post(
    "/plans",
    summary="Preview a request",
    dependencies=[only("instances")],
    response_model=dict[str, Any],
    responses=problems(400, 413),
    openapi_extra=REQUEST_BODY,
)
def preview(
    services: Served,
    document: JsonBody,
    instances: Annotated[bool, Query(description="Also each instance, with what it waits for.")] = False,
) -> Response:
    """The plan of a request under the running catalog; errors in the plan are findings."""
    made = services.backfills.preview(document)
    if instances and made.plan.size > MOST_INSTANCES:
        raise PlanTooLarge("instances to write out", made.plan.size, MOST_INSTANCES)
    return answer(plan_view(made, instances=instances))
