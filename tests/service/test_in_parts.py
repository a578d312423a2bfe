"""Acts in parts: whatever is killed, each item is decided once, and what comes out is what one round would do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from backfilld.catalog.documents import Document
from backfilld.catalog.parse import parse_catalog
from backfilld.config.documents import document_of
from backfilld.daemon.recovery import recover
from backfilld.engine.asking import Answered
from backfilld.engine.engine import Engine
from backfilld.engine.events import ByKind
from backfilld.ports import Round
from backfilld.request.filters import InstanceCriteria, RunCriteria
from backfilld.request.resolved import Limits
from backfilld.service.access import ITSELF, Caller, Scope
from backfilld.service.backfills import Allowed, Backfills
from backfilld.service.book import Book
from backfilld.service.bulk import Begun, Bulk, BulkWish
from backfilld.service.catalogs import Shelf
from backfilld.service.in_parts import InParts
from backfilld.service.operators import Operators
from backfilld.service.ticker import Ticker
from backfilld.service.tokens import NewToken, Tokens
from backfilld.service.wishes import wish_of
from backfilld.store.sql import SqlStore

NOW = datetime(2024, 5, 6, 12, tzinfo=UTC)
WHOLE, LIVES = 10**6, 300
CATALOG = """
project: shop
timezone: UTC
workflows:
  - workflow: daily
    tasks:
      - {task: a, cron: "0 * * * *", virtual: true}
      - {task: b, virtual: true, depends_on: [a]}
      - {task: c, virtual: true, depends_on: [b, {task: c, cycle: previous}], recurrence: Pause}
"""
REQUEST = {
    "name": "trial",
    "project_id": "shop",
    "type": "SupplementData",
    "periods": {"biz_dates": [{"start_biz_date": "2024-01-01", "end_biz_date": "2024-01-09"}]},
    "default_run_properties": {"root_task_ids": ["a", "b", "c"], "analysis": {"blocked": False}},
    "auto_start_enabled": False,
}
ACTS = ("skip", "set_failed", "set_succeeded", "cancel", "hold", "release", "rerun")
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"task": {"any_": ["a"]}},
    {"business_date": {"after_": "2024-01-04"}},
    {"state": {"any_": ["failed", "cancelled"]}},
)


class Killed(Exception):
    """The daemon is no more."""


class MortalStore(SqlStore):
    """Kills the daemon around one of the next rounds, and says when an act has ended."""

    rounds_to_live: int | None = None
    killed_after: bool = False
    ended: Callable[[], None]

    def record(self, tick: Round) -> None:
        """Durable, or not, when the daemon dies."""
        last = self.rounds_to_live == 0
        if self.rounds_to_live is not None:
            self.rounds_to_live -= 1
        if last and not self.killed_after:
            raise Killed
        super().record(tick)
        if last:
            raise Killed

    def end_act(self, act: str, now: datetime, error: str | None = None) -> None:
        """The act has ended."""
        super().end_act(act, now, error)
        self.ended()


class Idle:
    """A host and an alarm clock for a daemon that starts nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *given: None


@dataclass
class Daemon:
    """One life."""

    store: MortalStore
    ticker: Ticker
    bulk: Bulk
    in_parts: InParts
    backfills: Backfills
    tokens: Tokens

    def act(self, name: str, of: str, passing: dict[str, Any], caller: Caller = ITSELF) -> Begun:
        """Have it accepted."""
        criteria = (RunCriteria if of == "run" else InstanceCriteria).model_validate(passing)
        wanted = BulkWish(wish_of(name, {}).of(caller), criteria, {})
        bulk = self.bulk.for_(caller)
        return bulk.begin(wanted, bulk.find(wanted))

    def accept(self) -> None:
        """A backfill of nine dates, not started."""
        operation = self.store.accept(self.backfills.judged(Document("request", REQUEST, {})), NOW)
        self.backfills.begin(operation)


