"""Runs: the business dates of a backfill."""

from __future__ import annotations

from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.interfaces.http.answers import answer, page_answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import (
    After,
    FirstDate,
    Id,
    LastDate,
    Limit,
    Number,
    ProjectRef,
    Words,
    only,
    words_of,
)
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.http.turns import brief
from backfilld.interfaces.views import RunView, run_view
from backfilld.ports import RunFilter
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
@brief()
def list_runs(services: Served, backfill: Id, after: After = None, limit: Limit = 100) -> Response:
    """The backfill's business dates, in run order."""
    return page_answer(services.views.runs(backfill, after, limit), run_view)


@router.get(
    "/runs",
    summary="List runs",
    dependencies=[
        only("backfill", "project", "start_biz_date", "end_biz_date", "after", "limit", repeatable=("state",))
    ],
    response_model=RunPage,
    responses=problems(),
)
@brief()
def list_all(
    services: Served,
    backfill: Number = None,
    project: ProjectRef = None,
    state: Words = None,
    first: FirstDate = None,
    last: LastDate = None,
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """Business dates of all backfills that pass, the newest numbers first.

    A page may be shorter than `limit` and yet not the last: `next` says so.
    """
    home, _ = services.catalogs.home(project, None)
    wanted = RunFilter(backfill, home, first, last)
    return page_answer(services.overall.runs(wanted, words_of(state), after, limit), run_view)


@router.get(
    "/runs/{run}",
    summary="Show a run",
    dependencies=[only()],
    response_model=RunView,
    responses=problems(404),
)
@brief()
def show(services: Served, run: Id) -> Response:
    """One business date of a backfill."""
    return answer(run_view(services.views.run(run)))
