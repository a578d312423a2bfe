"""Who asks, as endpoints get it, and what a route asks of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from backfilld.interfaces.http.checks import Check
from backfilld.service.access import Caller, Scope

CALLER = "backfilld.caller"
"""Where the gate leaves the caller for whoever comes after it."""


def admitted(request: Request) -> Caller:
    """Who was admitted by the gate."""
    return cast(Caller, request.scope[CALLER])


async def caller_of(request: Request) -> Caller:
    """The same, for endpoints."""
    return admitted(request)


Admitted = Annotated[Caller, Depends(caller_of)]


@dataclass(frozen=True, slots=True)
class Needs(Check):
    """The scope that a route asks for; None: it is open to everybody, and the gate knows its path."""

    scope: Scope | None

    def __call__(self, request: Request) -> None:
        """Raise `Forbidden` for a caller with less; before anything else of the request is looked at."""
        if self.scope is not None:
            admitted(request).needs(self.scope)
