"""What one round leaves over, on a real store: the next follows at once, news has its turn, and so has a new daemon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from sqlite3 import SQLITE_LIMIT_VARIABLE_NUMBER, Connection
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from backfilld.catalog.documents import Document
from backfilld.catalog.parse import parse_catalog
from backfilld.config.documents import document_of
from backfilld.daemon.recovery import recover
from backfilld.engine.engine import Engine
from backfilld.engine.events import ByKind
from backfilld.errors import StoreUnavailable
from backfilld.ports import ANY, Round
from backfilld.request.resolved import Limits
from backfilld.service.backfills import Allowed, Backfills
from backfilld.service.book import Book
from backfilld.service.catalogs import Shelf
from backfilld.service.ticker import Ticker
from backfilld.store.prepared import NAMED_AT_ONCE
from backfilld.store.sql import SqlStore

NOW = datetime(2024, 5, 6, 12, tzinfo=UTC)
CATALOG = """
project: shop
timezone: UTC
workflows:
  - workflow: daily
    tasks:
      - {task: a, cron: "0 */4 * * *", virtual: true}
      - {task: b, virtual: true, depends_on: [a]}
      - {task: c, virtual: true, depends_on: [b, {task: c, cycle: previous}]}
      - {task: alone, virtual: true}
"""
REQUEST = {
    "name": "trial",
    "project_id": "shop",
    "type": "SupplementData",
    "periods": {"biz_dates": [{"start_biz_date": "2024-01-01", "end_biz_date": "2024-01-09"}]},
    "default_run_properties": {"root_task_ids": ["a", "b", "c"], "parallelism": 3},
}
YEARS = {
    **REQUEST,
    "periods": {"biz_dates": [{"start_biz_date": "2021-01-01", "end_biz_date": "2023-12-31"}]},
    "default_run_properties": {"root_task_ids": ["alone"]},
}
SIZE, BUDGET, MOST_LIVES = 9 * 8, 5, 200
FEWEST_NAMED = NAMED_AT_ONCE + 10
"""Values that one statement must be able to name; real databases take far more."""


class Killed(Exception):
    """The daemon is no more."""


class MortalStore(SqlStore):
    """Kills the daemon around one of its rounds."""

    rounds_to_live: int | None = None
    killed_after = False

    def record(self, tick: Round) -> None:
        """Durable, or not, when the daemon dies."""
        last = self.rounds_to_live == 0
        if self.rounds_to_live is not None:
            self.rounds_to_live -= 1
        if last and not self.killed_after:
            raise Killed
        try:
            super().record(tick)
        except StoreUnavailable as error:  # else it is asked again for ever
            raise AssertionError("a round could not be recorded") from error
        if last:
            raise Killed


class Idle:
    """A host and an alarm clock for a daemon that starts nothing and waits for nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *given: None


@dataclass
class Daemon:
    """One life. `rounds` has how many instances had succeeded after each round of it."""

    store: MortalStore
    ticker: Ticker
    rounds: list[int]

    def run(self) -> None:
        """Until the backfill is done, or the daemon ends."""
        self.ticker.at_rest = lambda backfill: self.ticker.stop()
        self.ticker.run()

    def published(self, number: int, effects: ByKind) -> None:
        """A round is durable."""
        views = self.ticker.snapshot.backfills.values()
        self.rounds += [view.counts[3] for view in views]


@contextmanager
def life(file: Path, budget: int | None = BUDGET, request: Mapping[str, Any] = REQUEST) -> Iterator[Daemon]:
    """A daemon on this file, which takes up the backfill, or accepts it."""
    store = MortalStore(f"sqlite:///{file}")
    try:
        catalog, idle = parse_catalog([document_of(CATALOG, "shop.yaml")], None), Idle()
        clock: Any = SimpleNamespace(now=lambda: NOW)
        book, engine = Book(store), Engine({"default": 1}, budget=budget)
        ticker = Ticker(engine, store, idle, clock, idle, store.take_lease(NOW))
        allowed = Allowed(Limits(), frozenset({"default"}))
        backfills = Backfills(Shelf(lambda: catalog), store, book, ticker, clock, allowed=allowed)
        recover(store, book, idle, ticker, backfills)
        if not store.count_backfills(ANY):
            backfills.begin(store.accept(backfills.judged(Document("request", request, {})), NOW))
        daemon = Daemon(store, ticker, [])
        ticker.published = daemon.published
        yield daemon
    finally:
        store.close()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> object:
    """What comes of the backfill in one life and one round."""
    file = tmp_path_factory.mktemp("left-over") / "store.db"
    with life(file, budget=None) as daemon:
        daemon.run()
        assert len(daemon.rounds) == 1
    return come_to(file)


