"""Tokens: give out, list, show, take back; and who somebody is by the token that they show."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.interfaces.http.access import Admitted
from backfilld.interfaces.http.answers import answer, page_answer
from backfilld.interfaces.http.asked_token import TOKEN_BODY, read_token
from backfilld.interfaces.http.bodies import JsonBody
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import After, Limit, only
from backfilld.interfaces.http.routes import REFUSES_KEY, Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.token_view import IssuedView, TokenView, WhoView, issued_view, token_view, who_view
from backfilld.service.access import Scope

router = Router(tags=["tokens"], scope=Scope.ADMIN)
Name = Annotated[str, Path(max_length=100, description="The token's public id.")]


class TokenPage(TypedDict):
    """Some tokens, the newest first, and what to ask for as `after` to go on; null at the end."""

    items: list[TokenView]
    next: int | None


@router.post(
    "/tokens",
    keys=REFUSES_KEY,  # what is answered under a key is kept, and this answer has a secret
    summary="Create a token",
    dependencies=[only()],
    status_code=201,
    response_model=IssuedView,
    responses=problems(413),
    openapi_extra=TOKEN_BODY,
)
def create(services: Served, caller: Admitted, document: JsonBody) -> Response:
    """It is good at once, for no more than the token that asks for it; its text is told here and never again."""
    tokens = services.tokens
    issued = tokens.issue(read_token(document, tokens.clock.now(), services.catalogs.current.there), caller)
    headers = {"Location": f"/v1/tokens/{issued.token.id}", "Cache-Control": "no-store"}
    return answer(issued_view(issued), 201, headers)


@router.get(
    "/tokens",
    summary="List tokens",
    dependencies=[only("after", "limit")],
    response_model=TokenPage,
    responses=problems(),
)
def list_tokens(services: Served, caller: Admitted, after: After = None, limit: Limit = 100) -> Response:
    """All that were ever given out, also those that have expired or were revoked."""
    return page_answer(services.tokens.page(after, limit, caller), token_view)


@router.get(
    "/tokens/{token}",
    summary="Show a token",
    dependencies=[only()],
    response_model=TokenView,
    responses=problems(404),
)
def show(services: Served, caller: Admitted, token: Name) -> Response:
    """What it is good for, and when it was last used."""
    return answer(token_view(services.tokens.one(token, caller)))


@router.delete(
    "/tokens/{token}",
    summary="Revoke a token",
    dependencies=[only()],
    response_model=TokenView,
    responses=problems(404),
)
def revoke(services: Served, caller: Admitted, token: Name) -> Response:
    """It is good for nothing any more, at once; revoked again it stays as it is."""
    return answer(token_view(services.tokens.revoke(token, caller)))


@router.get(
    "/whoami",
    scope=Scope.READ,
    summary="Show whose token this is",
    dependencies=[only()],
    response_model=WhoView,
    responses=problems(),
)
def whoami(services: Served, caller: Admitted) -> Response:
    """What the token that is shown is good for."""
    token = None if caller.token is None else services.tokens.one(caller.token, caller)
    return answer(who_view(caller, token))
