"""A request file on its way to the daemon, and the daemon's faults on their way back to the file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from math import isfinite
from pathlib import Path

from backfilld.catalog.documents import Ambiguous, Document, path_text
from backfilld.config.documents import document_from, read_document
from backfilld.errors import Fault, InvalidRequest, Place
from backfilld.interfaces.cli.client import Refused

STDIN = Path("-")


def document_in(file: Path) -> Document:
    """What a file says, or for `-` standard input; raises `InvalidRequest`."""
    return document_from(sys.stdin.buffer, "standard input") if file == STDIN else read_document(file)


def read_file(file: Path) -> Document:
    """The request that a file holds, as JSON can say it; raises `InvalidRequest` for what JSON would blur."""
    document = document_in(file)
    if _blurred(document.value):
        # a heavy import that only this way needs
        from backfilld.request.reading import read_request
        from backfilld.request.resolved import UNLIMITED

        raise InvalidRequest(read_request(document, UNLIMITED).faults)
    return document


def plain(document: Document) -> object:
    """The document as JSON values: dates are ISO texts."""
    return json.loads(json.dumps(document.value, default=date.isoformat))


@contextmanager
def placed_in(document: Document) -> Iterator[None]:
    """The daemon's faults, raised with their line and column in the file."""
    try:
        yield
    except Refused as error:
        if not error.faults:
            raise
        places = {path_text(path): place for path, place in document.places.items()}
        raise InvalidRequest([replace(fault, place=_place(fault, places)) for fault in error.faults]) from None


def _place(fault: Fault, places: Mapping[str, Place]) -> Place | None:
    """Where the path stands, or the nearest thing around it; an option of the call stands in no file."""
    path = fault.path
    if path.split(".", 1)[0] == "query":
        return None
    while path and path not in places:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return places.get(path)


def _blurred(value: object) -> bool:
    """Whether something here would reach the daemon as something else, or not at all."""
    match value:
        case Ambiguous():
            return True
        case float():
            return not isfinite(value)
        case Mapping():
            return any(map(_blurred, value.values()))
        case list():
            return any(map(_blurred, value))
        case _:
            return False
