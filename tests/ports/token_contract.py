"""What every store promises of tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ports.store_contract import NOW, Home

from backfilld.errors import NotFound, StoreConflict
from backfilld.ports import Store, StoredToken, TokenKind

DAY = timedelta(days=1)


def token(name: str, **more: Any) -> StoredToken:
    """A token that is good for a day."""
    given: dict[str, Any] = {"kind": TokenKind.NATIVE, "scope": "run", "projects": frozenset({7, 3})}
    given |= {"expires_at": NOW + DAY} | more
    return StoredToken(f"id-{name}", name, digest=b"\0\xff" * 16, created_at=NOW, created_by="a", **given)


class TokenContract:
    """Runs on every store; a subclass gives the fixture `home`."""

    @pytest.fixture
    def store(self, home: Home) -> Iterator[Store]:
        """A store with the lease taken."""
        opened = home.open()
        opened.take_lease(NOW)
        yield opened
        opened.close()

    def test_what_is_remembered(self, store: Store) -> None:
        """Every field comes back as it was given, and no id twice."""
        plain = token("plain")
        sealed = token("sealed", projects=None, expires_at=None, sealed=b"\1\2", kind=TokenKind.DATAWORKS)
        for each in (plain, sealed):
            store.add_token(each, {})

        assert [store.token("id-plain"), store.token("id-sealed")] == [plain, sealed]
        with pytest.raises(StoreConflict):
            store.add_token(token("plain"), {})
        with pytest.raises(NotFound):
            store.token("id-nobody")

    def test_pages(self, store: Store) -> None:
        """The newest come first, each once."""
        for name in "abcde":
            store.add_token(token(name), {})
        first = store.tokens(None, 2)
        second = store.tokens(first.next, 2)
        third = store.tokens(second.next, 2)
        assert "".join(each.name for page in (first, second, third) for each in page.items) == "edcba"
        assert third.next is None
        assert store.tokens(None, 5).next is None

    def test_who_is_live(self, store: Store) -> None:
        """Live is who is neither revoked nor at the end of its time."""
        for each in (token("short"), token("ever", expires_at=None), token("gone")):
            store.add_token(each, {})
        assert store.revoke_token("id-gone", "b", {}, NOW)

        assert {each.name for each in store.live_tokens(NOW)} == {"short", "ever"}
        assert {each.name for each in store.live_tokens(NOW + DAY)} == {"ever"}

    def test_it_is_revoked_once(self, store: Store) -> None:
        """The first revocation stays, and what is not there is not revoked."""
        store.add_token(token("x"), {})
        assert store.revoke_token("id-x", "b", {}, NOW + DAY)
        assert not store.revoke_token("id-x", "c", {}, NOW + 2 * DAY)
        assert not store.revoke_token("id-y", "c", {}, NOW)
        assert store.token("id-x") == replace(token("x"), revoked_at=NOW + DAY)

    def test_when_it_was_used(self, store: Store) -> None:
        """The last use is remembered."""
        store.add_token(token("x"), {})
        store.token_used("id-x", NOW + DAY)
        assert store.token("id-x").used_at == NOW + DAY

    def test_all_is_audited(self, store: Store) -> None:
        """Who gave a token out and who took it back, with what was said about it, and never its digest."""
        store.add_token(token("x"), {"scope": "run"})
        store.revoke_token("id-x", "b", {"from": "::1"}, NOW)
        told = [(each.by, each.what, json.loads(each.about)) for each in store.audit(None, 10).items]
        assert told == [
            ("b", "revoke token", {"token": "id-x", "from": "::1"}),
            ("a", "create token", {"token": "id-x", "scope": "run"}),
        ]
        assert store.broken_audit() is None
