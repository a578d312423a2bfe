"""What its clients ask in queries; every fault at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backfilld.catalog.documents import Document
from backfilld.catalog.fields import Section, choice, text
from backfilld.interfaces.vendors.cloudflare.words import STATUSES
from backfilld.interfaces.vendors.sections import read_section
from backfilld.interfaces.vendors.texts import moment_text, searched_text, truth_text, whole_text

LARGEST_PAGE, USUAL_PAGE = 100, 25
FURTHEST_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which instances, and which of their pages."""

    status: str | None
    first: datetime | None
    last: datetime | None
    ascending: bool
    page: int
    per_page: int
    cursor: int | None


@dataclass(frozen=True, slots=True)
class WholeQuery:
    """How one instance is shown."""

    descending: bool
    simple: bool


@dataclass(frozen=True, slots=True)
class StepQuery:
    """Which step, and which of its attempts; None: how it stands."""

    name: str
    type: str
    attempt: int | None


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Which workflows, and which of their pages."""

    search: str
    page: int
    per_page: int


def read_list(query: Document) -> ListQuery:
    """What a list is asked for. Raises `InvalidRequest`."""
    return read_section(query, query.value, _list)


def read_whole(query: Document) -> WholeQuery:
    """How one is to be shown. Raises `InvalidRequest`."""
    return read_section(query, query.value, _shown_as)


def read_step(query: Document) -> StepQuery:
    """Which step is asked for. Raises `InvalidRequest`."""
    return read_section(query, query.value, _step_asked)


def read_search(query: Document) -> SearchQuery:
    """Which workflows are asked for. Raises `InvalidRequest`."""
    return read_section(query, query.value, _search)


def _list(given: Section) -> ListQuery:
    return ListQuery(
        status=given.take("status", choice(*STATUSES), None),
        first=given.take("date_start", moment_text, None),
        last=given.take("date_end", moment_text, None),
        ascending=given.take("direction", choice("asc", "desc"), "desc") == "asc",
        page=given.take("page", whole_text(1, FURTHEST_PAGE), 1),
        per_page=given.take("per_page", whole_text(1, LARGEST_PAGE), USUAL_PAGE),
        cursor=given.take("cursor", whole_text(0, 10**10 - 1), None),
    )


def _shown_as(given: Section) -> WholeQuery:
    descending = given.take("order", choice("asc", "desc"), "asc") == "desc"
    return WholeQuery(descending, given.take("simple", truth_text, False))


def _step_asked(given: Section) -> StepQuery:
    name, kind = given.needed("name", text(1_000)), given.needed("type", choice("step", "waitForEvent"))
    return StepQuery(name or "", kind or "", given.take("attempt", whole_text(1, FURTHEST_PAGE), None))


def _search(given: Section) -> SearchQuery:
    return SearchQuery(
        search=given.take("search", searched_text, ""),
        page=given.take("page", whole_text(1, FURTHEST_PAGE), 1),
        per_page=given.take("per_page", whole_text(1, LARGEST_PAGE), USUAL_PAGE),
    )
