"""The daemon's process: recovery, the loops, signals, and an orderly end."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from threading import Thread

from backfilld.alerts import outbox
from backfilld.config.settings import Settings
from backfilld.daemon.door import config_of, names_of, rates_of, refuse_unguarded
from backfilld.daemon.endpoint import write_endpoint
from backfilld.daemon.logs import log_to
from backfilld.daemon.parts import Parts
from backfilld.daemon.recovery import recover
from backfilld.daemon.serving import Server, address_of, listening
from backfilld.daemon.systemd import notify, reloading
from backfilld.errors import ProductError, StoreConflict
from backfilld.interfaces.http.app import create_app
from backfilld.interfaces.http.doors.prefect import pauses
from backfilld.interfaces.http.doors.prefect.lapsing import lapse
from backfilld.service.firing import ALARM

log = logging.getLogger(__name__)
GARBAGE = 50_000, 20, 20
"""New objects after which those are looked for that nobody holds but they each other, and how rarely among older ones.

A page of a thousand items makes tens of thousands and leaves none of that kind, but a look at all of them takes 50 ms.
"""
TICKER_ENDS = 0.8
"""Seconds that the round under way has to finish after that."""


class Daemon:
    """A daemon's life. Requests are answered from `serve` on."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._parts = settings, Parts(settings)
        self.failed = False
        self._ticking = Thread(target=self._guarded, args=[self._parts.ticker.run], name="ticker")
        self._firing = Thread(target=self._guarded, args=[self._parts.firer.run], name="schedules", daemon=True)
        self._listening = Thread(target=self._listen, name="outcomes", daemon=True)
        lapsing = partial(self._parts.pauses.run, partial(lapse, self._parts.services))
        self._lapsing = Thread(target=self._guarded, args=[lapsing], name="pauses", daemon=True)
        self._telling = Thread(target=self._parts.feed.run, name="news", daemon=True)
        self._server: Server | None = None

    def recover(self) -> None:
        """Take up every open backfill and attempt; before `serve`."""
        parts = self._parts
        recover(parts.store, parts.book, parts.executor, parts.ticker, parts.backfills)
        parts.in_parts.recover()
        parts.expiry.begin()
        parts.firer.keep(parts.schedules)

    async def serve(self, sock: socket.socket) -> None:
        """Answer until SIGTERM or SIGINT; what runs then goes on without us."""
        settings = self._settings
        app = create_app(self._parts.services, names_of(settings, sock), rates_of(settings))
        self._server = Server(config_of(app, settings), self._parts.clock)
        self._awake()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        for end in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(end, self._end)
        write_endpoint(settings.state_dir, sock, self._parts.token, settings.tls_certificate)
        notify("READY=1", os.environ)
        self._parts.watchdog.begin()
        log.info("ready on %s", address_of(sock, secure=settings.tls_key is not None))
        await self._server.serve([sock])
        notify("STOPPING=1", os.environ)

    def _awake(self) -> None:
        """Have alarms ring from now on, and every loop run."""
        parts, on = self._parts, self._parts.timers.on
        on("engine", parts.ticker.wake)
        on("watchdog", parts.watchdog.wake)
        on("retention", parts.expiry.wake)
        on(ALARM, parts.firer.wake)
        on(pauses.ALARM, parts.pauses.wake)
        for alarm in (outbox.ALARM, outbox.NEXT_TRY):
            on(alarm, parts.alerting.outbox.wake)
        parts.timers.start()
        self._ticking.start()
        parts.alerting.start()
        self._firing.start()
        self._lapsing.start()
        self._listening.start()
        self._telling.start()

    def close(self) -> None:
        """Record what is still waiting, then release executor and store; tasks go on."""
        parts = self._parts
        parts.timers.stop()
        parts.alerting.stop()
        parts.forecasts.close()
        parts.firer.stop()
        parts.pauses.stop()
        parts.ticker.stop()
        if self._ticking.is_alive():
            self._ticking.join(TICKER_ENDS)
        parts.executor.close()
        parts.store.close()

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
        self._parts.feed.stop()
        if self._server:
            self._server.end()

    def _listen(self) -> None:
        while outcomes := self._parts.executor.outcomes():
            self._parts.ticker.heard(outcomes)

    def _reload(self) -> None:
        with reloading(os.environ):
            self._take_files()

    def _take_files(self) -> None:
        try:
            catalog = self._parts.take_files()
        except ProductError as error:
            log.error("what the files say is refused, what runs stays: %s", error)
        else:
            log.info("catalog %s is running", catalog.version)


def run(settings: Settings) -> int:
    """Run a daemon until it is asked to end; returns its exit code."""
    log_to(sys.stderr, settings, os.environ)
    with listening(settings.host, settings.port, os.environ) as sock:
        refuse_unguarded(settings, sock)
        daemon = Daemon(settings)
        try:
            daemon.recover()
            gc.freeze()  # what is here stays: reading years of history does not walk it again and again
            gc.set_threshold(*GARBAGE)
            asyncio.run(daemon.serve(sock))
        finally:
            daemon.close()
    return 1 if daemon.failed else 0
