"""One mapping of what a client sends, read with every fault at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from backfilld.catalog.documents import Document
from backfilld.catalog.fields import Section, section_of
from backfilld.errors import Fault, InvalidRequest

T = TypeVar("T")


def read_section(document: Document, value: object, read: Callable[[Section], T]) -> T:
    """What a mapping says as its reader gives it; raises `InvalidRequest` with every fault."""
    faults: list[Fault] = []
    found = [read(section) for section in section_of(document, (), value, faults)]
    if faults:
        raise InvalidRequest(faults)
    return found[0]
