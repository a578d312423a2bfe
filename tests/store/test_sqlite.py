"""The store on a SQLite file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from ports.store_contract import NOW, Play, StoreContract, accepted
from store.place import Place

from backfilld.engine.events import RunAdmitted, RunChanged
from backfilld.engine.states import State
from backfilld.errors import InvalidSettings, PlanTooLarge, StoreUnavailable
from backfilld.planning.plan import instance_id
from backfilld.store.sql import SqlStore


class TestSqlite(StoreContract):
    @pytest.fixture
    def home(self, sqlite: Place) -> Place:
        """A file."""
        return sqlite


def test_a_locked_file_costs_nothing_but_time(tmp_path: Path) -> None:
    """While another program holds the write lock a round fails whole, readers read on, and it can be told again."""
    opened = SqlStore(f"sqlite:///{tmp_path}/store.db?timeout=0.05")
    opened.take_lease(NOW)
    backfill = accepted(opened)
    play = Play(opened, backfill)
    play.states[backfill.first_run] = bytearray([State.READY] * 3)
    tick = play.round([play.changed(backfill.first_run)])
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="locked"):
        opened.record(tick)
    assert opened.state_bytes(backfill.first_run) == b""
    other.execute("ROLLBACK")
    other.close()
    opened.record(tick)
    assert opened.state_bytes(backfill.first_run) == bytes([State.READY] * 3)
    opened.close()


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    """A round that finds no room fails whole, and is written once there is room."""
    opened = SqlStore(f"sqlite:///{tmp_path}/store.db")
    opened.take_lease(NOW)
    backfill = accepted(opened, tasks=10_000)
    play = Play(opened, backfill, tasks=10_000)
    run = backfill.first_run
    pages = limit_pages(opened, 1)

    with pytest.raises(StoreUnavailable, match="full"):
        play.admit(run)
    assert (opened.run(run).admitted_at, opened.state_bytes(run)) == (None, b"")
    limit_pages(opened, pages + 1_000_000)
    play.number = 0
    play.admit(run)
    assert len(opened.state_bytes(run)) == 10_000
    opened.close()


def limit_pages(opened: SqlStore, pages: int) -> int:
    """The file may have so many pages, or as many as it has; only the writer's own connection can be told."""
    with opened._database.writing() as connection:
        return int(connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").scalar_one())


@pytest.mark.parametrize("what", ["run", "backfill"])
def test_numbers_end_loudly(sqlite: Place, what: str) -> None:
    """The last number that fits in 32 bits is given out; what needs the next one is refused whole."""
    opened = sqlite.open()
    opened.take_lease(NOW)
    sqlite.execute(f"UPDATE lease SET next_{what} = {2**32 - 1}")
    last = accepted(opened, dates=1)
    assert 2**32 - 1 in (last.id, last.first_run)

    with pytest.raises(PlanTooLarge, match=f"4,294,967,297 {what}s, with all that were ever accepted"):
        accepted(opened, dates=1)
    assert [backfill.id for backfill in opened.backfills(None, 9).items] == [last.id]
    opened.close()


def test_a_round_may_be_about_any_number_of_runs(tmp_path: Path) -> None:
    """A hundred years of dates, more than a statement has parameters, are settled in one round and admitted in one."""
    opened = SqlStore(f"sqlite:///{tmp_path}/store.db")
    opened.take_lease(NOW)
    backfill = accepted(opened, dates=36_600, tasks=1)
    play = Play(opened, backfill, tasks=1)
    last = backfill.runs[-1]

    play.tell([RunChanged(run, backfill.id, (0,) * 9, 0, True, "cancelled", None, {}) for run in backfill.runs])
    assert (opened.run(last).settled_at, opened.run(last).admitted_at) == (play.at, None)
    play.states = {run: bytearray([State.READY]) for run in backfill.runs}
    effects = [effect for run in backfill.runs for effect in (RunAdmitted(run), play.changed(run))]
    play.tell(effects, rows={run: play.rows(run) for run in backfill.runs})
    assert (opened.run(last).settled, opened.run(last).admitted_at) == (False, play.at)
    assert opened.instance(instance_id(last, 0)).state is State.READY
    opened.close()


def test_every_commit_reaches_the_disk(tmp_path: Path) -> None:
    """The writer waits for the disk at each commit, and readers cannot write."""
    opened = SqlStore(f"sqlite:///{tmp_path}/store.db")
    with opened._database.writing() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")
        }
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert asked == {"synchronous": 2, "journal_mode": "wal"}
    with pytest.raises(StoreUnavailable, match="readonly"), opened._database.reading() as connection:
        connection.exec_driver_sql("DELETE FROM lease")
    opened.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/store"])
def test_urls_that_cannot_be_a_store(url: str) -> None:
    """Only a SQLite file or a PostgreSQL database can remember."""
    with pytest.raises(InvalidSettings, match="allowed: sqlite"):
        SqlStore(url)
