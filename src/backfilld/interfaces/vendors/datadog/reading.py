"""What its clients send: payloads and queries; every fault at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backfilld.catalog.documents import Document
from backfilld.catalog.fields import Refused, Section
from backfilld.errors import Fault
from backfilld.interfaces.vendors.sections import read_section
from backfilld.interfaces.vendors.texts import searched_text, truth_text, whole_text

LARGEST_PAGE, USUAL_PAGE, USUAL_LIMIT = 100, 10, 50
FURTHEST_PAGE = 1_000_000
SORTED_BY = ("name", "createdAt", "updatedAt", "creatorName", "ownerName", "lastExecutedAt")
_MADE = "requests[0]."


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which page, from 0, of how many."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class WorkflowsQuery:
    """Which workflows, in which order: fields, and whether each descends."""

    page: PageQuery
    sort: Sequence[tuple[str, bool]]
    text: str
    triggers: Sequence[str] | None
    specs: bool


def read_execution(document: Document) -> Mapping[str, Any]:
    """Fields of the request that an execution is. Raises `InvalidRequest`."""
    return read_section(document, document.value, _execution)


def read_page(query: Document) -> PageQuery:
    """Which instances are asked for. Raises `InvalidRequest`."""
    return read_section(query, query.value, _page)


def read_workflows(query: Document, triggers: Sequence[str] | None) -> WorkflowsQuery:
    """Which workflows are asked for, by triggers of these kinds, if any is named. Raises `InvalidRequest`."""
    return replace(read_section(query, query.value, _workflows), triggers=triggers)


def as_sent(fault: Fault) -> Fault:
    """A fault of the request that an execution is, where it stands in what was sent.

    >>> as_sent(Fault("requests[0].payload.day", "1", "a text")).path
    'meta.payload.day'
    """
    path = fault.path.removeprefix(_MADE)
    return replace(fault, path=f"meta.{path}" if path.startswith("payload") else path)


def _execution(given: Section) -> Mapping[str, Any]:
    given.allow_only(("meta",))
    meta = given.section("meta")
    meta.allow_only(("payload",))
    return {"payload": meta.section("payload").values} if "payload" in meta else {}


def _page(given: Section) -> PageQuery:
    number = given.take("page[number]", whole_text(0, FURTHEST_PAGE), 0)
    return PageQuery(number, given.take("page[size]", whole_text(1, LARGEST_PAGE), USUAL_PAGE))


def _workflows(given: Section) -> WorkflowsQuery:
    number = given.take("page", whole_text(0, FURTHEST_PAGE), 0)
    given.take("filter[includeUnpublished]", truth_text, False)
    return WorkflowsQuery(
        page=PageQuery(number, given.take("limit", whole_text(1, LARGEST_PAGE), USUAL_LIMIT)),
        sort=given.take("sort", _sort, ()),
        text=given.take("filter[query]", searched_text, ""),
        triggers=None,
        specs=given.take("filter[includeSpecs]", truth_text, False),
    )


def _sort(value: object) -> Sequence[tuple[str, bool]]:
    fields = value.split(",") if isinstance(value, str) else []
    found = [(field.removeprefix("-"), field.startswith("-")) for field in fields]
    if not found or any(field not in SORTED_BY for field, _ in found):
        raise Refused(f"{', '.join(SORTED_BY)}, with commas between, each with - before it to descend")
    return found
