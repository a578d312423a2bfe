"""What a route looks at before a request is taken apart: plain calls, one after the other.

As dependencies of the framework they would cost as much as what they guard: it solves each as if it had values to give.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import Request
from starlette.responses import Response

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Check(ABC):
    """One look at a request; a route has it among its `dependencies`."""

    __slots__ = ()

    @abstractmethod
    def __call__(self, request: Request) -> None:
        """Raise for a request that is refused; never waits."""


def checked(handle: Handler, checks: Sequence[Check]) -> Handler:
    """The same handler, for requests that pass."""

    async def answered(request: Request) -> Response:
        for check in checks:
            check(request)
        return await handle(request)

    return answered
