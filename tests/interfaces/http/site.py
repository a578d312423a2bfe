"""A whole daemon in one process, built as the real one is, behind a real server on a free loopback port."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import uvicorn
from alerts.fake_channels import FakeChannels

from backfilld.catalog.parse import parse_catalog
from backfilld.config.documents import read_documents
from backfilld.daemon.clock import SystemClock
from backfilld.daemon.connections import Connection
from backfilld.daemon.forecaster import HelperForecaster
from backfilld.daemon.recovery import recover
from backfilld.daemon.sealing import session_sealer
from backfilld.daemon.timers import ApTimers
from backfilld.engine.budget import A_ROUND
from backfilld.engine.engine import Engine
from backfilld.engine.turns import STARVATION_AFTER
from backfilld.executors.local import LocalExecutor
from backfilld.executors.runner import Runner
from backfilld.interfaces.http.app import Services, create_app
from backfilld.interfaces.http.doors.prefect import pauses as pausing
from backfilld.interfaces.http.doors.prefect.lapsing import lapse
from backfilld.interfaces.http.rates import RateLimits
from backfilld.ports import Capacity, SlotGroup
from backfilld.request.resolved import Limits
from backfilld.request.schedules import parse_schedules
from backfilld.service.amending import Amending
from backfilld.service.backfills import Allowed, Backfills
from backfilld.service.book import Book
from backfilld.service.bulk import Bulk
from backfilld.service.catalogs import Catalogs, Shelf
from backfilld.service.channels import Channels
from backfilld.service.explaining import Explaining
from backfilld.service.feed import Feed
from backfilld.service.firing import ALARM, Firer
from backfilld.service.forecasts import Forecasts
from backfilld.service.gaps import Gaps
from backfilld.service.in_flight import Flights
from backfilld.service.in_parts import InParts
from backfilld.service.measuring import Measuring
from backfilld.service.neighbours import Neighbours
from backfilld.service.operators import Operators
from backfilld.service.overall import Overall
from backfilld.service.overview import Overviews
from backfilld.service.resource_groups import Groups
from backfilld.service.schedules import Schedules
from backfilld.service.sessions import Sessions
from backfilld.service.ticker import Ticker
from backfilld.service.tokens import Tokens
from backfilld.service.views import Views
from backfilld.store.sealing import AesSealer
from backfilld.store.sql import SqlStore

TOKEN = "a-token-of-the-tests"
PATIENCE = 60.0
CATALOG = """
project: shop
id: 7
timezone: UTC
business_date_offset: 0
workflows:
  - workflow: daily
    id: 70
    parameters: {gate: /nowhere}
    tasks:
      - {task: extract, id: 1, command: 'echo extract "$bizdate"'}
      - {task: hold, id: 2, command: 'until [ -e "$gate" ]; do sleep 0.02; done', depends_on: [extract]}
      - {task: load, id: 3, command: 'cat "$gate"', depends_on: [hold]}
      - {task: picky, id: 4, command: 'echo looking for "$gate"; test -e "$gate"'}
      - {task: after_picky, id: 5, virtual: true, depends_on: [picky]}
      - {task: hourly, id: 6, cron: "0 * * * *", virtual: true, depends_on: [extract]}
      - {task: often, id: 7, cron: "0 * * * *", virtual: true}
      - {task: numbers, id: 8, command: seq 1000 9999, log_limit: 16384}
      - {task: handed, id: 9, command: 'printf "{\\"rows\\": 3, \\"share\\": 1e999}" > "$BACKFILL_OUTPUT_FILE"'}
      - {task: loud, id: 11, command: seq 10000 99999}
      - {task: silent, id: 12, command: "true"}
      - {task: unheard, id: 13, command: "true"}
      - {task: after_unheard, id: 14, command: "true", depends_on: [unheard]}
  - workflow: on_call
    id: 71
    type: Triggered
    parameters: {day: "0", note: none}
    tasks:
      - {task: handed_on, id: 15, command: 'cp "$BACKFILL_PAYLOAD_FILE" "$BACKFILL_OUTPUT_FILE"'}
      - task: told
        id: 16
        depends_on: [handed_on]
        command: 'printf "{\\"day\\": \\"%s\\", \\"note\\": \\"%s\\"}" "$day" "$note" > "$BACKFILL_OUTPUT_FILE"'
