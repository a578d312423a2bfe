"""Why not yet: of a task instance, and of all that a backfill still has to do."""

from __future__ import annotations

from starlette.responses import Response

from backfilld.interfaces.explained import (
    ExplainedBackfillView,
    ExplainedView,
    explained_backfill_view,
    explained_view,
)
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import Id, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.http.turns import waiting
from backfilld.service.access import Scope

router = Router(tags=["explain"], scope=Scope.READ)


@router.get(
    "/task_instances/{instance}/explain",
    summary="Explain why a task instance does not run",
    dependencies=[only()],
    response_model=ExplainedView,
    responses=problems(404, 410),
)
@waiting
def explain(services: Served, instance: Id) -> Response:
    """The first thing that keeps it from starting, with the time where one is known; of an ended one, how it ended."""
    return answer(explained_view(services.explaining.instance(instance)))


@router.get(
    "/backfills/{backfill}/explain",
    summary="Explain what a backfill waits for",
    dependencies=[only()],
    response_model=ExplainedBackfillView,
    responses=problems(404),
)
@waiting
def explain_backfill(services: Served, backfill: Id) -> Response:
    """How many task instances wait for what, the most common reason first.

    Of very many ready instances some are looked at: then `at_least` says that there are more with one of these reasons.
    """
    return answer(explained_backfill_view(services.explaining.backfill(backfill)))
