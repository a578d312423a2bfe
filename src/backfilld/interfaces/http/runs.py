"""Runs: the business dates of a backfill."""

from __future__ import annotations

from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.interfaces.http.answers import page_answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import After, Id, Limit, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.views import RunView, run_view
from backfilld.service.access import Scope

router = Router(tags=["runs"], scope=Scope.READ)


class RunPage(TypedDict):
    """Some runs in run order, and what to ask for as `after` to go on; null at the end."""

    items: list[RunView]
    next: int | None


@router.get(
    "/backfills/{backfill}/runs",
    summary="List the runs of a backfill",
    dependencies=[only("after", "limit")],
    response_model=RunPage,
    responses=problems(404),
)
def list_runs(services: Served, backfill: Id, after: After = None, limit: Limit = 100) -> Response:
    """The backfill's business dates, in run order."""
    return page_answer(services.views.runs(backfill, after, limit), run_view)
