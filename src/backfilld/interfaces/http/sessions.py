"""Sessions of the page: a token for a cookie, as the streams of browsers cannot send a header."""

from __future__ import annotations

from fastapi import Depends, Request
from starlette.responses import Response

from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.http.asking import known_as
from backfilld.interfaces.http.bodies import JsonBody, Takes
from backfilld.interfaces.http.cookies import PAGE, NotFromThePage, drop, is_the_pages_own, keep
from backfilld.interfaces.http.documented import body, problems
from backfilld.interfaces.http.gate import address_of, not_admitted, too_often
from backfilld.interfaces.http.queries import only
from backfilld.interfaces.http.routes import REFUSES_KEY, Router
from backfilld.interfaces.http.services import OpenToAll
from backfilld.interfaces.http.tokens import whoami
from backfilld.interfaces.token_view import WhoView
from backfilld.service.access import Scope

BY_THE_PAGE = {
    "parameters": [{"name": PAGE, "in": "header", "required": True, "schema": {"const": "1"}}],
}
router = Router(tags=["sessions"], scope=None)
LARGEST = 4096
TOKEN_BODY = body(
    {
        "type": "object",
        "properties": {"token": {"type": "string", "minLength": 1}},
        "required": ["token"],
        "additionalProperties": False,
    }
)


@router.post(
    "/session",
    keys=REFUSES_KEY,
    summary="Log a browser in",
    dependencies=[only(), Depends(Takes(LARGEST))],
    status_code=204,
    responses=problems(413),
    openapi_extra=TOKEN_BODY | BY_THE_PAGE,
)
async def begin(services: OpenToAll, request: Request, document: JsonBody) -> Response:
    """Sets a cookie that is as good as the token, for seven days; only the page asks, with `X-Backfill-Page: 1`."""
    _refuse_others(request)
    address, rates = address_of(request.scope), request.app.state.rates
    session = services.sessions.begin(_token(document.value).encode(), address)
    if session is None:
        return await not_admitted(rates, address)
    known_as(session.caller.name)
    if refusal := await too_often(rates, session.caller):
        return refusal
    answer = Response(status_code=204)
    keep(answer, request.scope, session)
    return answer


@router.delete(
    "/session",
    keys=REFUSES_KEY,
    summary="Log a browser out",
    dependencies=[only()],
    status_code=204,
    responses=problems(),
    openapi_extra=BY_THE_PAGE,
)
async def end(request: Request) -> Response:
    """Has the browser forget its cookie; what ends every session of a token is to revoke it."""
    _refuse_others(request)
    answer = Response(status_code=204)
    drop(answer, request.scope)
    return answer


router.add_api_route(
    "/session",
    whoami,
    scope=Scope.READ,
    methods=["GET"],
    summary="Show whose session this is",
    dependencies=[only()],
    response_model=WhoView,
    responses=problems(),
)


def _refuse_others(request: Request) -> None:
    """Nobody but the page logs a browser in or out."""
    if not is_the_pages_own(request.scope):
        raise NotFromThePage


def _token(given: object) -> str:
    """What stands for the token; a fault does not repeat what may be one."""
    fields = given if isinstance(given, dict) else {}
    faults = [Fault(name, "a value", "no such field; only token") for name in sorted(fields.keys() - {"token"})]
    token = fields.get("token")
    if isinstance(token, str) and not faults:
        return token.strip()  # as it is pasted
    raise InvalidRequest(faults if isinstance(token, str) else [*faults, Fault("token", "no text", "a token")])
