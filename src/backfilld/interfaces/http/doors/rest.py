"""What doors have in common whose clients name what they want by method and path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Send
from starlette.types import Scope as Scoped

from backfilld.catalog.documents import Document
from backfilld.errors import Fault, InvalidRequest, ProductError
from backfilld.interfaces.http.access import CALLER
from backfilld.interfaces.http.bodies import LARGEST_BODY, MOST_BYTES, body_of, json_of
from backfilld.interfaces.http.doors.admission import Admission
from backfilld.interfaces.http.gate import address_of
from backfilld.interfaces.http.problems import INTERNAL, STATUS, unexpected
from backfilld.interfaces.http.services import Services
from backfilld.interfaces.http.turns import turn
from backfilld.service.access import Caller, Scope

FRONT = "backfilld.front"
"""Where a door leaves its manners for its endpoints."""


class Unauthorized(ProductError):
    """Nothing shown, or nothing that is good at this door."""

    code = "unauthorized"


class NoSuchRoute(ProductError):
    """The framework found no endpoint for a path, or none for a method."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(f"there is no {what}")
        self.code = {405: "method_not_allowed"}.get(status, "not_found")


async def uncounted(request: Request) -> None:
    """Nothing of a vendor's own is counted."""


@dataclass(frozen=True, slots=True)
class Front:
    """A vendor's manners: who shows good credentials, how answers and errors are sent."""

    services: Services
    admission: Admission
    recognise: Callable[[Request], Caller | None]
    refuse: Callable[[int, ProductError], Response]
    """An answer for an error, with the status that our own door would give it."""
    count: Callable[[Request], Awaitable[None]] = uncounted
    """Takes a request of somebody who was admitted from what the vendor allows; raises where nothing is left."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of somebody who was admitted, with its body; services are narrowed to them."""

    services: Services
    caller: Caller
    request: Request
    body: bytes

    @property
    def path(self) -> Mapping[str, str]:
        """What stands in the path's places."""
        return cast(Mapping[str, str], self.request.path_params)

    @property
    def document(self) -> Document:
        """The body's one JSON value; None where there is no body. Raises `InvalidJson`."""
        return json_of(self.body) if self.body.strip() else Document("body.json", None)

    def query(self, *known: str, repeatable: Sequence[str] = ()) -> Document:
        """The query's texts by name; raises `InvalidRequest` for other names, and for one that comes twice."""
        given = self.request.query_params.multi_items()
        names, all_known = [name for name, _ in given], (*known, *repeatable)
        strange = [name for name in dict.fromkeys(names) if name not in all_known]
        faults = [Fault(f"query.{name}", name, _only(all_known)) for name in strange]
        faults += [
            Fault(f"query.{name}", f"{names.count(name)} values", "one value")
            for name in known
            if names.count(name) > 1
        ]
        if faults:
            raise InvalidRequest(faults)
        return Document("query", dict(given))


Handle = Callable[[Asked], Response]


def endpoint(method: str, path: str, handle: Handle, needs: Scope, most: int = LARGEST_BODY) -> Route:
    """A route to a function that runs off the event loop, for callers with this scope and bodies of so many bytes.

    Who only looks waits for a turn, as at our own door.
    """

    async def answered(request: Request) -> Response:
        front, caller = cast(Front, request.scope[FRONT]), cast(Caller, request.scope[CALLER])
        caller.needs(needs)
        request.scope[MOST_BYTES] = most
        body = await body_of(request)
        async with turn(request, looks=needs is Scope.READ):
            return await run_in_threadpool(handle, Asked(front.services.for_(caller), caller, request, body))

    return Route(path, answered, methods=[method])


class RestDoor:
    """Admits, then routes; whatever goes wrong is answered as the vendor's clients read errors."""

    def __init__(self, front: Front, routes: Sequence[Route]) -> None:
        self._front = front
        handlers = {ProductError: self._refused, HTTPException: self._not_found}
        self._app = ExceptionMiddleware(Router(routes, redirect_slashes=False), handlers)

    async def __call__(self, scope: Scoped, receive: Receive, send: Send) -> None:
        """One request."""
        request = Request(scope, receive)
        try:
            scope[FRONT], scope[CALLER] = self._front, await self._admitted(request)
        except ProductError as error:
            return await self._answer_for(scope, error)(scope, receive, send)
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            raise
        except Exception as error:
            await self._internal(scope, error)(scope, receive, send)

    async def _admitted(self, request: Request) -> Caller:
        caller = self._front.recognise(request)
        if caller is None:
            await self._front.admission.refuse(request.scope)
            raise Unauthorized("these credentials are good for nothing here")
        await self._front.admission.welcome(request.scope, caller)
        await self._front.count(request)
        return caller

    async def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, ProductError)
        return self._answer_for(request.scope, error)

    async def _not_found(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        found = NoSuchRoute(error.status_code, f"{request.method} {request.url.path}")
        return self._answer_for(request.scope, found)

    def _answer_for(self, scope: Scoped, error: ProductError) -> Response:
        if error.code not in STATUS:
            return self._internal(scope, error)
        return self._front.refuse(STATUS[error.code], error)

    def _internal(self, scope: Scoped, error: Exception) -> Response:
        unexpected(scope, error)
        return self._front.refuse(STATUS[INTERNAL], Internal("this is an error of the daemon; its log tells more"))


class Internal(ProductError):
    """An error that is ours; its caller learns nothing of it."""

    code = INTERNAL


def bearer_of(request: Request) -> bytes | None:
    """The token of the one header `Authorization: Bearer`."""
    shown = request.headers.getlist("authorization")
    scheme, _, token = shown[0].partition(" ") if len(shown) == 1 else ("", "", "")
    return token.strip().encode("latin-1") if scheme.lower() == "bearer" else None


def only_header(request: Request, name: str) -> str | None:
    """A header that comes once."""
    shown = request.headers.getlist(name)
    return shown[0] if len(shown) == 1 else None


def whence(request: Request) -> str:
    """The address that a request comes from."""
    return address_of(request.scope)


def _only(known: Sequence[str]) -> str:
    return f"only {', '.join(known)}" if known else "no query parameter"
