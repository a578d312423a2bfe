"""The door itself: its routes, who is admitted, its limits and its errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Send
from starlette.types import Scope as Scoped

from backfilld.errors import MaybeDone, ProductError
from backfilld.interfaces.http.doors.admission import Admission, TooOften
from backfilld.interfaces.http.doors.datadog import instances, workflows
from backfilld.interfaces.http.doors.datadog.allowances import Allowance, Allowances, Exceeded
from backfilld.interfaces.http.doors.datadog.instances import WAITING
from backfilld.interfaces.http.doors.datadog.places import WORKFLOWS
from backfilld.interfaces.http.doors.rest import Front, RestDoor, bearer_of, only_header, whence
from backfilld.interfaces.http.rates import RateLimits
from backfilld.interfaces.http.services import Services
from backfilld.ports import TokenKind
from backfilld.service.access import Caller

ROUTES = (*instances.ROUTES, *workflows.ROUTES)
INTERNAL, UNAVAILABLE, SOON = 500, 503, "5"
"""After an error of ours clients wait as long as after too many requests: for so many seconds."""
UNSURE = 400
"""Clients that retry send whatever is 429 or 5xx again: not what may have been done."""
ALLOWANCE = "backfilld.allowance"
"""Where what is left of a limit is kept until the answer tells it."""
STATUS: Mapping[int, int] = {401: 403, 409: 400, 410: 404, 413: 400, 421: 400, 422: 400}
"""Its Node client reads the body of no other error than 400, 403, 404 and 429."""


class Datadog:
    """Tells with every answer how often may be asked."""

    def __init__(self, services: Services, admission: Admission) -> None:
        limits = admission.rates.limits if admission.rates else RateLimits()
        self._services, self._allowances = services, Allowances(limits)
        doors = (Front(services, admission, self._recognise, each, self._count) for each in (_refuse, _refuse_item))
        self._door, self._door_of_one = (RestDoor(each, ROUTES) for each in doors)

    async def __call__(self, scope: Scoped, receive: Receive, send: Send) -> None:
        """One request."""
        scope[ALLOWANCE] = await self._allowances.left(whence(Request(scope)))
        scope[WAITING] = self._allowances.waiting

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in scope[ALLOWANCE].headers.items():
                    headers.setdefault(name, value)
            await send(message)

        door = self._door_of_one if shows_workflow(scope) else self._door
        await door(scope, receive, told)

    def _recognise(self, request: Request) -> Caller | None:
        """By both keys of a token, or by a bearer's."""
        api, app = only_header(request, "dd-api-key"), only_header(request, "dd-application-key")
        caller = self._admitted(request, app.encode("latin-1")) if api and app else None
        if caller is not None and api in (caller.token, caller.name):
            return caller
        bearer = bearer_of(request)
        return self._admitted(request, bearer) if bearer else None

    def _admitted(self, request: Request, shown: bytes) -> Caller | None:
        return self._services.tokens.admitted(shown, whence(request), TokenKind.DATADOG)

    async def _count(self, request: Request) -> None:
        executes = request.method == "POST" and request.url.path.endswith("/instances")
        take = self._allowances.execution if executes else self._allowances.request
        request.scope[ALLOWANCE] = await take(whence(request))


def shows_workflow(scope: Scoped) -> bool:
    """Whether one workflow is asked for: of all calls that one alone has errors of another form."""
    below = scope["path"].removeprefix(f"{WORKFLOWS}/")
    return scope["method"] == "GET" and below != scope["path"] and "/instances" not in below


def _refuse(status: int, error: ProductError) -> Response:
    return _refused(status, error, lambda code, text: text)


def _refuse_item(status: int, error: ProductError) -> Response:
    return _refused(
        status, error, lambda code, text: {"status": str(code), "title": HTTPStatus(code).phrase, "detail": text}
    )


def _refused(status: int, error: ProductError, item: Callable[[int, str], object]) -> Response:
    said: Sequence[str] = [str(fault) for fault in error.faults] or [str(error)]
    status = UNAVAILABLE if error.code == "store_conflict" else STATUS.get(status, status)
    status = UNSURE if isinstance(error, MaybeDone) else status
    headers = {"X-RateLimit-Reset": SOON} if status >= INTERNAL else _wait_of(error)
    content = {"errors": [item(status, each) for each in said]}
    return Response(json.dumps(content), status, headers, "application/json")


def _wait_of(error: ProductError) -> dict[str, str]:
    """After how many seconds to ask again, where that is not what is told anyway."""
    if isinstance(error, TooOften):
        return dict(Allowance("requests", error.most, error.seconds, 0, error.seconds).headers)
    return dict(error.allowance.headers) if isinstance(error, Exceeded) else {}
