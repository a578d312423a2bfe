"""Lists on both databases."""

from __future__ import annotations

import pytest
from ports.list_contract import ListContract
from store.place import Place

from backfilld.ports import InstanceFilter
from backfilld.store import pages


class TestLists(ListContract):
    @pytest.fixture(params=["sqlite", "postgresql"])
    def home(self, request: pytest.FixtureRequest) -> Place:
        """Each kind of database."""
        found: Place = request.getfixturevalue(request.param)
        return found


def test_whether_all_dates_have_rows_is_seen_by_an_index(sqlite: Place) -> None:
    """Every page of instances asks: that must not take a look at each of the dates."""
    sqlite.open().close()
    engine = sqlite.engine()
    asked = str(pages.bare_runs(InstanceFilter(), None).compile(engine))
    with engine.connect() as connection:
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", (0, 9, 1, 0))]
    engine.dispose()
    assert len(steps) == 1
    assert "ix_run_bare" in steps[0]
