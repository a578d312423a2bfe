"""Lists on both databases."""

from __future__ import annotations

import pytest
from ports.list_contract import ListContract
from store.place import Place


class TestLists(ListContract):
    @pytest.fixture(params=["sqlite", "postgresql"])
    def home(self, request: pytest.FixtureRequest) -> Place:
        """Each kind of database."""
        found: Place = request.getfixturevalue(request.param)
        return found
