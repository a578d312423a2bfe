"""Tokens as JSON."""

from __future__ import annotations

from typing_extensions import TypedDict

from backfilld.dates import utc_text, utc_text_or_none
from backfilld.interfaces.vendors.credentials import credential_of
from backfilld.ports import StoredToken
from backfilld.service.access import Caller
from backfilld.service.tokens import Issued


class TokenView(TypedDict):
    """A token by its public id; `projects` null is all of them, `used_at` is right to the hour."""

    id: str
    name: str
    kind: str
    scope: str
    projects: list[int] | None
    created_at: str
    created_by: str
    expires_at: str | None
    used_at: str | None
    revoked_at: str | None


class IssuedView(TokenView):
    """A new token with its text, which is told this once.

    `credential` is the same as the client of its kind takes it, by the names of that client's environment variables.
    """

    token: str
    credential: dict[str, str]


class WhoView(TypedDict):
    """Who shows this token, as the audit names them, and what they may; `id` null is the token of the daemon's host."""

    name: str
    id: str | None
    scope: str
    projects: list[int] | None
    expires_at: str | None


def token_view(token: StoredToken) -> TokenView:
    """The token, without anything of its secret."""
    return {
        "id": token.id,
        "name": token.name,
        "kind": token.kind.value,
        "scope": token.scope,
        "projects": _sorted(token.projects),
        "created_at": utc_text(token.created_at),
        "created_by": token.created_by,
        "expires_at": utc_text_or_none(token.expires_at),
        "used_at": utc_text_or_none(token.used_at),
        "revoked_at": utc_text_or_none(token.revoked_at),
    }


def issued_view(issued: Issued) -> IssuedView:
    """A new token, with what nobody is told again."""
    credential = credential_of(issued.token.kind, issued.token.id, issued.text)
    return {**token_view(issued.token), "token": issued.text, "credential": credential}


def who_view(caller: Caller, token: StoredToken | None) -> WhoView:
    """The caller, with the token that was shown."""
    return {
        "name": caller.name,
        "id": caller.token,
        "scope": caller.scope.word,
        "projects": _sorted(caller.projects),
        "expires_at": None if token is None else utc_text_or_none(token.expires_at),
    }


def _sorted(projects: frozenset[int] | None) -> list[int] | None:
    return None if projects is None else sorted(projects)
