"""What a task instance waits for directly, what waits for it, and its attempts."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.catalog.fields import LARGEST_ID
from backfilld.interfaces.attempt_view import AttemptView, attempt_view
from backfilld.interfaces.http.answers import answer, page_answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.instances import InstancePage
from backfilld.interfaces.http.queries import After, Id, Limit, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.http.turns import brief
from backfilld.interfaces.views import instance_view
from backfilld.service.access import Scope

router = Router(tags=["task instances"], scope=Scope.READ)


class AttemptList(TypedDict):
    """Every attempt of a task instance, by number."""

    items: list[AttemptView]


@router.get(
    "/task_instances/{instance}/upstream",
    summary="What a task instance waits for",
    dependencies=[only("after", "limit")],
    response_model=InstancePage,
    responses=problems(404, 409, 410),
)
def upstream(services: Served, instance: Id, after: After = None, limit: Limit = 100) -> Response:
    """What it waits for directly, with its state; also what the plan leaves out, and what that waits for."""
    return page_answer(services.neighbours.upstream(instance, after, limit), instance_view)


@router.get(
    "/task_instances/{instance}/downstream",
    summary="What waits for a task instance",
    dependencies=[only("after", "limit")],
    response_model=InstancePage,
    responses=problems(404, 409, 410),
)
def downstream(services: Served, instance: Id, after: After = None, limit: Limit = 100) -> Response:
    """What waits for it directly, with its state; also what the plan leaves out, and what waits for that."""
    return page_answer(services.neighbours.downstream(instance, after, limit), instance_view)


@router.get(
    "/task_instances/{instance}/attempts",
    summary="List the attempts of a task instance",
    dependencies=[only()],
    response_model=AttemptList,
    responses=problems(404, 410),
)
@brief(plan_of="instance")
def attempts(services: Served, instance: Id) -> Response:
    """Every start of it, by number."""
    return answer({"items": [attempt_view(each) for each in services.views.attempts(instance)]})


@router.get(
    "/task_instances/{instance}/attempts/{number}",
    summary="Show an attempt",
    dependencies=[only()],
    response_model=AttemptView,
    responses=problems(404, 410),
)
@brief(plan_of="instance")
def attempt(services: Served, instance: Id, number: Annotated[int, Path(ge=1, le=LARGEST_ID)]) -> Response:
    """One start of a task instance."""
    return answer(attempt_view(services.views.attempt(instance, number)))
