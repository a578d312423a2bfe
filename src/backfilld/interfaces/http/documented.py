"""What OpenAPI shows beyond what the framework finds out by itself: problems, bodies, and the token."""

from __future__ import annotations

import json
from asyncio import Lock
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response
from typing_extensions import TypedDict

from backfilld.interfaces.http import problems as rfc9457
from backfilld.interfaces.http.gate import is_open
from backfilld.interfaces.http.once import HEADER
from backfilld.interfaces.http.routes import Routes
from backfilld.interfaces.web.policy import headers
from backfilld.interfaces.web.reference import POLICY, reference_page
from backfilld.request.asked_act import AskedOfInstances, AskedOfRuns
from backfilld.request.asked_amendment import AmendmentRequest
from backfilld.request.execution import ExecutionRequest
from backfilld.request.models import BackfillRequest

Forms = Mapping[tuple[str, str], Any]
"""What is answered, by path and method."""
DOCUMENT = "/openapi.json"
_SCHEMAS = "#/components/schemas/"


def json_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a body, or of an answer: JSON of this schema."""
    return {"content": {"application/json": {"schema": schema}}}


def known_as(name: str) -> dict[str, Any]:
    """The schema that the document has under this name."""
    return {"$ref": f"{_SCHEMAS}{name}"}


def body(schema: Mapping[str, Any], *, needed: bool = True, **told: str) -> dict[str, Any]:
    """What an operation says of the body that it takes."""
    return {"requestBody": {"required": needed, **told, **json_of(schema)}}


REQUEST_BODY = body(
    known_as("BackfillRequest"),
    description="A backfill request; the PascalCase spelling of every key is understood too.",
)
EXECUTION_BODY = body(known_as("ExecutionRequest"))
AMENDMENT_BODY = body(known_as("AmendmentRequest"))


class FaultView(TypedDict):
    """One thing that is wrong: where, what was given, and what is allowed."""

    path: str
    given: str
    allowed: str


class ProblemView(TypedDict):
    """An error (RFC 9457); `code` is stable, `request_id` stands in the daemon's log too."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FaultView]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These answers as problems, and those that any request may get."""
    content = {rfc9457.MEDIA_TYPE: {"schema": known_as("ProblemView")}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in sorted({*statuses, 400, 401, 403, 408, 421, 422, 429, 500, 503})
    }


def describe(app: FastAPI, routes: Routes) -> None:
    """Have the app serve the complete document of these routes at `/openapi.json`, and as a page at `/docs`."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _openapi(app, routes)
        return app.openapi_schema

    written, turn = list[bytes](), Lock()

    def text() -> bytes:
        return json.dumps(openapi(), separators=(",", ":")).encode()

    async def document(request: Request) -> Response:
        """Written once, by the first who asks, off the event loop: it takes half a second."""
        async with turn:
            if not written:
                written.append(await run_in_threadpool(text))
        return Response(written[0], media_type="application/json")

    async def page(request: Request) -> Response:
        """For people; the first who asks waits as for the document."""
        async with turn:
            told = await run_in_threadpool(lambda: reference_page(openapi()))
        return HTMLResponse(told, 200, headers(POLICY, "no-cache"))

    app.openapi = openapi  # type: ignore[method-assign]  # as the framework's own documentation does
    app.add_route(DOCUMENT, document, include_in_schema=False)
    app.add_route("/docs", page, include_in_schema=False)


def _openapi(app: FastAPI, routes: Routes) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=routes.all)
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for model in (BackfillRequest, AmendmentRequest, ExecutionRequest, AskedOfRuns, AskedOfInstances, ProblemView):
        schema = TypeAdapter(model).json_schema(ref_template=_SCHEMAS + "{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    schemas |= _answers(found["paths"], routes.forms())
    _conflicts_of_keys(found["paths"])
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{"token": []}]
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            if is_open(path, method.upper()):
                operation["security"] = []
    return found


def _conflicts_of_keys(paths: Mapping[str, Any]) -> None:
    """What takes an idempotency key may find that it was used."""
    for operation in (each for methods in paths.values() for each in methods.values()):
        if any(parameter["name"] == HEADER for parameter in operation.get("parameters", ())):
            operation["responses"].setdefault("409", problems(409)[409])


def _answers(paths: Mapping[str, Any], forms: Forms) -> dict[str, Any]:
    """Say in each operation what its success looks like; answers the schemas that this refers to."""
    mode: Literal["serialization"] = "serialization"
    known = [(form, mode, TypeAdapter(form)) for form in dict.fromkeys(forms.values())]
    found, definitions = TypeAdapter.json_schemas(known, ref_template=_SCHEMAS + "{model}")
    for (path, method), form in forms.items():
        answers = paths[path][method]["responses"]
        answers[min(answers)]["content"]["application/json"]["schema"] = found[form, mode]
    referred: dict[str, Any] = definitions.get("$defs", {})
    return referred
