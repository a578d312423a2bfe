"""What may stand in a path and a query."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from backfilld.errors import Fault, InvalidRequest

LARGEST_ID = 2**63 - 1
LARGEST_PAGE = 1000

Id = Annotated[int, Path(ge=0, le=LARGEST_ID)]
Number = Annotated[int | None, Query(ge=0, le=LARGEST_ID)]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="The most items a page has.")]
After = Annotated[int | None, Query(ge=0, le=LARGEST_ID, description="`next` of the page before.")]


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
