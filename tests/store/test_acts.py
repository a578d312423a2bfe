"""Acts in parts on both databases."""

from __future__ import annotations

import pytest
from ports.act_contract import ActContract
from store.place import Place


class TestActs(ActContract):
    @pytest.fixture(params=["sqlite", "postgresql"])
    def home(self, request: pytest.FixtureRequest) -> Place:
        """Each kind of database."""
        found: Place = request.getfixturevalue(request.param)
        return found