"""


SCHEDULES = """
- schedule: nightly
  cron: "30 1 1 1 *"
  timezone: America/New_York
  request:
    name: reload
    project_id: shop
    type: SupplementData
    periods: {biz_dates: [{start_biz_date: -2d, end_biz_date: yesterday}]}
    default_run_properties: {root_task_ids: [silent], parallelism: 2}
- schedule: lost
  cron: "@yearly"
  request: {name: lost, project_id: shop, type: SupplementData, periods: {biz_dates: [{start_biz_date: yesterday,
    end_biz_date: yesterday}]}, default_run_properties: {root_task_ids: [nobody]}}
"""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the daemon is, and what a caller does there again and again."""

    http: httpx.Client
    services: Services
    folder: Path

    def request(self, *tasks: str, days: int = 1, gate: str = "gate", **more: Any) -> dict[str, Any]:
        """A request for tasks on the first days of 2024; `gate` names the file that they wait or look for."""
        last = date(2024, 1, 1) + timedelta(days=days - 1)
        return {
            "name": "trial",
            "type": "SupplementData",
            "project_id": "shop",
            "periods": {"biz_dates": [{"start_biz_date": "2024-01-01", "end_biz_date": last.isoformat()}]},
            "default_run_properties": {"root_task_ids": list(tasks), **more},
            "workflow_parameters": {"gate": str(self.gate(gate))},
            "workflow_id": "daily",
        }

    def gate(self, name: str) -> Path:
        return self.folder / name

    def submit(self, *tasks: str, **more: Any) -> int:
        """Submit, and wait until the runs are written; the backfill's id."""
        answer = self.http.post("/v1/backfills", json=self.request(*tasks, **more))
        assert answer.status_code == 202, answer.text
        self.until(answer.headers["Location"], lambda operation: operation["status"] == "completed")
        return int(answer.json()["backfill_id"])

    def get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(path, params=query or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str) -> Any:
        answer = self.http.post(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """What stands at `path` once that holds."""
        deadline = time.monotonic() + PATIENCE
        while not holds(found := self.get(path)):
            assert time.monotonic() < deadline, str(found)[:500]
            time.sleep(0.01)
        return found

    def stands(self, backfill: int, status: str) -> Any:
        """The backfill once its status is this one, and durable."""
        final = status in {"succeeded", "failed", "cancelled"}
        return self.until(
            f"/v1/backfills/{backfill}", lambda it: it["status"] == status and bool(it["done_at"]) is final
        )

    def instance(self, backfill: int, task: str, run: int | None = None) -> Any:
        """The first instance of a task."""
        query = {"task": task} | ({} if run is None else {"run": run})
        return self.get(f"/v1/backfills/{backfill}/task_instances", **query)["items"][0]

    def pages(self, path: str, **query: Any) -> list[Any]:
        """The items of all pages."""
        items, after = [], None
        while True:
            page = self.get(path, **query, **({} if after is None else {"after": after}))
            items += page["items"]
            if (after := page["next"]) is None:
                return items


@contextmanager
def daemon(folder: Path, catalog: str = CATALOG) -> Iterator[Services]:
    """The parts of a daemon on this folder, put together as `daemon/parts.py` does, awake."""
    (folder / "shop.yaml").write_text(catalog)
    (folder / "schedules.yaml").write_text(SCHEDULES)
    clock, timers, groups = SystemClock(), ApTimers(), {"default": 4}
    shelf = Shelf(lambda: parse_catalog(read_documents(folder / "shop.yaml"), frozenset(groups)))
    store = SqlStore(f"sqlite:///{folder / 'backfilld.db'}")
    executor = LocalExecutor(Runner(folder / "spool", {name: SlotGroup(slots) for name, slots in groups.items()}))
    book = Book(store)
    epoch = store.take_lease(clock.now())
    ticker = Ticker(Engine(groups, budget=A_ROUND), store, executor, clock, timers, epoch)
    feed = Feed(store, book, ticker, clock, epoch)
    ticker.published = feed.published
    backfills = Backfills(
        shelf, store, book, ticker, clock, allowed=Allowed(Limits(instances=200_000), frozenset(groups))
    )
    operators = Operators(store, book, ticker, shelf, Limits().parallelism)
    amending = Amending(store, book, ticker, clock, backfills.holders, Limits())
    views = Views(store, book, ticker)
    explaining = Explaining(store, book, views, ticker)
    gaps = Gaps(shelf, store, Flights(store, ticker, backfills.holders), clock, Limits())
    firer = Firer(store, backfills, clock, timers)
    pauses = pausing.Pauses(store, clock, timers)
    firer.keep(parse_schedules(read_documents(folder / "schedules.yaml")))
    schedules = Schedules(store, firer, clock, shelf)
    capacity = Capacity(groups, {}, STARVATION_AFTER, 60)
    forecasts = Forecasts(
        HelperForecaster(f"sqlite:///{folder / 'backfilld.db'}", nice=0),
        backfills,
        shelf,
        ticker,
        clock,
        capacity=capacity,
        schedules=firer.to_fire,
    )
    measuring = Measuring(ticker, store, executor, forecasts, shelf, clock, capacity)
    tokens = Tokens(store, clock, later=ticker.later, local=TOKEN, sealer=AesSealer(os.urandom(32)))
    recover(store, book, executor, ticker, backfills)
    in_parts = InParts(store, book, ticker, operators, tokens)
    in_parts.recover()
    timers.on(ALARM, firer.wake)
    timers.on("engine", ticker.wake)
    timers.on(pausing.ALARM, pauses.wake)
    timers.on("alerts", lambda: None)  # who tries a channel reaches it, messages wait
    timers.start()

    def listen() -> None:
        while outcomes := executor.outcomes():
            ticker.heard(outcomes)

    threads = [Thread(target=each) for each in (ticker.run, listen, firer.run, feed.run)]
    for thread in threads:
        thread.start()
    try:
        bulk = Bulk(store, book, ticker, shelf, in_parts)
        sessions = Sessions(tokens, partial(session_sealer, TOKEN))
        parts = backfills, operators, bulk, amending, views, explaining, gaps, schedules, forecasts
        lists = Overall(store, book, views), Catalogs(shelf, shelf.reload, store, clock), Neighbours(store, book, views)
        beside = (
            Channels(FakeChannels("Mail", "bad"), store, clock),
            store,
            executor,
            ticker,
            tokens,
            measuring,
            store,
            feed,
        )
        rest = store, pauses, sessions, Overviews(ticker, store, views, forecasts)
        services = Services(*parts, *beside, *lists, Groups(ticker, capacity, store), *rest)
        threads.append(Thread(target=pauses.run, args=[partial(lapse, services)]))
        threads[4].start()
        yield services
    finally:
        feed.stop()
        threads[3].join()
        forecasts.close()
        timers.stop()
        pauses.stop()
        for thread in threads[4:]:
            thread.join()
        firer.stop()
        threads[2].join()
        ticker.stop()
        threads[0].join()
        executor.close()
        threads[1].join()
        store.close()


@contextmanager
def served(services: Services, rate_limits: RateLimits | None = None) -> Iterator[str]:
    """The URL of a server for these services."""
    # asyncio spares small answers the wait for an acknowledgement only where the protocol is named
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()  # whoever comes before the server is up waits for it
        config = uvicorn.Config(
            create_app(services, rate_limits=rate_limits),
            http=Connection,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, args=([sock],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def open_site(folder: Path, catalog: str = CATALOG) -> Iterator[Site]:
    """A daemon on this folder, and a caller with its token."""
    with daemon(folder, catalog) as services, served(services) as url:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False) as http:
            yield Site(http, services, folder)
