"""Amendments on both databases."""

from __future__ import annotations

import pytest
from ports.amendment_contract import AmendmentContract
from store.place import Place


class TestAmendments(AmendmentContract):
    @pytest.fixture(params=["sqlite", "postgresql"])
    def home(self, request: pytest.FixtureRequest) -> Place:
        """Each kind of database."""
        found: Place = request.getfixturevalue(request.param)
        return found
