"""The door itself: its routes, who is admitted, and its envelope."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from backfilld.errors import MaybeDone, ProductError
from backfilld.interfaces.http.doors.admission import Admission, TooOften
from backfilld.interfaces.http.doors.cloudflare import acting, creating, operations, reading, workflows
from backfilld.interfaces.http.doors.rest import Front, RestDoor, bearer_of, only_header, whence
from backfilld.interfaces.http.services import Services
from backfilld.interfaces.vendors.cloudflare.envelope import STATUS, refused
from backfilld.ports import TokenKind
from backfilld.service.access import Caller

UNAVAILABLE, SOON = 503, 5
"""The store is in trouble, or another daemon's: to be asked again after so many seconds."""
ROUTES = (*creating.ROUTES, *acting.ROUTES, *reading.ROUTES, *workflows.ROUTES, *operations.ROUTES)
"""A workflow's name may have slashes, so what ends in more than its name is asked first."""


def cloudflare(services: Services, admission: Admission) -> RestDoor:
    """The door for these services."""

    def recognise(request: Request) -> Caller | None:
        return _bearer(services, request) or _holder_of_key(services, request)

    return RestDoor(Front(services, admission, recognise, _refuse), ROUTES)


def _bearer(services: Services, request: Request) -> Caller | None:
    """By a token, or by the key of a service, which is one under another header."""
    service = only_header(request, "x-auth-user-service-key")
    shown = (bearer_of(request), service.encode("latin-1") if service else None)
    callers = (_admitted(services, request, each) for each in shown)
    return next((caller for caller in callers if caller), None)


def _holder_of_key(services: Services, request: Request) -> Caller | None:
    """By a key together with the name of its token, which is to be an address."""
    email, key = only_header(request, "x-auth-email"), only_header(request, "x-auth-key")
    caller = _admitted(services, request, key.encode("latin-1")) if email and key else None
    return caller if caller and caller.name in (email, f"{email} ({caller.token})") else None


def _admitted(services: Services, request: Request, shown: bytes | None) -> Caller | None:
    return services.tokens.admitted(shown, whence(request), TokenKind.CLOUDFLARE) if shown else None


def _refuse(status: int, error: ProductError) -> Response:
    status = UNAVAILABLE if error.code == "store_conflict" else STATUS.get(status, status)
    return _json(refused(status, str(error), error.faults), status, _again(status, error))


def _again(status: int, error: ProductError) -> dict[str, str]:
    """When clients send it again, as they do by themselves: not what may have been done."""
    if isinstance(error, MaybeDone):
        return {"x-should-retry": "false"}
    if isinstance(error, TooOften):
        return {"Retry-After": str(error.seconds)}
    return {"Retry-After": str(SOON)} if status == UNAVAILABLE else {}


def _json(content: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> Response:
    return Response(json.dumps(content), status, dict(headers), "application/json")
