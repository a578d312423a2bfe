"""Schedules: list, show, pause, resume, fire, and when each fires next."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.http.turns import brief
from backfilld.interfaces.schedule_view import (
    MomentView,
    ScheduleView,
    WholeScheduleView,
    moment_view,
    schedule_view,
    whole_schedule_view,
)
from backfilld.interfaces.views import OperationView, operation_view
from backfilld.service.access import Scope

router = Router(prefix="/schedules", tags=["schedules"], scope=Scope.READ)
MOST_MOMENTS = 1_000
Name = Annotated[str, Path(max_length=100, description="The schedule's name.")]
Count = Annotated[int, Query(ge=1, le=MOST_MOMENTS, description="How many moments.")]


class ScheduleList(TypedDict):
    """All schedules, in the order of their files."""

    items: list[ScheduleView]


class MomentList(TypedDict):
    """When it fires next, ascending; fewer than asked where time ends."""

    items: list[MomentView]


@router.get("", summary="List schedules", dependencies=[only()], response_model=ScheduleList, responses=problems())
@brief()
def list_schedules(services: Served) -> Response:
    """Each with its next and its latest firing."""
    return answer({"items": [schedule_view(each) for each in services.schedules.all()]})


@router.get(
    "/{name}",
    summary="Show a schedule",
    dependencies=[only()],
    response_model=WholeScheduleView,
    responses=problems(404),
)
@brief()
def show(services: Served, name: Name) -> Response:
    """What it asks for, and what became of its latest firings."""
    return answer(whole_schedule_view(services.schedules.one(name)))


@router.get(
    "/{name}/next",
    summary="When a schedule fires next",
    dependencies=[only("count")],
    response_model=MomentList,
    responses=problems(404),
)
def upcoming(services: Served, name: Name, count: Count = 5) -> Response:
    """The next moments in UTC and on its own clock, whether it is paused or not."""
    schedule, moments = services.schedules.next(name, count)
    return answer({"items": [moment_view(schedule, moment) for moment in moments]})


@router.post(
    "/{name}/pause",
    scope=Scope.OPERATE,
    summary="Pause a schedule",
    dependencies=[only()],
    response_model=ScheduleView,
    responses=problems(404),
)
def pause(services: Served, name: Name) -> Response:
    """Until it is resumed it does not fire, and what would have fired is not made up for."""
    return answer(schedule_view(services.schedules.pause(name)))


@router.post(
    "/{name}/resume",
    scope=Scope.OPERATE,
    summary="Resume a schedule",
    dependencies=[only()],
    response_model=ScheduleView,
    responses=problems(404),
)
def resume(services: Served, name: Name) -> Response:
    """It fires again when its next time comes."""
    return answer(schedule_view(services.schedules.resume(name)))


@router.post(
    "/{name}/fire",
    scope=Scope.OPERATE,
    summary="Fire a schedule now",
    dependencies=[only()],
    status_code=202,
    response_model=OperationView,
    responses=problems(404, 409),
)
def fire(services: Served, name: Name) -> Response:
    """Have its request accepted now, with dates counted from now; also while it is paused."""
    operation = services.schedules.fire(name)
    return answer(operation_view(operation), 202, {"Location": f"/v1/operations/{operation.id}"})
