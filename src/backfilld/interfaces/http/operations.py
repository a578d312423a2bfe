"""Operations: how far an acceptance, or an act on many items, is."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path
from starlette.responses import Response

from backfilld.errors import NotFound
from backfilld.interfaces.bulk_view import ActOperationView, act_operation_view
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.views import OperationView, operation_view
from backfilld.service.access import Scope

router = Router(tags=["operations"], scope=Scope.READ)


@router.get(
    "/operations/{operation}",
    summary="Show an operation",
    dependencies=[only()],
    response_model=OperationView | ActOperationView,
    responses=problems(404),
)
def show(services: Served, operation: Annotated[UUID, Path()]) -> Response:
    """How far an acceptance, or an act, is; `completed` once it has ended, `error` if it failed."""
    try:
        return answer(operation_view(services.store.operation(str(operation))))
    except NotFound:
        return answer(act_operation_view(services.bulk.act(str(operation))))
