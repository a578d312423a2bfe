"""Bulk operations: the acceptance of a backfill, or an act on many items, in one of three forms."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from backfilld.errors import NotFound
from backfilld.interfaces.http.doors.cloudflare.places import ACCOUNT, project_of, result
from backfilld.interfaces.http.doors.rest import Asked, endpoint
from backfilld.interfaces.vendors.cloudflare.rendering import Json, operation
from backfilld.service.access import Scope


def show_operation(asked: Asked) -> Response:
    """How far it is; its id may have hyphens or none, and is told as it was asked for."""
    asked.query()
    name, project = asked.path["operation"], project_of(asked).id
    try:
        number = str(UUID(name))
    except ValueError:
        raise NotFound("operation", name) from None
    try:
        return result(_acceptance(asked, name, number, project))
    except NotFound:
        return result(_act(asked, name, number, project))


def _acceptance(asked: Asked, name: str, number: str, project: int) -> Json:
    found = asked.services.store.operation(number)
    if asked.services.store.backfill(found.backfill).project != project:
        raise NotFound("operation", name)
    return operation(name, found.status.value, found.completed_at, found.error)


def _act(asked: Asked, name: str, number: str, project: int) -> Json:
    found = asked.services.bulk.act(number)
    if found.project != project:
        raise NotFound("operation", name)
    return operation(name, found.status, found.completed_at, found.error)


ROUTES = (endpoint("GET", f"{ACCOUNT}/rules/lists/bulk_operations/{{operation}}", show_operation, Scope.READ),)
