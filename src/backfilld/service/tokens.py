"""Tokens: given out, looked at, taken back, and found good in a microsecond or two.

A token's text is `bf_<public id>_<secret>`. Its secret has 256 random bits, which nobody can guess, so a plain SHA-256
of it is kept: a slow hash is for what people choose.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

from backfilld.dates import utc_text_or_none
from backfilld.errors import Fault, InvalidRequest, NotFound, ProductError
from backfilld.ports import Clock, Page, Sealer, Store, StoredToken, TokenKind
from backfilld.service.access import LOCAL, Caller, Scope

MARK = "bf"
ID_BYTES = 8
SECRET_BYTES = 32
COARSELY = timedelta(hours=1)
"""A token's last use is written at most so often."""
SIGNING = frozenset({TokenKind.DATAWORKS})
"""Kinds whose callers sign with the secret: it must be readable, so it is kept sealed."""
_NOBODY = sha256(b"").digest()
"""Compared with where the id is unknown, so that time does not tell."""


class NothingToSealWith(ProductError):
    """A token of this kind keeps a secret that must be readable, and the daemon has no key to encrypt it under."""

    code = "no_sealing_key"

    def __init__(self, kind: TokenKind) -> None:
        super().__init__(
            f"tokens of the kind {kind.value} keep a secret that is encrypted under the credential `token_key`, "
            "and the daemon was given none"
        )


