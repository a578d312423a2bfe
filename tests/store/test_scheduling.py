"""Schedules in the store, on both databases."""

from __future__ import annotations

import pytest
from ports.schedule_contract import ScheduleContract
from store.place import Place


class TestSchedules(ScheduleContract):
    @pytest.fixture(params=["sqlite", "postgresql"])
    def home(self, request: pytest.FixtureRequest) -> Place:
        """Each kind of database."""
        found: Place = request.getfixturevalue(request.param)
        return found
