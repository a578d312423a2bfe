"""Who is admitted by which text, and for how long."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.errors import InvalidRequest, NotFound, Unsealable
from backfilld.ports import TokenKind
from backfilld.service.access import LOCAL, Caller, Scope
from backfilld.service.tokens import COARSELY, SECRET_BYTES, NewToken, NothingToSealWith, Tokens
from backfilld.store.sealing import AesSealer
from backfilld.store.sql import SqlStore

NOW = datetime(2024, 5, 6, tzinfo=UTC)
HOST = "the-token-of-the-host"
BOSS = Caller(LOCAL, Scope.ADMIN, None, "::1")
PROJECTS = st.none() | st.frozensets(st.integers(1, 4), min_size=1)


@dataclass
class World:
    """A store, a clock that is set by hand, and what was left for later."""

    store: SqlStore
    time: datetime = NOW
    left: list[Callable[[], None]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def tokens(self, key: bytes | None = None) -> Tokens:
        """Tokens, as a daemon that starts now finds them."""
        sealer = None if key is None else AesSealer(key)
        return Tokens(self.store, self, later=self.left.append, local=HOST, sealer=sealer)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """One store for all tests: each makes tokens of its own."""
    store = SqlStore(f"sqlite:///{tmp_path_factory.mktemp('tokens')}/store.db")
    store.take_lease(NOW)
    yield store
    store.close()


@pytest.fixture
def world(opened: SqlStore) -> World:
    return World(opened)


def test_a_token_is_good_from_issue_to_revocation(world: World) -> None:
    """At once, for its scope and projects, under its name and id; also for the daemon that comes next."""
    tokens = world.tokens()
    issued = tokens.issue(NewToken("ci", Scope.RUN, frozenset({7})), BOSS)
    caller = Caller(f"ci ({issued.token.id})", Scope.RUN, frozenset({7}), "10.0.0.9", issued.token.id)
    for each in (tokens, world.tokens()):
        assert each.admitted(issued.text.encode(), "10.0.0.9") == caller
        assert each.holds(caller)
        assert each.over(caller.token) is None
    tokens.revoke(issued.token.id, BOSS)
    for each in (tokens, world.tokens()):
        assert each.admitted(issued.text.encode(), "10.0.0.9") is None
        assert not each.holds(caller)
        assert each.over(caller.token) == f"its token, {caller.name}, was revoked"
    assert tokens.over(None) is None


def test_a_token_ends_with_its_time(world: World) -> None:
    """Up to the moment that it was given, and not at it."""
    tokens, end = world.tokens(), NOW + timedelta(days=1)
    issued = tokens.issue(NewToken("ci", Scope.READ, expires_at=end), BOSS)
    world.time = end - timedelta(microseconds=1)
    caller = tokens.admitted(issued.text.encode(), "::1")
    assert caller is not None
    world.time = end
    assert tokens.admitted(issued.text.encode(), "::1") is None
    assert not tokens.holds(caller)
    for each in (tokens, world.tokens()):
        assert each.over(caller.token) == f"its token, {caller.name}, has expired"


def test_nothing_but_the_whole_text_is_admitted(world: World) -> None:
    """No token with a character changed, added, left out, or moved from another token opens."""
    tokens = world.tokens()
    one, other = (tokens.issue(NewToken(name, Scope.READ), BOSS).text for name in "ab")
    bf, number, secret = one.split("_", 2)
    wrong = {f"{bf}_{other.split('_')[1]}_{secret}", f"{bf}_{number}_", f"bg_{number}_{secret}", f"{number}_{secret}"}
    wrong |= {one[:place] + "!" + one[place + 1 :] for place in range(len(one))} | {one[:-1], f"{one}x", f"{one} ", ""}
    assert [text for text in wrong if tokens.admitted(text.encode(), "::1")] == []
    assert tokens.admitted(b"\xff\xfe_\x00", "::1") is None


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_looked_at(opened: SqlStore, shown: bytes) -> None:
    """Whatever is shown is answered with no, never with an error."""
    assert World(opened).tokens().admitted(b"bf_" + shown, "::1") is None


def test_the_token_of_the_host(world: World) -> None:
    """Whoever reads the host's file may everything, and has no id."""
    caller = world.tokens().admitted(HOST.encode(), "127.0.0.1")
    assert caller == Caller(LOCAL, Scope.ADMIN, None, "127.0.0.1")
    assert world.tokens().holds(caller)


def test_secrets_are_long_and_never_kept(world: World) -> None:
    """256 random bits, no two alike, and none of them in the database or the audit."""
    tokens = world.tokens()
    texts = [tokens.issue(NewToken("ci", Scope.READ), BOSS).text for _ in range(8)]
    secrets = {text.split("_", 2)[2] for text in texts}
    assert len(secrets) == 8
    assert all(len(secret) * 6 >= SECRET_BYTES * 8 for secret in secrets)
    kept = repr([world.store.token(text.split("_")[1]) for text in texts]) + repr(world.store.audit(None, 100))
    assert not any(secret in kept for secret in secrets)


