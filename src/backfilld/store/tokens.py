"""Tokens: who was given one, and until when it is good."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection, func, insert, or_, select, update

from backfilld.errors import NotFound
from backfilld.ports import Page, StoredToken, TokenKind
from backfilld.store import audit, tables
from backfilld.store.database import Database
from backfilld.store.rows import AnyRow

AS_THEY_ARE = ("id", "name", "scope", "digest", "sealed", "created_at", "created_by")
SINCE = ("expires_at", "used_at", "revoked_at")


class TokenStore:
    """The port's `StoreTokens`."""

    _database: Database

    @abstractmethod
    def _leased(self) -> AbstractContextManager[Connection]:
        """A transaction of the one scheduler."""

    def add_token(self, token: StoredToken, about: Mapping[str, object]) -> None:
        """Remember a new one, and audit it with what is said about it."""
        with self._leased() as connection:
            last = connection.scalar(select(func.max(tables.token.c.number))) or 0
            connection.execute(insert(tables.token), _values(token) | {"number": last + 1})
            told = audit.entry(token.created_by, "create token", {"token": token.id, **about})
            audit.append(connection, [told], token.created_at)

    def tokens(self, after: int | None, limit: int) -> Page[StoredToken]:
        """All that ever were, the newest first."""
        row = tables.token.c
        wanted = select(tables.token).order_by(row.number.desc()).limit(limit + 1)
        if after is not None:
            wanted = wanted.where(row.number < after)
        with self._database.reading() as connection:
            found = connection.execute(wanted).all()
        following = found[limit - 1].number if len(found) > limit else None
        return Page(tuple(map(_token_of, found[:limit])), following)

    def token(self, token: str) -> StoredToken:
        """One by its public id; `NotFound` if there never was one."""
        with self._database.reading() as connection:
            found = connection.execute(select(tables.token).where(tables.token.c.id == token)).one_or_none()
        if found is None:
            raise NotFound("token", token)
        return _token_of(found)

    def live_tokens(self, now: datetime) -> tuple[StoredToken, ...]:
        """Those neither revoked nor expired."""
        row = tables.token.c
        good = select(tables.token).where(row.revoked_at.is_(None), or_(row.expires_at.is_(None), row.expires_at > now))
        with self._database.reading() as connection:
            return tuple(map(_token_of, connection.execute(good)))

    def revoke_token(self, token: str, by: str, about: Mapping[str, object], now: datetime) -> bool:
        """Remember, and audit, that it is good for nothing any more; False if it was revoked before."""
        row = tables.token.c
        revoke = update(tables.token).where(row.id == token, row.revoked_at.is_(None)).values(revoked_at=now)
        with self._leased() as connection:
            if connection.execute(revoke).rowcount == 0:
                return False
            audit.append(connection, [audit.entry(by, "revoke token", {"token": token, **about})], now)
            return True

    def token_used(self, token: str, at: datetime) -> None:
        """Remember when it was last seen good."""
        with self._leased() as connection:
            connection.execute(update(tables.token).where(tables.token.c.id == token).values(used_at=at))


def _values(token: StoredToken) -> dict[str, object]:
    projects = None if token.projects is None else json.dumps(sorted(token.projects))
    as_they_are = {name: getattr(token, name) for name in (*AS_THEY_ARE, *SINCE)}
    return as_they_are | {"kind": token.kind.value, "projects": projects}


def _token_of(row: AnyRow) -> StoredToken:
    projects = None if row.projects is None else frozenset(json.loads(row.projects))
    as_they_are = {name: getattr(row, name) for name in (*AS_THEY_ARE, *SINCE)}
    return StoredToken(**as_they_are, kind=TokenKind(row.kind), projects=projects)
