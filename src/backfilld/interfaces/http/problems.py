"""Errors as RFC 9457 problems: which code is which status is said here, once."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backfilld.catalog.documents import path_text, shown
from backfilld.errors import Fault, Faulty, ProductError
from backfilld.interfaces.http.asking import now_asking, path_of

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
INTERNAL = "internal_error"
STATUS: Mapping[str, int] = MappingProxyType(
    {
        "invalid_http": 400,
        "invalid_json": 400,
        "unauthorized": 401,
        "forbidden": 403,
        "not_found": 404,
        "method_not_allowed": 405,
        "too_slow": 408,
        "idempotency_key_reused": 409,
        "answer_lost": 409,
        "count_differs": 409,
        "already_exists": 409,
        "cycles_held": 409,
        "plan_changed": 409,
        "plan_moved": 409,
        "store_conflict": 409,
        "expired": 410,
        "body_too_large": 413,
        "dependency_loop": 422,
        "invalid_catalog": 422,
        "invalid_request": 422,
        "invalid_schedules": 422,
        "no_sealing_key": 422,
        "no_chain": 422,
        "not_downstream": 422,
        "plan_refused": 422,
        "plan_too_large": 422,
        "misdirected": 421,
        "rate_limited": 429,
        INTERNAL: 500,
        "store_unavailable": 503,
        "not_ready": 503,
        "forecast_failed": 503,
        "runner_away": 503,
    }
)
"""An error whose code is not here is not the caller's: it is logged and answered as `internal_error`."""
_CODES = {404: "not_found", 405: "method_not_allowed"}
"""Of what the framework finds by itself."""
_HEADERS = {
    401: {"WWW-Authenticate": "Bearer"},
    413: {"Connection": "close"},
    429: {"Retry-After": "10"},  # where nobody knows better
    503: {"Retry-After": "5"},
}


class InvalidJson(Faulty):
    """The body is not JSON as RFC 8259 has it, or has a key twice."""

    code = "invalid_json"


class BodyTooLarge(ProductError):
    """The body has more bytes than the door takes; the rest was not read."""

    code = "body_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body has more than {limit:,} bytes")
        self.limit = limit


def problem(
    code: str,
    detail: str,
    faults: Sequence[Fault] = (),
    *,
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, object] | None = None,
) -> Response:
    """The answer to an error; `members` are further ones of the answer."""
    status = STATUS[code]
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [{"path": fault.path, "given": fault.given, "allowed": fault.allowed} for fault in faults],
        **(members or {}),
    }
    if asking := now_asking():
        content["request_id"] = asking.id
    merged = {**_HEADERS.get(status, {}), **(headers or {})}
    return Response(json.dumps(content), status, merged, MEDIA_TYPE)


def answer_errors(app: FastAPI, methods: Callable[[str], Sequence[str]] = lambda path: ()) -> None:
    """Have every expected error answered as a problem; `methods` are those that a path can be asked with."""

    @app.exception_handler(ProductError)
    async def product_error(request: Request, error: ProductError) -> Response:
        if error.code not in STATUS:
            return unexpected(request.scope, error)
        return problem(error.code, str(error), error.faults, members=error.members)

    @app.exception_handler(RequestValidationError)
    async def invalid_parameter(request: Request, error: RequestValidationError) -> Response:
        faults = [Fault(path_text(each["loc"]), shown(each["input"]), each["msg"]) for each in error.errors()]
        return problem("invalid_request", "\n".join(map(str, faults)), faults)

    @app.exception_handler(HTTPException)
    async def framework_error(request: Request, error: HTTPException) -> Response:
        if error.status_code not in _CODES:
            return unexpected(request.scope, error)
        what = f"{request.method} {request.url.path}"
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and (known := methods(request.url.path)):
            headers["Allow"] = ", ".join(known)  # the framework knows those of one route of several
        return problem(_CODES[error.status_code], f"there is no {what}", headers=headers)


def unexpected(scope: Scope, error: Exception) -> Response:
    """Log an error that is ours; the caller learns nothing but the id under which it stands in the log."""
    asking = now_asking()
    number = asking.id if asking else "of no door"
    log.error("request %s: %s %s has failed", number, scope["method"], path_of(scope), exc_info=error)
    return problem(INTERNAL, f"this is an error of the daemon; its log tells more about request {number}")


class LastResort:
    """Answers errors that nobody expected as `internal_error`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; after an answer has begun it can only be broken off."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            return  # nobody is left to be answered
        except Exception as error:
            if scope["type"] != "http":
                raise
            answer = unexpected(scope, error)
            if begun:
                raise
            await answer(scope, receive, send)