@dataclass(frozen=True, slots=True)
class NewToken:
    """What is asked of a new token; `projects` None: all, `expires_at` None: never."""

    name: str
    scope: Scope
    projects: frozenset[int] | None = None
    expires_at: datetime | None = None
    kind: TokenKind = TokenKind.NATIVE


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token; its text is known here and now, and never again."""

    token: StoredToken
    text: str


class Tokens:
    """Who was given what. A token is good as soon as `issue` returns, and good for nothing once `revoke` does."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        later: Callable[[Callable[[], None]], None],
        local: str,
        sealer: Sealer | None = None,
    ) -> None:
        """`local` is the token of this host; `later` has something written when there is time for it."""
        self.clock, self._store, self._later = clock, store, later
        self._local, self._sealer = local.encode(), sealer
        self._live = {token.id: token for token in store.live_tokens(clock.now())}
        self._seen = {token.id: token.used_at for token in self._live.values()}

    def issue(self, new: NewToken, by: Caller) -> Issued:
        """Give out a token that may no more than who asks for it; durable, and audited.

        Raises `InvalidRequest`, and `NothingToSealWith` for a kind that needs the key.
        """
        now = self.clock.now()
        _judge(new, by, now)
        name, secret = secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
        token = StoredToken(
            id=name,
            name=new.name,
            kind=new.kind,
            scope=new.scope.word,
            projects=new.projects,
            digest=sha256(secret.encode()).digest(),
            created_at=now,
            created_by=by.name,
            expires_at=new.expires_at,
            sealed=self._sealed(new.kind, secret, name),
        )
        self._store.add_token(token, _about(token, by))
        self._live[name] = token
        return Issued(token, f"{MARK}_{name}_{secret}")

    def revoke(self, token: str, by: Caller) -> StoredToken:
        """Take a token back, if that was not done before; raises `NotFound` for one that the caller does not see."""
        self.one(token, by)
        self._store.revoke_token(token, by.name, {"from": by.address}, self.clock.now())
        self._live.pop(token, None)
        self._seen.pop(token, None)
        return self._store.token(token)

    def one(self, token: str, caller: Caller) -> StoredToken:
        """One token; `NotFound` for one that may more than the caller sees."""
        found = self._store.token(token)
        if not _within(found.projects, caller):
            raise NotFound("token", token)
        return found

    def page(self, after: int | None, limit: int, caller: Caller) -> Page[StoredToken]:
        """All that were ever given out, the newest first; a page may be short where there are others between."""
        page = self._store.tokens(after, limit)
        return Page(tuple(token for token in page.items if _within(token.projects, caller)), page.next)

    def admitted(self, shown: bytes, address: str, kind: TokenKind = TokenKind.NATIVE) -> Caller | None:
        """Who shows this text at such a door; None where it is no token that is good there. Never waits."""
        if compare_digest(shown, self._local):
            return Caller(LOCAL, Scope.ADMIN, None, address)
        mark, _, rest = shown.partition(b"_")
        name, _, secret = rest.partition(b"_")
        token = self._live.get(name.decode("latin-1"))
        same = compare_digest(sha256(secret).digest(), _NOBODY if token is None else token.digest)
        if token is None or not same or mark != MARK.encode() or token.kind is not kind:
            return None
        return self._caller(token, address)

    def again(self, token: str | None, address: str) -> Caller | None:
        """Who was admitted by the token of this id (None: that of this host); None where it is good no more."""
        if token is None:
            return Caller(LOCAL, Scope.ADMIN, None, address)
        found = self._live.get(token)
        return None if found is None else self._caller(found, address)

    def any_good(self, kind: TokenKind) -> bool:
        """Whether somebody could be admitted by a token of this kind."""
        return any(token.kind is kind and not self._is_over(token) for token in list(self._live.values()))

    def holds(self, caller: Caller) -> bool:
        """Whether what somebody has shown who was admitted is still good."""
        return caller.token is None or self._is_good(caller.token)

    def projects(self, token: str | None) -> frozenset[int] | None:
        """The ids of those that are there for who holds a token; None: all."""
        return None if token is None else self._store.token(token).projects

    def over(self, token: str | None) -> str | None:
        """Why what a token has asked for is done no longer; None while it is good, as that of the host always is."""
        if token is None or self._is_good(token):
            return None
        stored = self._store.token(token)
        how = "has expired" if stored.revoked_at is None else "was revoked"
        return f"its token, {stored.name} ({stored.id}), {how}"

    def signing(self, key: str, address: str, kind: TokenKind) -> tuple[Caller, bytes] | None:
        """Who has this access key, and the secret that they sign with; None where no such token is good.

        Raises `NothingToSealWith` and `Unsealable`.
        """
        token = self._live.get(key)
        if token is None or token.kind is not kind or token.sealed is None:
            return None
        caller = self._caller(token, address)
        return None if caller is None else (caller, self._key(kind).open(token.sealed, token.id))

    def _caller(self, token: StoredToken, address: str) -> Caller | None:
        """The bearer, whose use of it is remembered; None where its time is over."""
        if self._is_over(token):
            return None
        now = self.clock.now()
        seen = self._seen.get(token.id)
        if seen is None or now - seen >= COARSELY:
            self._seen[token.id] = now
            self._later(lambda: self._store.token_used(token.id, now))
        return Caller(f"{token.name} ({token.id})", Scope[token.scope.upper()], token.projects, address, token.id)

    def _is_good(self, token: str) -> bool:
        found = self._live.get(token)
        return found is not None and not self._is_over(found)

    def _is_over(self, token: StoredToken) -> bool:
        return token.expires_at is not None and token.expires_at <= self.clock.now()

    def _sealed(self, kind: TokenKind, secret: str, owner: str) -> bytes | None:
        return self._key(kind).seal(secret.encode(), owner) if kind in SIGNING else None

    def _key(self, kind: TokenKind) -> Sealer:
        if self._sealer is None:
            raise NothingToSealWith(kind)
        return self._sealer


def _judge(new: NewToken, by: Caller, now: datetime) -> None:
    """Raise `InvalidRequest` for what would be good for more than its maker, or for nothing."""
    faults = []
    if not by.may(new.scope):
        faults.append(Fault("scope", new.scope.word, f"{by.scope.word} or less, as yours"))
    if not _within(new.projects, by):
        given = "all projects" if new.projects is None else ", ".join(map(str, sorted(new.projects)))
        faults.append(Fault("projects", given, "some of the projects of your own token"))
    if new.expires_at is not None and new.expires_at <= now:
        faults.append(Fault("expires", str(utc_text_or_none(new.expires_at)), "a time to come"))
    if faults:
        raise InvalidRequest(faults)


def _within(projects: frozenset[int] | None, caller: Caller) -> bool:
    """Whether the caller sees all of these."""
    return caller.projects is None or (projects is not None and projects <= caller.projects)


def _about(token: StoredToken, by: Caller) -> Mapping[str, object]:
    """For the audit."""
    projects = None if token.projects is None else sorted(token.projects)
    told = {"name": token.name, "scope": token.scope, "projects": projects, "kind": token.kind.value}
    return told | {"expires_at": utc_text_or_none(token.expires_at), "from": by.address}
