"""Who asks, as endpoints get it, and what a route asks of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from backfilld.service.access import Caller, Scope

CALLER = "backfilld.caller"
"""Where the gate leaves the caller for whoever comes after it."""


async def caller_of(request: Request) -> Caller:
    """Who was admitted by the gate."""
    return cast(Caller, request.scope[CALLER])


Admitted = Annotated[Caller, Depends(caller_of)]


@dataclass(frozen=True, slots=True)
class Needs:
    """The scope that a route asks for; None: it is open to everybody, and the gate knows its path."""

    scope: Scope | None

    async def __call__(self, request: Request) -> None:
        """Raise `Forbidden` for a caller with less; before anything else of the request is looked at."""
        if self.scope is not None:
            (await caller_of(request)).needs(self.scope)
