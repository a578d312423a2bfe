"""Answers in JSON, made where the endpoint runs: what is large is not made on the event loop."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TypeVar

import orjson
from starlette.responses import Response

from backfilld.ports import Page

T = TypeVar("T")


def answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """One JSON value."""
    return Response(_json(content), status, headers, "application/json")


def page_answer(page: Page[T], view: Callable[[T], object]) -> Response:
    """Some items, and what to ask for as `after` to go on."""
    return answer({"items": [view(item) for item in page.items], "next": page.next})


def _json(content: object) -> bytes:
    """Texts that are no valid Unicode are escaped."""
    try:
        return orjson.dumps(content)
    except orjson.JSONEncodeError:  # such a text, or a number beyond 64 bits: both are rare
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()
