"""The envelope that every answer has, errors too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backfilld.errors import Fault

CODES = 10_000
"""Added to a status: codes are integers, and clients go by the status alone."""
STATUS: Mapping[int, int] = {409: 400, 410: 404, 421: 400, 422: 400}
"""A 409 would be sent again by its clients, twice; a refusal stays one."""


def enveloped(result: object, info: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A result, and which part of a list it is."""
    found: dict[str, Any] = {"success": True, "errors": [], "messages": [], "result": result}
    return found if info is None else {**found, "result_info": dict(info)}


def refused(status: int, message: str, faults: Sequence[Fault]) -> dict[str, Any]:
    """An error: one entry a fault, that of a field with where it stands in what was sent."""
    errors = [_error(status, str(fault), _pointer(fault.path)) for fault in faults] or [_error(status, message)]
    return {"success": False, "errors": errors, "messages": [], "result": None}


def _error(status: int, message: str, pointer: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"code": CODES + status, "message": message}
    return {**found, "source": {"pointer": pointer}} if pointer else found


def _pointer(path: str) -> str:
    """A key path as its clients read it.

    >>> _pointer("[2].params.day")
    '/2/params/day'
    """
    steps = path.replace("[", ".").replace("]", "").split(".")
    return "".join(f"/{step}" for step in steps if step)
