"""Operations: how far an acceptance, or an act on many items, is."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.errors import NotFound
from backfilld.interfaces.bulk_view import ActOperationView, act_operation_view
from backfilld.interfaces.http.answers import answer, page_answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import After, Limit, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.http.turns import brief
from backfilld.interfaces.views import OperationView, operation_view
from backfilld.service.access import Scope

router = Router(tags=["operations"], scope=Scope.READ)


class OperationPage(TypedDict):
    """Some operations of one kind, and what to ask for as `after` to go on; null at the end."""

    items: list[OperationView] | list[ActOperationView]
    next: int | None


@router.get(
    "/operations",
    summary="List operations",
    dependencies=[only("kind", "after", "limit")],
    response_model=OperationPage,
    responses=problems(),
)
def list_operations(
    services: Served,
    kind: Annotated[
        Literal["acceptance", "act"], Query(description="Of backfills, or acts on many items.")
    ] = "acceptance",
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """How far the acceptance of each backfill, or each act on many items, is, the newest first."""
    if kind == "act":
        return page_answer(services.bulk.acts(after, limit), act_operation_view)
    return page_answer(services.store.operations(after, limit), operation_view)


@router.get(
    "/operations/{operation}",
    summary="Show an operation",
    dependencies=[only()],
    response_model=OperationView | ActOperationView,
    responses=problems(404),
)
@brief()
def show(services: Served, operation: Annotated[UUID, Path()]) -> Response:
    """How far an acceptance, or an act, is; `completed` once it has ended, `error` if it failed."""
    try:
        return answer(operation_view(services.store.operation(str(operation))))
    except NotFound:
        return answer(act_operation_view(services.bulk.act(str(operation))))


@router.delete(
    "/operations/{operation}",
    summary="Stop an act",
    scope=Scope.OPERATE,
    dependencies=[only()],
    response_model=ActOperationView,
    responses=problems(404),
)
def stop(services: Served, operation: Annotated[UUID, Path()]) -> Response:
    """Do no more of an act on many items; what is decided stays. One that has ended stays as it is."""
    return answer(act_operation_view(services.bulk.stop(str(operation))))