@contextmanager
def life(file: Path, part: int = 3, now: datetime = NOW) -> Iterator[Daemon]:
    """A daemon on this file, which takes up what is open."""
    store = MortalStore(f"sqlite:///{file}")
    try:
        catalog = parse_catalog([document_of(CATALOG, "shop.yaml")], None)
        shelf, book = Shelf(lambda: catalog), Book(store)
        idle: Any = Idle()
        clock: Any = SimpleNamespace(now=lambda: now)
        ticker = Ticker(Engine({"default": 1}), store, idle, clock, idle, store.take_lease(now))
        store.ended = ticker.stop
        allowed = Allowed(Limits(), frozenset({"default"}))
        backfills = Backfills(shelf, store, book, ticker, clock, allowed=allowed)
        tokens = Tokens(store, clock, later=ticker.later, local="the-token-of-the-host")
        operators = Operators(store, book, ticker, shelf, 10)
        in_parts = InParts(store, book, ticker, operators, tokens, part)
        recover(store, book, idle, ticker, backfills)
        in_parts.recover()
        yield Daemon(store, ticker, Bulk(store, book, ticker, shelf, in_parts), in_parts, backfills, tokens)
    finally:
        store.close()


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one backfill that is not started."""
    file = tmp_path_factory.mktemp("in-parts") / "store.db"
    with life(file) as daemon:
        daemon.accept()
    return file


def lived_through(file: Path, acts: list[tuple[str, str, dict[str, Any]]], chance: Random | None) -> list[Any]:
    """One act after the other, in one round each, or in parts under kills; what came of each, and all state bytes."""
    for act in acts:
        begun = False
        for _ in range(LIVES):
            with life(file, WHOLE if chance is None else chance.choice([1, 3, 30])) as daemon:
                if not begun:
                    daemon.act(*act)
                elif not daemon.store.open_acts():
                    break
                begun = True
                if chance is not None:
                    daemon.store.rounds_to_live = chance.randrange(6)
                    daemon.store.killed_after = chance.random() < 0.5
                try:
                    daemon.ticker.run()
                except Killed:
                    continue
                break
        else:
            raise AssertionError("it never ends")
    with life(file) as daemon:
        stored = daemon.store.backfill(1)
        states = [bytes(daemon.store.state_bytes(run)) for run in stored.runs]
        defaults = [daemon.store.run(run).default for run in stored.runs]
        told = [entry.counts for entry in daemon.store.audit(None, 100).items if entry.what in ACTS]
        return [states, defaults, told, daemon.store.broken_audit()]


@pytest.mark.parametrize("seed", range(4))
def test_acts_in_parts_come_to_what_one_round_would_do(seed: int, accepted: Path, tmp_path: Path) -> None:
    """Whatever is killed, before or after a round is durable: each item is decided once, in one entry of the audit."""
    chance = Random(seed)
    acts = [(chance.choice(ACTS), chance.choice(["instance", "run"]), chance.choice(FILTERS)) for _ in range(3)]
    acts = [(name, of, {} if of == "run" and "task" in passing else passing) for name, of, passing in acts]
    whole, parts = (Path(shutil.copy(accepted, tmp_path / name)) for name in ("whole.db", "parts.db"))

    expected = lived_through(whole, acts, None)
    assert len(expected[2]) == len(acts)
    assert lived_through(parts, acts, chance) == expected


def test_what_an_act_is_busy_with_is_not_let_go_of(accepted: Path, tmp_path: Path) -> None:
    """A backfill that is done all the while is taken up for the first part alone, and let go of after the last."""
    file = Path(shutil.copy(accepted, tmp_path / "store.db"))
    for act, of in (("cancel", "run"), ("set_succeeded", "instance")):
        with life(file) as daemon:
            rested = list[int]()
            daemon.ticker.at_rest = rested.append
            daemon.act(act, of, {"business_date": {"any_": ["2024-01-01", "2024-01-02"]}} if of == "instance" else {})
            daemon.ticker.run()
            assert rested == [1]
            assert daemon.store.backfill(1).outcome == "cancelled"


def test_an_act_that_is_stopped_has_done_some(accepted: Path, tmp_path: Path) -> None:
    """The part under way is done, nothing after it; the audit says how far it came and who wanted that."""
    with life(Path(shutil.copy(accepted, tmp_path / "store.db"))) as daemon:
        daemon.act("skip", "instance", {})
        (act,) = daemon.store.open_acts()

        def stop(number: int, told: ByKind) -> None:
            if told.of(Answered):
                daemon.in_parts.stop(act.id, "stopped by somebody")

        daemon.ticker.published = stop
        daemon.ticker.run()
        found, entry = daemon.store.act(act.id), daemon.store.audit(None, 1).items[0]
        assert (found.status, found.error) == ("failed", "stopped by somebody")
        assert 0 < found.done < found.total
        assert (json.loads(entry.counts), json.loads(entry.about)["error"]) == (found.counts, found.error)
        assert daemon.in_parts.stop(act.id, "again") is None


def test_an_act_ends_with_the_token_that_asked_for_it(accepted: Path, tmp_path: Path) -> None:
    """Nothing more is done once that is revoked; what was done stays, and the end says why."""
    with life(Path(shutil.copy(accepted, tmp_path / "store.db"))) as daemon:
        token = daemon.tokens.issue(NewToken("ci", Scope.OPERATE), ITSELF).token.id
        begun = daemon.act("skip", "instance", {}, Caller("ci", Scope.OPERATE, None, "::1", token))

        def revoke(number: int, told: ByKind) -> None:
            if told.of(Answered):
                daemon.tokens.revoke(token, ITSELF)

        daemon.ticker.published = revoke
        daemon.ticker.run()
        found = daemon.store.act(begun.id)
        assert (found.status, found.error) == ("failed", f"its token, ci ({token}), was revoked")
        assert 0 < found.done < found.total
        assert begun.verdicts(0) is None  # those of a half are no answer


def test_an_act_that_is_open_ends_with_the_time_of_its_token(accepted: Path, tmp_path: Path) -> None:
    """Also where a daemon that was started later takes it up: nothing is done by whom nobody would admit now."""
    file, end = Path(shutil.copy(accepted, tmp_path / "store.db")), NOW + timedelta(hours=1)
    with life(file) as daemon:
        token = daemon.tokens.issue(NewToken("ci", Scope.OPERATE, expires_at=end), ITSELF).token.id
        act = daemon.act("skip", "instance", {}, Caller("ci", Scope.OPERATE, None, "::1", token)).id
    with life(file, now=end) as daemon:
        daemon.ticker.run()
        found = daemon.store.act(act)
        assert (found.status, found.error, found.done) == ("failed", f"its token, ci ({token}), has expired", 0)