def come_to(file: Path) -> object:
    """What is durable: the outcome, all state bytes and counts, and a whole audit."""
    store = SqlStore(f"sqlite:///{file}")
    try:
        stored = store.backfill(1)
        runs = [(bytes(store.state_bytes(run)), store.run(run).counts, store.run(run).outcome) for run in stored.runs]
        return stored.outcome, runs, store.broken_audit()
    finally:
        store.close()


def test_rounds_follow_at_once(undisturbed: object, tmp_path: Path) -> None:
    """Nobody rings: each round calls for the next, none does more than it may, and all of it is done."""
    with life(tmp_path / "store.db") as daemon:
        daemon.run()

    steps = [after - before for before, after in pairwise([0, *daemon.rounds])]
    assert max(steps) <= BUDGET + 1
    assert sum(steps) == SIZE
    assert come_to(tmp_path / "store.db") == undisturbed


def test_news_has_its_turn_between_two_rounds(tmp_path: Path) -> None:
    """Whoever asks while something is left over is answered in the next round, not at the end of all."""
    with life(tmp_path / "store.db") as daemon:
        answered = list[int]()

        def ask(number: int, effects: ByKind) -> None:
            daemon.published(number, effects)
            if len(daemon.rounds) == 2:
                daemon.ticker.in_turn(lambda: ((), None), lambda *told: answered.append(len(daemon.rounds)))

        daemon.ticker.published = ask
        daemon.run()

    (at,) = answered
    assert at < len(daemon.rounds) - 5


def test_an_end_comes_after_the_present_round(undisturbed: object, tmp_path: Path) -> None:
    """A daemon that is to stop leaves over what is left over, and the next one goes on with it."""
    with life(tmp_path / "store.db") as daemon:
        daemon.ticker.published = lambda number, effects: daemon.ticker.stop()
        daemon.run()
        assert daemon.ticker.engine.goes_on
    with life(tmp_path / "store.db") as daemon:
        daemon.run()
    assert come_to(tmp_path / "store.db") == undisturbed


@pytest.mark.parametrize("seed", range(2))
def test_a_daemon_that_is_killed_between_two_rounds_goes_on(undisturbed: object, seed: int, tmp_path: Path) -> None:
    """Before or after any round is durable: what comes of it all is what one round would do."""
    chance, lives, done = Random(seed), 0, False
    while not done and lives < MOST_LIVES:
        lives += 1
        with life(tmp_path / "store.db", chance.choice([1, BUDGET, 2 * BUDGET])) as daemon:
            daemon.store.rounds_to_live, daemon.store.killed_after = chance.randrange(6), chance.random() < 0.5
            with suppress(Killed):
                daemon.run()
            done = daemon.store.backfill(1).done_at is not None

    assert 2 < lives < MOST_LIVES
    assert come_to(tmp_path / "store.db") == undisturbed


@pytest.fixture
def a_database_of_few_names() -> Iterator[None]:
    """Statements may name no more values than that."""

    def limit(connection: Connection, record: object) -> None:
        connection.setlimit(SQLITE_LIMIT_VARIABLE_NUMBER, FEWEST_NAMED)

    event.listen(Pool, "connect", limit)
    yield
    event.remove(Pool, "connect", limit)


@pytest.mark.usefixtures("a_database_of_few_names")
def test_no_round_is_too_large_for_a_statement(tmp_path: Path) -> None:
    """More dates may be admitted and settled in one round than a statement can name."""
    with life(tmp_path / "store.db", None, YEARS) as daemon:
        daemon.run()
        stored = daemon.store.backfill(1)
        assert len(daemon.rounds) == 1
        assert (stored.outcome, len(stored.dates) > FEWEST_NAMED) == ("succeeded", True)
