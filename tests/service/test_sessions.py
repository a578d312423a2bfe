"""By which words browsers are known, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service.test_tokens import BOSS, HOST, NOW, World, opened

from backfilld.errors import Unsealable
from backfilld.ports import TokenKind
from backfilld.service.access import LOCAL, Scope
from backfilld.service.sessions import LASTS, Sessions
from backfilld.service.tokens import NewToken, Tokens
from backfilld.store.sealing import AesSealer, key_from
from backfilld.store.sql import SqlStore

__all__ = ["opened"]
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def made(opened: SqlStore) -> Callable[[], tuple[World, Tokens, Sessions]]:
    """Tokens and sessions, as a daemon that starts now has them."""

    def make(secret: str = HOST) -> tuple[World, Tokens, Sessions]:
        world = World(opened)
        tokens = world.tokens(bytes(32))
        return world, tokens, Sessions(tokens, lambda: AesSealer(key_from(secret, "sessions")))

    return make


def test_a_session_is_as_good_as_its_token(made: Callable[..., tuple[World, Tokens, Sessions]]) -> None:
    """Its bearer may what the token may, from wherever they ask; once that is revoked, nothing, at once."""
    _, tokens, sessions = made()
    issued = tokens.issue(NewToken("ann", Scope.RUN, frozenset({1})), BOSS)
    session = sessions.begin(issued.text.encode(), "10.0.0.1")
    assert session is not None
    assert sessions.caller(session.word, "10.0.0.2") == tokens.admitted(issued.text.encode(), "10.0.0.2")
    tokens.revoke(issued.token.id, BOSS)
    assert sessions.caller(session.word, "10.0.0.2") is None


def test_a_session_outlives_the_daemon(made: Callable[..., tuple[World, Tokens, Sessions]]) -> None:
    """A page that is open while the daemon is started anew goes on; under another key it is nobody's."""
    session = made()[2].begin(HOST.encode(), "::1")
    assert session is not None
    found = made()[2].caller(session.word, "::1")
    assert found is not None
    assert (found.name, found.scope, found.projects) == (LOCAL, Scope.ADMIN, None)
    with pytest.raises(Unsealable):
        made("another host's token")[2].caller(session.word, "::1")


@given(later=st.timedeltas(timedelta(0), 2 * LASTS), life=st.none() | st.timedeltas(SECOND, 2 * LASTS))
def test_a_session_ends_with_its_time_or_its_tokens(
    made: Callable[..., tuple[World, Tokens, Sessions]], later: timedelta, life: timedelta | None
) -> None:
    """Whichever comes first."""
    world, tokens, sessions = made()
    issued = tokens.issue(NewToken("bob", Scope.READ, expires_at=None if life is None else NOW + life), BOSS)
    session = sessions.begin(issued.text.encode(), "::1")
    assert session is not None
    world.time = NOW + later
    good = later < LASTS and (life is None or later < life)
    assert (sessions.caller(session.word, "::1") is not None) is good


@given(word=st.text(max_size=120))
def test_a_word_that_is_made_up_is_nobodys(made: Callable[..., tuple[World, Tokens, Sessions]], word: str) -> None:
    """Whatever it is, it is told as such and breaks nothing."""
    with pytest.raises(Unsealable):
        made()[2].caller(word, "::1")


def test_the_word_does_not_tell_the_token(made: Callable[..., tuple[World, Tokens, Sessions]]) -> None:
    """What a browser keeps is worth nothing anywhere else, and two of them are not alike."""
    sessions = made()[2]
    words = {session.word for _ in range(2) if (session := sessions.begin(HOST.encode(), "::1"))}
    assert len(words) == 2
    assert not any(HOST in word for word in words)


def test_a_vendors_token_begins_none(made: Callable[..., tuple[World, Tokens, Sessions]]) -> None:
    """It is for that vendor's door; nor does a token that is none."""
    _, tokens, sessions = made()
    issued = tokens.issue(NewToken("pat", Scope.READ, kind=TokenKind.PREFECT), BOSS)
    assert sessions.begin(issued.text.encode(), "::1") is None
    assert sessions.begin(b"bf_1_2", "::1") is None
