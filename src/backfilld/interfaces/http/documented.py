"""What OpenAPI shows beyond what the framework finds out by itself: problems, bodies, and the token."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from backfilld.interfaces.http import problems as rfc9457
from backfilld.interfaces.http.tokens import OPEN
from backfilld.request.asked_amendment import AmendmentRequest
from backfilld.request.models import BackfillRequest

_SCHEMAS = "#/components/schemas/"
REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A backfill request; the PascalCase spelling of every key is understood too.",
        "content": {"application/json": {"schema": {"$ref": f"{_SCHEMAS}BackfillRequest"}}},
    }
}
AMENDMENT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": f"{_SCHEMAS}AmendmentRequest"}}},
    }
}


class FaultView(TypedDict):
    """One thing that is wrong: where, what was given, and what is allowed."""

    path: str
    given: str
    allowed: str


class ProblemView(TypedDict):
    """An error (RFC 9457); `code` is stable."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FaultView]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These answers as problems, and those that any request may get."""
    content = {rfc9457.MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}ProblemView"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in sorted({*statuses, 401, 422, 500, 503})
    }


def describe(app: FastAPI) -> None:
    """Have the app serve the complete document at `/openapi.json`."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _openapi(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # as the framework's own documentation does


def _openapi(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for model in (BackfillRequest, AmendmentRequest, ProblemView):
        schema = TypeAdapter(model).json_schema(ref_template=_SCHEMAS + "{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{"token": []}]
    for path in OPEN & found["paths"].keys():
        for operation in found["paths"][path].values():
            operation["security"] = []
    return found
