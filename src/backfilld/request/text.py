"""A request as text that can be read again exactly, for a daemon that restarts."""

from __future__ import annotations

import json

from pydantic import ValidationError

from backfilld.catalog.documents import shown
from backfilld.errors import Fault, InvalidRequest
from backfilld.request.models import BackfillRequest, compact


def request_text(request: BackfillRequest) -> str:
    """Canonical JSON of what was given, without defaults: snake_case keys in order, ISO dates, no spaces.

    Only the payload keeps its own order.

    >>> request_text(BackfillRequest(type="SupplementData", project_id="nycflights", name="january"))
    '{"name":"january","project_id":"nycflights","type":"SupplementData"}'
    """
    given = request.model_dump(mode="json", exclude_unset=True)
    return compact({key: given[key] if key == "payload" else _ordered(given[key]) for key in sorted(given)})


def request_of(text: str) -> BackfillRequest:
    """The request that `request_text` wrote; raises `InvalidRequest` for any other text."""
    try:
        return BackfillRequest.model_validate(json.loads(text))
    except (ValidationError, ValueError, RecursionError):
        raise InvalidRequest([Fault("", shown(text), "the text of a stored request")]) from None


def _ordered(value: object) -> object:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    return [_ordered(item) for item in value] if isinstance(value, list) else value
