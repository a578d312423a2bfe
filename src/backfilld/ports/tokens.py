"""What is remembered of tokens: never the text that a caller shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from backfilld.ports.stored import Page


class TokenKind(Enum):
    """At which door a token is shown."""

    NATIVE = "native"
    DATAWORKS = "dataworks"
    CLOUDFLARE = "cloudflare"
    PREFECT = "prefect"
    DATADOG = "datadog"


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token by its public id."""

    id: str
    name: str
    kind: TokenKind
    scope: str
    projects: frozenset[int] | None
    """Ids; None: all."""
    digest: bytes
    """SHA-256 of the secret."""
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    sealed: bytes | None = None
    """The secret itself, encrypted: of kinds whose callers sign with it."""
    used_at: datetime | None = None
    """Roughly: when it was last seen good."""
    revoked_at: datetime | None = None


class StoreTokens(Protocol):
    """The memory of tokens; a call that writes is durable when it returns."""

    def add_token(self, token: StoredToken, about: Mapping[str, object]) -> None:
        """Remember a new one, and audit it with what is said about it."""
        ...

    def tokens(self, after: int | None, limit: int) -> Page[StoredToken]:
        """All that ever were, the newest first."""
        ...

    def token(self, token: str) -> StoredToken:
        """One by its public id; `NotFound` if there never was one."""
        ...

    def live_tokens(self, now: datetime) -> tuple[StoredToken, ...]:
        """Those neither revoked nor expired."""
        ...

    def revoke_token(self, token: str, by: str, about: Mapping[str, object], now: datetime) -> bool:
        """Remember, and audit, that it is good for nothing any more; False if it was revoked before."""
        ...

    def token_used(self, token: str, at: datetime) -> None:
        """Remember when it was last seen good."""
        ...


class Sealer(Protocol):
    """Encrypts what must be readable again, for one owner each."""

    def seal(self, secret: bytes, owner: str) -> bytes:
        """The secret encrypted."""
        ...

    def open(self, sealed: bytes, owner: str) -> bytes:
        """What was sealed for this owner; raises `Unsealable` for what was not, or under another key."""
        ...
