"""Runs: the business dates of a backfill."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.interfaces.http.answers import answer, page_answer
from backfilld.interfaces.http.bodies import NoBody
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import After, Id, Limit, only
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.views import BackfillView, RunView, backfill_view, run_view

router = APIRouter(tags=["runs"])


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


@router.post(
    "/runs/{run}/cancel",
    summary="Cancel a run",
    dependencies=[only(), NoBody],
    response_model=BackfillView,
    responses=problems(400, 404, 413),
)
def cancel(services: Served, run: Id) -> Response:
    """End what is not ended of one business date; answers the whole backfill."""
    targets = services.operators.targets_of_run(run)
    services.operators.cancel(targets)
    return answer(backfill_view(services.views.backfill(targets.backfill)))


@router.post(
    "/runs/{run}/rerun",
    summary="Rerun a run from failure",
    dependencies=[only(), NoBody],
    response_model=BackfillView,
    responses=problems(400, 404, 413),
)
def rerun(services: Served, run: Id) -> Response:
    """Run again what failed, was lost or cancelled on one business date; answers the whole backfill."""
    targets = services.operators.targets_of_run(run)
    services.operators.rerun(targets)
    return answer(backfill_view(services.views.backfill(targets.backfill)))
