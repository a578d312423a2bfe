"""The plan of an accepted backfill, and what was changed of it."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.interfaces.amendment_view import AmendmentView, amendment_view
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.etags import IfNoneMatch, has
from backfilld.interfaces.http.queries import Id, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.plan_view import stored_plan_view
from backfilld.service.access import Scope

router = Router(tags=["backfills"], scope=Scope.READ)


class AmendmentList(TypedDict):
    """What was changed of a backfill, in order."""

    items: list[AmendmentView]


@router.get(
    "/backfills/{backfill}/plan",
    summary="Show the plan of a backfill",
    dependencies=[only()],
    response_model=dict[str, Any],
    responses={304: {"description": "The plan is the one that you have"}, **problems(404, 409)},
)
def plan(services: Served, backfill: Id, known: IfNoneMatch = None) -> Response:
    """Dates with their runs, tasks and edges, as amended by now; another plan has another `ETag`."""
    entry = services.views.entry(backfill)
    tag = f'"{entry.plan.hash}-{len(entry.hidden)}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if has(known, tag):
        return Response(status_code=304, headers=headers)
    return answer(stored_plan_view(entry), headers=headers)


@router.get(
    "/backfills/{backfill}/amendments",
    summary="List the amendments of a backfill",
    dependencies=[only()],
    response_model=AmendmentList,
    responses=problems(404),
)
def amendments(services: Served, backfill: Id) -> Response:
    """What was changed of it since it was accepted, in order."""
    stored = services.store.backfill(backfill)
    return answer({"items": list(map(amendment_view, stored.amendments))})
