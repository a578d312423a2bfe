"""The ledger: what became of each cycle."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.ledger_view import LedgerView, ledger_view
from backfilld.request.models import BusinessDate
from backfilld.service.access import Scope
from backfilld.service.question import Question

router = Router(tags=["ledger"], scope=Scope.READ)
MOST_TASKS = 1000
Home = Annotated[str | None, Query(description="An id or name; where names of tasks are looked up.")]


@router.get(
    "/ledger",
    summary="What became of each cycle",
    dependencies=[
        only("project", "workflow", "env_type", "start_biz_date", "end_biz_date", "upstream", repeatable=("task",))
    ],
    response_model=LedgerView,
    responses=problems(),
)
def ledger(
    services: Served,
    task: Annotated[list[str], Query(max_length=MOST_TASKS, description="Ids, names, or project/workflow/task.")],
    start_biz_date: BusinessDate,
    end_biz_date: BusinessDate,
    project: Home = None,
    workflow: Home = None,
    env_type: Literal["Prod", "Dev"] = "Prod",
    upstream: Annotated[bool, Query(description="Also all tasks upstream of these.")] = False,
) -> Response:
    """For every cycle of some tasks: never run, succeeded, failed, lost, running, or stale; at most 100,000 cycles.

    What an open run of a backfill has done is recorded when the run settles; until then `held_by` names the backfill.
    """
    question = Question(task, start_biz_date, end_biz_date, env_type, project, workflow, upstream)
    return answer(ledger_view(services.gaps.answer(question)))
