"""Resource groups: slots, and who uses and waits for them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.http.turns import waiting
from backfilld.service.access import Scope
from backfilld.service.resource_groups import ShownGroup

router = Router(prefix="/resource_groups", tags=["resource groups"], scope=Scope.READ)


class HolderView(TypedDict):
    """A backfill, and how many slots it has."""

    backfill_id: int
    slots: int


class GroupView(TypedDict):
    """A resource group: `reserved` of its slots are for schedules alone; `waiting` instances lack nothing but one.

    `held_by` names the backfills that the token sees.
    """

    name: str
    slots: int
    reserved: int
    in_use: int
    waiting: int
    held_by: list[HolderView]


class GroupList(TypedDict):
    """All resource groups, by name."""

    items: list[GroupView]


@router.get("", summary="List resource groups", dependencies=[only()], response_model=GroupList, responses=problems())
@waiting
def list_groups(services: Served) -> Response:
    """Those of the settings; the counts are of all backfills."""
    return answer({"items": list(map(_view, services.groups.all()))})


@router.get(
    "/{name}",
    summary="Show a resource group",
    dependencies=[only()],
    response_model=GroupView,
    responses=problems(404),
)
@waiting
def show(services: Served, name: Annotated[str, Path(max_length=255, description="The group's name.")]) -> Response:
    """One of them."""
    return answer(_view(services.groups.one(name)))


def _view(group: ShownGroup) -> GroupView:
    return {
        "name": group.name,
        "slots": group.slots,
        "reserved": group.reserved,
        "in_use": group.in_use,
        "waiting": group.waiting,
        "held_by": [{"backfill_id": backfill, "slots": slots} for backfill, slots in group.held_by.items()],
    }
