"""Tokens in the store, on both databases."""

from __future__ import annotations

import pytest
from ports.token_contract import TokenContract
from store.place import Place


class TestTokens(TokenContract):
    @pytest.fixture(params=["sqlite", "postgresql"])
    def home(self, request: pytest.FixtureRequest) -> Place:
        """Each kind of database."""
        found: Place = request.getfixturevalue(request.param)
        return found