def test_its_use_is_written_now_and_then(world: World) -> None:
    """Later, never while somebody waits, and once an hour however often it is shown."""
    tokens = world.tokens()
    issued = tokens.issue(NewToken("ci", Scope.READ), BOSS)
    for minutes in (0, 1, 59):
        world.time = NOW + timedelta(minutes=minutes)
        tokens.admitted(issued.text.encode(), "::1")
    assert len(world.left) == 1
    assert world.store.token(issued.token.id).used_at is None
    world.left.pop()()
    assert world.store.token(issued.token.id).used_at == NOW
    world.time = NOW + COARSELY
    tokens.admitted(issued.text.encode(), "::1")
    assert len(world.left) == 1
    world.left.clear()
    world.tokens().admitted(issued.text.encode(), "::1")
    assert len(world.left) == 1


@given(st.sampled_from(Scope), PROJECTS, st.sampled_from(Scope), PROJECTS)
def test_nobody_gives_more_than_they_have(
    opened: SqlStore, mine: Scope, seen: frozenset[int] | None, asked: Scope, wanted: frozenset[int] | None
) -> None:
    """A token is given out exactly if its scope and its projects are within those of its maker, who then sees it."""
    tokens, maker = World(opened).tokens(), Caller("maker", mine, seen, "::1")
    fits = seen is None or (wanted is not None and wanted <= seen)
    wrong = ({"scope"} if asked > mine else set()) | (set() if fits else {"projects"})
    if wrong:
        with pytest.raises(InvalidRequest) as refused:
            tokens.issue(NewToken("ci", asked, wanted), maker)
        assert {fault.path for fault in refused.value.faults} == wrong
    else:
        issued = tokens.issue(NewToken("ci", asked, wanted), maker)
        assert tokens.one(issued.token.id, maker) == issued.token


def test_a_token_of_more_projects_is_not_there(world: World) -> None:
    """Who sees some projects finds no token that is good for others, in no list, and revokes none."""
    tokens, limited = world.tokens(), replace(BOSS, projects=frozenset({1}))
    wide, narrow = (tokens.issue(NewToken("x", Scope.READ, which), BOSS).token for which in (None, frozenset({1})))
    shown = {token.id for token in tokens.page(None, 1_000, limited).items}
    assert narrow.id in shown
    assert wide.id not in shown
    for ask in (tokens.one, tokens.revoke):
        with pytest.raises(NotFound):
            ask(wide.id, limited)
    assert tokens.one(wide.id, BOSS).revoked_at is None


def test_an_end_that_has_passed(world: World) -> None:
    """A token that would never be good is refused."""
    with pytest.raises(InvalidRequest, match="expires: given 2024-05-06T00:00:00Z; allowed: a time to come"):
        world.tokens().issue(NewToken("ci", Scope.READ, expires_at=NOW), BOSS)


def test_each_kind_at_its_own_door(world: World) -> None:
    """A token is good at the door that it was made for, and at no other."""
    tokens = world.tokens(bytes(32))
    for kind in TokenKind:
        shown = tokens.issue(NewToken("x", Scope.READ, kind=kind), BOSS).text.encode()
        assert [door for door in TokenKind if tokens.admitted(shown, "::1", door)] == [kind]


def test_a_secret_to_sign_with(world: World) -> None:
    """It can be read again by its access key, under the same key alone, and not once it was revoked."""
    tokens = world.tokens(bytes(32))
    issued = tokens.issue(NewToken("sdk", Scope.RUN, kind=TokenKind.DATAWORKS), BOSS)
    key, secret = issued.text.split("_", 2)[1:]
    for each in (tokens, world.tokens(bytes(32))):
        found = each.signing(key, "10.0.0.9", TokenKind.DATAWORKS)
        assert found == (Caller(f"sdk ({key})", Scope.RUN, None, "10.0.0.9", key), secret.encode())
    assert tokens.signing(key, "10.0.0.9", TokenKind.NATIVE) is None
    assert tokens.signing("unknown", "10.0.0.9", TokenKind.DATAWORKS) is None
    with pytest.raises(Unsealable):
        world.tokens(bytes(range(32))).signing(key, "::1", TokenKind.DATAWORKS)
    tokens.revoke(key, BOSS)
    assert tokens.signing(key, "10.0.0.9", TokenKind.DATAWORKS) is None


def test_without_a_key_nothing_is_sealed(world: World) -> None:
    """A daemon without the credential refuses such tokens, says what is missing, and writes nothing."""
    with pytest.raises(NothingToSealWith, match="the credential `token_key`"):
        world.tokens().issue(NewToken("unsealed", Scope.RUN, kind=TokenKind.DATAWORKS), BOSS)
    assert "unsealed" not in {token.name for token in world.store.live_tokens(NOW)}


def test_what_the_audit_says(world: World) -> None:
    """Who gave which token to whom for what, who took it back, and from where."""
    tokens = world.tokens()
    end = NOW + timedelta(days=1)
    token = tokens.issue(NewToken("ci", Scope.RUN, frozenset({7}), end), replace(BOSS, address="10.0.0.9")).token
    tokens.revoke(token.id, BOSS)
    tokens.revoke(token.id, BOSS)
    told: list[Any] = [(each.what, json.loads(each.about)) for each in world.store.audit(None, 2).items]
    made = {"name": "ci", "scope": "run", "projects": [7], "kind": "native", "expires_at": "2024-05-07T00:00:00Z"}
    assert told == [
        ("revoke token", {"token": token.id, "from": "::1"}),
        ("create token", {"token": token.id, **made, "from": "10.0.0.9"}),
    ]
