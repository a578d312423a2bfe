"""What may stand in a path and a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from backfilld.catalog.fields import LARGEST_ID
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.http.checks import Check
from backfilld.request.filters import Day, Moment, RunWord

LARGEST_PAGE = 1000

Id = Annotated[int, Path(ge=0, le=LARGEST_ID)]
Number = Annotated[int | None, Query(ge=0, le=LARGEST_ID)]
Since = Annotated[Moment | None, Query(description="At or after this moment.")]
Before = Annotated[Moment | None, Query(description="Before this moment.")]
FirstDate = Annotated[Day | None, Query(alias="start_biz_date", description="The first business date.")]
LastDate = Annotated[Day | None, Query(alias="end_biz_date", description="The last business date, included.")]
ProjectRef = Annotated[str | None, Query(description="Its id, or its name in the running catalog.")]
WorkflowRef = Annotated[str | None, Query(description="Its id, or with `project` its name.")]
Words = Annotated[list[RunWord] | None, Query(description="Any of these words.")]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="The most items a page has.")]
After = Annotated[int | None, Query(ge=0, le=LARGEST_ID, description="`next` of the page before.")]


def words_of(given: list[RunWord] | None) -> frozenset[str] | None:
    """The words that are asked for; None where none is named."""
    return None if given is None else frozenset(given)


def only(*names: str, repeatable: tuple[str, ...] = ()) -> Any:
    """Refuse query parameters of other names, and those given twice that mean one thing."""
    return Depends(KnownQuery(names, repeatable))


@dataclass(frozen=True, slots=True)
class KnownQuery(Check):
    """That a route has these query parameters, each once unless it is repeatable."""

    names: tuple[str, ...]
    repeatable: tuple[str, ...]

    def __call__(self, request: Request) -> None:
        """Raise `InvalidRequest` for others."""
        if not request.scope["query_string"]:
            return
        given, known = [name for name, _ in request.query_params.multi_items()], (*self.names, *self.repeatable)
        if strange := [name for name in given if name not in known]:
            allowed = f"only {', '.join(known)}" if known else "no query parameter"
            raise InvalidRequest([Fault(f"query.{name}", name, allowed) for name in strange])
        if twice := sorted({name for name in self.names if given.count(name) > 1}):
            raise InvalidRequest([Fault(f"query.{name}", f"{given.count(name)} values", "one value") for name in twice])
