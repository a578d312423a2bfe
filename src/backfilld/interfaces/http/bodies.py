"""Request bodies: bounded while they are read, and strict JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import Depends, Request

from backfilld.catalog.documents import Document, shown
from backfilld.config.documents import document_of
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.http.checks import Check
from backfilld.interfaces.http.problems import BodyTooLarge, InvalidJson

LARGEST_BODY = 2**20
"""Bytes, where a route does not say another limit."""
LARGEST_REQUEST = 2 * 2**20
"""Where a payload comes with a request: that alone may have one megabyte."""
MOST_BYTES = "backfilld.largest_body"
"""Where a route leaves its limit for whoever reads the body."""
BODY = "backfilld.body"
"""Where it stays for whoever asks next."""


@dataclass(frozen=True, slots=True)
class Takes(Check):
    """That a route takes bodies of so many bytes."""

    most: int

    def __call__(self, request: Request) -> None:
        """Set the limit, before anything of the body is read."""
        request.scope[MOST_BYTES] = self.most


TAKES_PAYLOAD = Depends(Takes(LARGEST_REQUEST))


async def body_of(request: Request) -> bytes:
    """The body, read once; raises `BodyTooLarge` as soon as that is known."""
    if BODY not in request.scope:
        request.scope[BODY] = await _read(request)
    return cast(bytes, request.scope[BODY])


async def _read(request: Request) -> bytes:
    most: int = request.scope.get(MOST_BYTES, LARGEST_BODY)
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > most:
        raise BodyTooLarge(most)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise BodyTooLarge(most)
    return bytes(body)


def json_of(body: Annotated[bytes, Depends(body_of)]) -> Document:
    """The body's one JSON value, with its places; raises `InvalidJson`. Runs off the event loop."""
    try:
        return document_of(body.decode("utf-8"), "body.json")
    except UnicodeDecodeError as error:
        raise InvalidJson([Fault("", f"byte {error.start} that is not UTF-8", "JSON in UTF-8")]) from None
    except InvalidRequest as error:
        raise InvalidJson(error.faults) from None


def options_of(body: Annotated[bytes, Depends(body_of)]) -> Mapping[str, Any]:
    """The body's one object, an empty one where there is no body; raises `InvalidJson`, `InvalidRequest`."""
    found = json_of(body).value if body.strip() else {}
    if not isinstance(found, dict):
        raise InvalidRequest([Fault("", shown(found), "an object with the options of this act")])
    return found


JsonBody = Annotated[Document, Depends(json_of)]
OptionsBody = Annotated[Mapping[str, Any], Depends(options_of)]
