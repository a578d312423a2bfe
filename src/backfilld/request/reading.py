"""From a document's values to a form such as `BackfillRequest`, and every fault of its shape."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from backfilld.catalog.documents import Document, Path, shown
from backfilld.errors import Fault
from backfilld.request.faults import FieldFault, WrongPaths
from backfilld.request.models import BackfillRequest, Form
from backfilld.request.plain import Plain
from backfilld.request.resolved import Limits
from backfilld.request.sieve import Sieve
from backfilld.request.spelling import placed
from backfilld.request.words import FORMS, allowed

F = TypeVar("F", bound=Form)
_STAND_INS: Mapping[str, object] = {"name": "?", "project_id": 0, "type": "SupplementData"}
"""In the place of needed fields that are wrong, so that the rest can be judged; the request is refused anyway."""
NOTHING_NEEDED: Mapping[str, object] = {}
_ROUNDS = 8
"""Every round leaves out what the one before found; forms are four deep."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[F]):
    """What a document says: the request, less what was wrong in it, and the faults of its shape."""

    request: F | None
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


def read_request(document: Document, limits: Limits = Limits()) -> Reading[BackfillRequest]:  # noqa: B008 - frozen
    """Read a request in snake_case or PascalCase."""
    return read_form(document, BackfillRequest, FORMS, limits, _STAND_INS)


def read_form(
    document: Document,
    form: type[F],
    forms: Mapping[Path, type[Form]],
    limits: Limits,
    stand_ins: Mapping[str, object] = NOTHING_NEEDED,
) -> Reading[F]:
    """Read a document of this form, in which `forms` stand where their paths say."""
    plain, request = Plain(document, limits), None
    if not isinstance(plain.value, dict):
        plain.faults.clear()  # what is wrong within something that is no request at all
        plain.accuse((), _kind(document.value), "a mapping of request fields")
    for _ in range(_ROUNDS):  # what is wrong is left out and the rest is read again: that may show what stood around it
        sieve = Sieve(plain.value, plain.wrong)
        request, errors = _validated(form, _completed(sieve.rest, plain.wrong, stand_ins))
        if request or () in plain.wrong:
            break
        for error in errors:
            _take(error, sieve, plain, forms)
    return Reading(request, tuple(plain.faults), document, sieve, WrongPaths(plain.wrong))


def _kind(value: object) -> str:
    return "nothing" if value is None else "a list" if isinstance(value, list) else "one value"


def _completed(value: object, wrong: Container[Path], stand_ins: Mapping[str, object]) -> object:
    """The value with stand-ins for needed fields that are wrong."""
    missing = {field: stand_in for field, stand_in in stand_ins.items() if (field,) in wrong}
    return missing | value if isinstance(value, dict) else value


def _validated(form: type[F], value: object) -> tuple[F | None, list[ErrorDetails]]:
    try:
        return form.model_validate(value), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _take(error: ErrorDetails, sieve: Sieve, plain: Plain, forms: Mapping[Path, type[Form]]) -> None:
    """The library's fault as one of ours, unless it only says that something wrong was left out."""
    path, given = sieve.origin(error["loc"]), error["input"]
    missing = error["type"] == "missing"
    if not sieve.lost(path):
        plain.accuse(path, "nothing" if missing else shown(given), allowed(path, error, forms))
    plain.wrong.add(
        path[:-1] if missing and len(path) > 1 else path
    )  # without a field that it needs, a form is nothing
