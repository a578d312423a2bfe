"""The composition root: the only place that constructs the daemon's parts and joins them."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import secrets
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread

import uvicorn

from backfilld.alerts import outbox
from backfilld.config.catalog import load_catalog
from backfilld.config.folders import ENDPOINT
from backfilld.config.schedules import load_schedules
from backfilld.config.settings import Settings
from backfilld.daemon.alerting import Alerting
from backfilld.daemon.clock import SystemClock
from backfilld.daemon.forecaster import HelperForecaster
from backfilld.daemon.hosts import executor_of
from backfilld.daemon.recovery import recover
from backfilld.daemon.serving import Server, address_of, listening
from backfilld.daemon.systemd import notify, reloading
from backfilld.daemon.timers import ApTimers
from backfilld.daemon.watchdog import Watchdog
from backfilld.engine.engine import Engine
from backfilld.errors import ProductError, StoreConflict
from backfilld.interfaces.http.app import Services, create_app
from backfilld.ports import Capacity
from backfilld.service.amending import Amending
from backfilld.service.backfills import Allowed, Backfills
from backfilld.service.book import Book
from backfilld.service.catalogs import Shelf
from backfilld.service.ends import Ends
from backfilld.service.explaining import Explaining
from backfilld.service.firing import ALARM, Firer
from backfilld.service.forecasts import Forecasts
from backfilld.service.gaps import Gaps
from backfilld.service.in_flight import Flights
from backfilld.service.operators import Operators
from backfilld.service.retention import Expiry
from backfilld.service.schedules import Schedules
from backfilld.service.ticker import Ticker
from backfilld.service.views import Views
from backfilld.store.sql import SqlStore

log = logging.getLogger(__name__)
LAST_ANSWERS = 1
"""Seconds that open requests have to finish after SIGTERM."""
TICKER_ENDS = 0.8
"""Seconds that the round under way has to finish after that."""


class Daemon:
    """All parts of the daemon, joined. Construction takes lock and lease; requests are answered from `serve` on."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock, self.timers = SystemClock(), ApTimers()
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.shelf = Shelf(lambda: load_catalog(settings))
        self._schedules = load_schedules(settings)
        self.store = SqlStore(settings.store_url)
        epoch = self.store.take_lease(self.clock.now())
        groups = {name: group.slots for name, group in settings.resource_groups.items()}
        self.executor = executor_of(settings, epoch)
        self.book = Book(self.store)
        reserved = {name: group.reserved for name, group in settings.resource_groups.items()}
        engine = Engine(groups, reserved, settings.starvation_after)
        self.ticker = Ticker(engine, self.store, self.executor, self.clock, self.timers, epoch)
        allowed = Allowed(
            settings.limits.of_request(),
            frozenset(groups),
            frozenset(settings.alerts.channels),
            settings.assumed_duration.total_seconds(),
        )
        self.backfills = Backfills(self.shelf, self.store, self.book, self.ticker, self.clock, allowed=allowed)
        flights = Flights(self.store, self.ticker, self.backfills.holders)
        kept = settings.retention.times()
        self.expiry = Expiry(self.store, self.executor, self.ticker, self.clock, self.timers, kept)
        self.firer = Firer(self.store, self.backfills, self.clock, self.timers)
        self.watchdog = Watchdog(self.ticker, self.clock, self.timers, os.environ)
        self.forecasts = self._forecasts(groups, reserved)
        self.token = read_token(settings.state_dir)
        views = Views(self.store, self.book, self.ticker)
        self.alerting = Alerting(settings.alerts, os.environ, self.ticker, views, self.timers)
        self.services = Services(
            backfills=self.backfills,
            operators=Operators(self.store, self.book, self.ticker, self.shelf, allowed.limits.parallelism),
            amending=Amending(self.store, self.book, self.ticker, self.clock, self.backfills.holders, allowed.limits),
            views=views,
            explaining=Explaining(self.store, self.book, views, self.ticker),
            gaps=Gaps(self.shelf, self.store, flights, self.clock, allowed.limits),
            schedules=Schedules(self.store, self.firer, self.clock),
            forecasts=self.forecasts,
            notifier=self.alerting.notifier,
            store=self.store,
            executor=self.executor,
            ticker=self.ticker,
            token=self.token,
        )
        self.failed = False
        self._ticking = Thread(target=self._guarded, args=[self.ticker.run], name="ticker")
        self._firing = Thread(target=self._guarded, args=[self.firer.run], name="schedules", daemon=True)
        self._listening = Thread(target=self._listen, name="outcomes", daemon=True)
        self._server: Server | None = None

    def _forecasts(self, groups: Mapping[str, int], reserved: Mapping[str, int]) -> Forecasts:
        settings = self.settings
        capacity = Capacity(groups, reserved, settings.starvation_after, settings.assumed_duration.total_seconds())
        self.backfills.ends = Ends(self.store, self.book, self.ticker, capacity)
        return Forecasts(
            HelperForecaster(settings.store_url),
            self.backfills,
            self.shelf,
            self.ticker,
            self.clock,
            capacity=capacity,
            schedules=self.firer.to_fire,
        )

    def recover(self) -> None:
        """Take up every open backfill and attempt; before `serve`."""
        recover(self.store, self.book, self.executor, self.ticker, self.backfills)
        self.expiry.begin()
        self.firer.keep(self._schedules)

    async def serve(self, sock: socket.socket) -> None:
        """Answer until SIGTERM or SIGINT; what runs then goes on without us."""
        config = uvicorn.Config(
            create_app(self.services),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=LAST_ANSWERS,
        )
        self._server = Server(config, self.clock)
        self.timers.on("engine", self.ticker.wake)
        self.timers.on("watchdog", self.watchdog.wake)
        self.timers.on("retention", self.expiry.wake)
        self.timers.on(ALARM, self.firer.wake)
        for alarm in (outbox.ALARM, outbox.NEXT_TRY):
            self.timers.on(alarm, self.alerting.outbox.wake)
        self.timers.start()
        self._ticking.start()
        self.alerting.start()
        self._firing.start()
        self._listening.start()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        for end in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(end, self._end)
        write_endpoint(self.settings, sock, self.token)
        notify("READY=1", os.environ)
        self.watchdog.begin()
        log.info("ready on %s", address_of(sock))
        await self._server.serve([sock])
        notify("STOPPING=1", os.environ)

    def close(self) -> None:
        """Record what is still waiting, then release executor and store; tasks go on."""
        self.timers.stop()
        self.alerting.stop()
        self.forecasts.close()
        self.firer.stop()
        self.ticker.stop()
        if self._ticking.is_alive():
            self._ticking.join(TICKER_ENDS)
        self.executor.close()
        self.store.close()

    def _guarded(self, loop: Callable[[], None]) -> None:
        """A loop that has failed ends the daemon: half of one helps nobody."""
        try:
            loop()
        except StoreConflict as error:
            log.error("%s", error)
            self._give_up()
        except Exception:
            log.exception("the loop has failed")
            self._give_up()

    def _give_up(self) -> None:
        self.failed = True
        self._end()

    def _end(self) -> None:
        if self._server:
            self._server.end()

    def _listen(self) -> None:
        while outcomes := self.executor.outcomes():
            self.ticker.heard(outcomes)

    def _reload(self) -> None:
        with reloading(os.environ):
            self._take_files()

    def _take_files(self) -> None:
        """Catalog and schedules, both or neither."""
        try:
            schedules = load_schedules(self.settings)
            catalog = self.shelf.reload()
        except ProductError as error:
            log.error("what the files say is refused, what runs stays: %s", error)
        else:
            self.firer.take(schedules)
            log.info("catalog %s is running", catalog.version)


def run(settings: Settings) -> int:
    """Run a daemon until it is asked to end; returns its exit code."""
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for library in ("apscheduler", "alembic", "uvicorn"):
        logging.getLogger(library).setLevel(logging.WARNING)
    with listening(settings.host, settings.port, os.environ) as sock:
        daemon = Daemon(settings)
        try:
            daemon.recover()
            gc.freeze()  # what is here stays: reading years of history does not walk it again and again
            asyncio.run(daemon.serve(sock))
        finally:
            daemon.close()
    return 1 if daemon.failed else 0


def read_token(folder: Path) -> str:
    """The token of this host, made at the first start: 256 random bits, for its owner alone."""
    file = folder / "token"
    with suppress(FileNotFoundError):
        return file.read_text().strip()
    token = secrets.token_urlsafe(32)
    _write_private(file, token)
    return token


def write_endpoint(settings: Settings, sock: socket.socket, token: str) -> None:
    """Tell clients on this host where we are."""
    _write_private(settings.state_dir / ENDPOINT, json.dumps({"url": address_of(sock), "token": token}))


def _write_private(file: Path, text: str) -> None:
    """Replace the file as a whole, mode 0600."""
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    part.rename(file)
