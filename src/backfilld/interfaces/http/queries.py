"""What may stand in a path and a query."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from backfilld.catalog.fields import LARGEST_ID
from backfilld.errors import Fault, InvalidRequest
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

    async def known_query(request: Request) -> None:
        given = [name for name, _ in request.query_params.multi_items()]
        if strange := [name for name in given if name not in names and name not in repeatable]:
            allowed = f"only {', '.join((*names, *repeatable))}" if names or repeatable else "no query parameter"
            raise InvalidRequest([Fault(f"query.{name}", name, allowed) for name in strange])
        if twice := sorted({name for name in names if given.count(name) > 1}):
            raise InvalidRequest([Fault(f"query.{name}", f"{given.count(name)} values", "one value") for name in twice])

    return Depends(known_query)
