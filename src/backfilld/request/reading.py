"""From a document's values to a `BackfillRequest`, and every fault of its shape."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from backfilld.catalog.documents import Document, Path, shown
from backfilld.errors import Fault
from backfilld.request.faults import FieldFault, WrongPaths
from backfilld.request.models import BackfillRequest
from backfilld.request.plain import Plain
from backfilld.request.resolved import Limits
from backfilld.request.sieve import Sieve
from backfilld.request.spelling import placed
from backfilld.request.words import allowed

_STAND_INS: Mapping[str, object] = {"name": "?", "project_id": 0, "type": "SupplementData"}
"""In the place of needed fields that are wrong, so that the rest can be judged; the request is refused anyway."""
_ROUNDS = 8
"""Every round leaves out what the one before found; forms are four deep."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document says: the request, less what was wrong in it, and the faults of its shape."""

    request: BackfillRequest | None
    """None where nothing can be judged."""
    faults: tuple[Fault, ...]
    _document: Document
    _sieve: Sieve
    _wrong: WrongPaths

    def placed(self, fault: FieldFault) -> Fault | None:
        """A fault of meaning where the user can find it; None if it only follows from a fault of shape."""
        path = self._sieve.origin(fault.path)
        if any(map(self._wrong.touch, (path, *fault.rests_on))):
            return None
        return placed(FieldFault(path, fault.given, fault.allowed), self._document)


def read_request(document: Document, limits: Limits = Limits()) -> Reading:  # noqa: B008 - frozen
    """Read a request in snake_case or PascalCase."""
    plain, request = Plain(document, limits), None
    if not isinstance(plain.value, dict):
        plain.faults.clear()  # what is wrong within something that is no request at all
        plain.accuse((), _kind(document.value), "a mapping of request fields")
    for _ in range(_ROUNDS):  # what is wrong is left out and the rest is read again: that may show what stood around it
        sieve = Sieve(plain.value, plain.wrong)
        request, errors = _validated(_completed(sieve.rest, plain.wrong))
        if request or () in plain.wrong:
            break
        for error in errors:
            _take(error, sieve, plain)
    return Reading(request, tuple(plain.faults), document, sieve, WrongPaths(plain.wrong))


def _kind(value: object) -> str:
    return "nothing" if value is None else "a list" if isinstance(value, list) else "one value"


def _completed(value: object, wrong: Container[Path]) -> object:
    """The value with stand-ins for needed fields that are wrong."""
    missing = {field: stand_in for field, stand_in in _STAND_INS.items() if (field,) in wrong}
    return missing | value if isinstance(value, dict) else value


def _validated(value: object) -> tuple[BackfillRequest | None, list[ErrorDetails]]:
    try:
        return BackfillRequest.model_validate(value), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _take(error: ErrorDetails, sieve: Sieve, plain: Plain) -> None:
    """The library's fault as one of ours, unless it only says that something wrong was left out."""
    path, given = sieve.origin(error["loc"]), error["input"]
    missing = error["type"] == "missing"
    if not sieve.lost(path):
        plain.accuse(path, "nothing" if missing else shown(given), allowed(path, error))
    plain.wrong.add(
        path[:-1] if missing and len(path) > 1 else path
    )  # without a field that it needs, a form is nothing
