"""Lists on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from ports.list_contract import ListContract
from sqlalchemy import Select, select
from store.place import Place

from backfilld.ports import BackfillFilter, InstanceFilter
from backfilld.store import filters, pages, tables


class TestLists(ListContract):
    @pytest.fixture(params=["sqlite", "postgresql"])
    def home(self, request: pytest.FixtureRequest) -> Place:
        """Each kind of database."""
        found: Place = request.getfixturevalue(request.param)
        return found


def plan_of(place: Place, asked: Select[Any]) -> list[str]:
    """The steps that SQLite takes for a statement with literal values."""
    place.open().close()
    engine = place.engine()
    text = str(asked.compile(engine, compile_kwargs={"literal_binds": True}))
    with engine.connect() as connection:
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    engine.dispose()
    return steps


@pytest.mark.parametrize(
    ("wanted", "index"),
    [({}, "COVERING INDEX ix_backfill_workflow"), ({"open": True}, "INDEX ix_backfill_open")],
)
def test_executions_of_a_workflow_are_paged_by_an_index(sqlite: Place, wanted: dict[str, bool], index: str) -> None:
    """No page, and no look for those that are open, reads the rows of all that a workflow has ever executed."""
    row = tables.backfill.c
    passing = filters.of_backfills(BackfillFilter(project=1, workflow=2, **wanted))
    steps = plan_of(sqlite, select(row.id).where(*passing).order_by(row.id.desc()).limit(10))
    assert len(steps) == 1
    assert index in steps[0]


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
