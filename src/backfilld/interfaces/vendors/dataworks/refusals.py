"""What a DataWorks client is told when something is refused: a status, a code, a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backfilld.catalog.documents import shown
from backfilld.errors import Expired, Fault, MaybeDone, NotFound, ProductError
from backfilld.request.spelling import FREE, snake

NOTHING = "nothing"
"""What a fault says was given where a field is missing."""
_THINGS: Mapping[str, str] = {
    "operation": "Operation",
    "task": "Task",
    "workflow": "Workflow",
    "project": "Project",
    "run": "WorkflowInstance",
    "backfill": "WorkflowInstance",
    "task instance": "TaskInstance",
    "attempt of task instance": "RunNumber",
}
"""Our words for what there is, by DataWorks'."""


class Refusal(Exception):
    """An answer that is an error; `headers` go with it."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = dict(headers or {})


class FieldsRefused(Refusal):
    """Fields of a request that are missing or wrong: the first gives the code, all of them are in the message."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(400, _code_of(faults[0]), " ".join(map(_said, faults)))


def refused(field: str, given: object, allowed: str) -> FieldsRefused:
    """One field, what it was given, and what it takes."""
    return FieldsRefused([Fault(field, shown(given), allowed)])


def not_found(what: str, ref: object) -> Refusal:
    """There is no such thing, or not for who asks."""
    return Refusal(404, f"Invalid{_THINGS.get(what, 'Resource')}.NotFound", f"There is no {what} {ref}.")


def refusal_of(error: ProductError, status: int) -> Refusal:
    """One of our errors, of this status at our own door, as a DataWorks client is told it.

    >>> refusal_of(NotFound("task", 7), 404).code
    'InvalidTask.NotFound'
    """
    if isinstance(error, NotFound):
        return not_found(error.what, error.ref)
    if isinstance(error, Expired):
        return Refusal(404, "InvalidResource.NotFound", str(error))
    if error.code == "forbidden":
        return Refusal(403, "Forbidden.Access", str(error))
    if error.faults and error.code in ("invalid_request", "invalid_json"):
        return FieldsRefused(error.faults)
    if isinstance(error, MaybeDone):
        return Refusal(504, "Timeout", str(error))
    if status >= 500:
        return Refusal(status, "ServiceUnavailable" if status == 503 else "InternalError", str(error))
    return Refusal(400, f"OperationDenied.{_pascal(error.code)}", str(error))


def _code_of(fault: Fault) -> str:
    kind = "MissingParameter" if fault.given == NOTHING else "InvalidParameter"
    first, _, rest = fault.path.partition(".")
    name = first if snake(first) in FREE else (rest or first).rpartition(".")[2].partition("[")[0]
    return f"{kind}.{_pascal(name) or 'Request'}"


def _said(fault: Fault) -> str:
    if fault.given == NOTHING:
        return f"{fault.path} is missing: {fault.allowed}."
    return f"{fault.path} must be {fault.allowed}; given: {fault.given}."


def _pascal(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))
