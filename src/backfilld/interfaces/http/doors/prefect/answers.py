"""Answers and errors as Prefect's client reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from backfilld.errors import Fault, Faulty, MaybeDone, ProductError
from backfilld.interfaces.http.doors.admission import TooOften
from backfilld.interfaces.http.doors.rest import Asked, NoSuchRoute
from backfilld.interfaces.http.problems import InvalidJson

T = TypeVar("T")
_TIES = {422: "Invalid request received.", 401: "Unauthorized"}
UNSURE = 504
"""Clients send a 503 again by themselves, and this not: what may have been done is for people to look at."""
_AGAIN_IN = 5
"""Seconds after which to ask a daemon again that cannot answer now."""


class Invalid(ProductError):
    """A body that is not as it has to be."""

    code = "invalid_request"

    def __init__(self, details: Sequence[Any], body: Any) -> None:
        super().__init__("the body is not as it has to be")
        self.details, self.body = details, body


def sent(content: Any, status: int = 200) -> Response:
    """An answer with content."""
    return Response(json.dumps(content, ensure_ascii=False), status, media_type="application/json")


def read(asked: Asked, form: type[T]) -> T:
    """The body; raises `Invalid` with every fault."""
    body = asked.document.value
    try:
        return TypeAdapter(form).validate_python({} if body is None else body)
    except ValidationError as error:
        details = json.loads(error.json(include_url=False, include_context=False))
        raise Invalid([each | {"loc": ["body", *each["loc"]]} for each in details], body) from None


def refused(status: int, error: ProductError) -> Response:
    """The answer to an error."""
    if isinstance(error, MaybeDone):
        status = UNSURE
    if status == 404 or status == 405:
        return sent({"detail": _missing(error)}, status)
    if isinstance(error, InvalidJson):
        status = 422  # Prefect's own server makes no difference
    content: dict[str, Any] = {"exception_message": _TIES.get(status, str(error))}
    if status == 422:
        content |= _faults(error)
    answer = sent(content, status)
    if isinstance(error, TooOften):
        answer.headers["Retry-After"] = str(error.seconds)
    if status == 503:
        answer.headers["Retry-After"] = str(_AGAIN_IN)
    return answer


def _missing(error: ProductError) -> str:
    if isinstance(error, NoSuchRoute):
        return "Method Not Allowed" if error.code == "method_not_allowed" else "Not Found"
    return str(error)


def _faults(error: ProductError) -> dict[str, Any]:
    if isinstance(error, Invalid):
        return {"exception_detail": error.details, "request_body": error.body}
    kind = "json_invalid" if isinstance(error, InvalidJson) else "value_error"
    found = error.faults if isinstance(error, Faulty) or error.faults else [Fault("", "", str(error))]
    details = [
        {"type": kind, "loc": ["body", *filter(None, each.path.split("."))], "msg": each.allowed, "input": each.given}
        for each in found
    ]
    return {"exception_detail": details, "request_body": None}
