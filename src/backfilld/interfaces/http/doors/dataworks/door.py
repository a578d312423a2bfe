"""The door itself: one path, operations by their names, errors as its clients read them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as Scoped

from backfilld.errors import ProductError
from backfilld.interfaces.http.asking import now_asking, path_of
from backfilld.interfaces.http.bodies import body_of
from backfilld.interfaces.http.doors.admission import Admission, TooOften
from backfilld.interfaces.http.doors.dataworks import acting, catalog, creating, operations, reading, rerunning
from backfilld.interfaces.http.doors.dataworks.actions import Action, Asked
from backfilld.interfaces.http.doors.dataworks.admitting import Found, admitted
from backfilld.interfaces.http.doors.dataworks.nonces import Nonces
from backfilld.interfaces.http.problems import STATUS
from backfilld.interfaces.http.services import Services
from backfilld.interfaces.http.turns import turn
from backfilld.interfaces.vendors.dataworks.fields import read_fields
from backfilld.interfaces.vendors.dataworks.refusals import Refusal, refusal_of
from backfilld.interfaces.vendors.dataworks.signature import LEGACY, VERSION, Message, Pairs, form_pairs
from backfilld.service.access import Scope

log = logging.getLogger(__name__)
METHODS = ("GET", "POST")
ACTION, FORM = "x-acs-action", "application/x-www-form-urlencoded"
ACTIONS: Mapping[str, Action] = {
    action.name: action
    for room in (creating, reading, acting, rerunning, operations, catalog)
    for action in room.ACTIONS
}


class DataWorks:
    """Answers the operations that there are."""

    def __init__(self, services: Services, admission: Admission) -> None:
        self._services, self._admission = services, admission
        self._nonces = Nonces(services.keys)

    async def __call__(self, scope: Scoped, receive: Receive, send: Send) -> None:
        """One request."""
        request = Request(scope, receive)
        try:
            answer = _answer(request, 200, await self._answered(request))
        except Refusal as refusal:
            answer = _refusal(request, refusal)
        except TooOften as error:
            answer = _refusal(request, _throttled(error))
        except ProductError as error:
            answer = _refusal(request, _of_ours(scope, error))
        except ClientDisconnect:
            raise
        except Exception as error:
            answer = _refusal(request, _unexpected(scope, error))
        await answer(scope, receive, send)

    async def _answered(self, request: Request) -> Mapping[str, object]:
        if request.method not in METHODS:
            raise Refusal(405, "UnsupportedHTTPMethod", f"Operations are asked for by {' or '.join(METHODS)}.")
        message = _message(request, await body_of(request))
        found = await admitted(self._admission, request.scope, message)
        action = _action(message)
        async with turn(request, looks=action.scope is Scope.READ):
            return await run_in_threadpool(self._do, action, message, found)

    def _do(self, action: Action, message: Message, found: Found) -> Mapping[str, object]:
        found.caller.needs(action.scope)
        fields = read_fields(action.form, _given(message))
        lasting, now = action.scope > Scope.READ, self._services.ticker.clock.now()
        self._nonces.take(found.caller.name, found.nonce, now, lasting=lasting)
        return action.do(Asked(self._services.for_(found.caller), found.caller, fields))


def _message(request: Request, body: bytes) -> Message:
    headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.scope["headers"]]
    query = request.scope["query_string"].decode("latin-1")
    return Message(request.method, "/", query, headers, body)


def _action(message: Message) -> Action:
    """What is asked for; in the older form the query says it, whatever the header says."""
    query = dict(message.fields)
    name, version = query.get("Action", message.header(ACTION)), query.get("Version", message.header("x-acs-version"))
    if version != VERSION:
        raise Refusal(400, "NoSuchVersion", f"The version is {VERSION}.")
    if name is None or name not in ACTIONS:
        raise Refusal(404, "InvalidAction.NotFound", f"There is no operation {name}.")
    if query.get("Format", "json").lower() != "json":
        raise Refusal(400, "InvalidParameter.Format", "The format is json.")
    return ACTIONS[name]


def _given(message: Message) -> Pairs:
    """The fields of query and form together, less those of the signature."""
    return [*_of_query(message), *_of_form(message)]


def _of_query(message: Message) -> Pairs:
    bearer = message.header("x-acs-bearer-token") is not None
    apart = LEGACY if any(name == "Signature" for name, _ in message.fields) else frozenset[str]()
    apart |= {"SignatureType"} if bearer else set()
    return [(name, value) for name, value in message.fields if name not in apart]


def _of_form(message: Message) -> Pairs:
    if not message.body:
        return []
    if (message.header("content-type") or "").partition(";")[0].strip().lower() != FORM:
        raise Refusal(400, "InvalidParameter.ContentType", f"A body comes as {FORM}.")
    try:
        return form_pairs(message.body.decode("utf-8"))
    except UnicodeDecodeError:
        raise Refusal(400, "InvalidParameter.Request", "The body is no text in UTF-8.") from None


def _throttled(error: TooOften) -> Refusal:
    """Its clients read milliseconds, and not `Retry-After`."""
    return Refusal(429, "Throttling.User", str(error), {"x-acs-retry-after": str(error.seconds * 1000)})


def _of_ours(scope: Scoped, error: ProductError) -> Refusal:
    if error.code not in STATUS:
        return _unexpected(scope, error)
    return refusal_of(error, STATUS[error.code])


def _unexpected(scope: Scoped, error: Exception) -> Refusal:
    asking = now_asking()
    number = asking.id if asking else "of no door"
    log.error("request %s: %s %s has failed", number, scope["method"], path_of(scope), exc_info=error)
    return Refusal(500, "InternalError", f"This is an error of the daemon; its log tells more about request {number}.")


def _refusal(request: Request, refusal: Refusal) -> Response:
    host = request.headers.get("host", "")
    said = {"Code": refusal.code, "Message": refusal.message, "HostId": host, "Recommend": ""}
    return _answer(request, refusal.status, said, refusal.headers)


def _answer(
    request: Request, status: int, said: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> Response:
    asking = now_asking()
    content = {"RequestId": asking.id.upper() if asking else "", **said}
    return Response(json.dumps(content, ensure_ascii=False), status, dict(headers or {}), "application/json")
