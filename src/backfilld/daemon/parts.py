"""The composition root: the only place that constructs the daemon's parts and joins them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial

from backfilld.catalog.models import Catalog
from backfilld.config.catalog import load_catalog
from backfilld.config.schedules import load_schedules
from backfilld.config.settings import Settings
from backfilld.daemon.alerting import Alerting
from backfilld.daemon.clock import SystemClock
from backfilld.daemon.endpoint import read_token
from backfilld.daemon.forecaster import HelperForecaster
from backfilld.daemon.hosts import executor_of
from backfilld.daemon.sealing import sealer, session_sealer
from backfilld.daemon.timers import ApTimers
from backfilld.daemon.watchdog import Watchdog
from backfilld.engine.budget import A_ROUND
from backfilld.engine.engine import Engine
from backfilld.interfaces.http.doors.prefect.pauses import Pauses
from backfilld.interfaces.http.services import Services
from backfilld.ports import Capacity
from backfilld.request.resolved import Limits
from backfilld.service.amending import Amending
from backfilld.service.backfills import Allowed, Backfills
from backfilld.service.book import Book
from backfilld.service.bulk import Bulk
from backfilld.service.catalogs import Catalogs, Shelf
from backfilld.service.channels import Channels
from backfilld.service.ends import Ends
from backfilld.service.explaining import Explaining
from backfilld.service.feed import Feed
from backfilld.service.firing import Firer
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
from backfilld.service.retention import Expiry
from backfilld.service.schedules import Schedules
from backfilld.service.sessions import Sessions
from backfilld.service.ticker import Ticker
from backfilld.service.tokens import Tokens
from backfilld.service.views import Views
from backfilld.store.sql import SqlStore


class Parts:
    """All parts of the daemon, joined and asleep. Construction takes lock and lease."""

    def __init__(self, settings: Settings) -> None:
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.clock, self.timers = SystemClock(), ApTimers()
        self.shelf = Shelf(lambda: load_catalog(settings))
        self._load_schedules = partial(load_schedules, settings)
        self.schedules = self._load_schedules()
        self.store = SqlStore(settings.store_url)
        epoch = self.store.take_lease(self.clock.now())
        self.executor = executor_of(settings, epoch)
        self.book = Book(self.store)
        allowed, capacity = allowed_by(settings), capacity_of(settings)
        self.capacity = capacity
        engine = Engine(capacity.groups, capacity.reserved, capacity.starvation_after, A_ROUND)
        self.ticker = Ticker(engine, self.store, self.executor, self.clock, self.timers, epoch)
        self.feed = Feed(self.store, self.book, self.ticker, self.clock, epoch)
        self.ticker.published = self.feed.published
        self.backfills = Backfills(self.shelf, self.store, self.book, self.ticker, self.clock, allowed=allowed)
        self.backfills.ends = Ends(self.store, self.book, self.ticker, capacity)
        kept = settings.retention.times()
        self.expiry = Expiry(self.store, self.executor, self.ticker, self.clock, self.timers, kept)
        self.firer = Firer(self.store, self.backfills, self.clock, self.timers)
        self.pauses = Pauses(self.store, self.clock, self.timers)
        self.watchdog = Watchdog(self.ticker, self.clock, self.timers, os.environ)
        self.forecasts = self._forecasts(HelperForecaster(settings.store_url), capacity)
        self.token = read_token(settings.state_dir)
        self.views = Views(self.store, self.book, self.ticker)
        self.alerting = Alerting(settings.alerts, os.environ, self.ticker, self.views, self.timers)
        self._measuring = Measuring(
            self.ticker, self.store, self.executor, self.forecasts, self.shelf, self.clock, capacity
        )
        self.services = self._services(allowed.limits, settings.cloudflare_accounts)

    def _forecasts(self, helper: HelperForecaster, capacity: Capacity) -> Forecasts:
        return Forecasts(
            helper,
            self.backfills,
            self.shelf,
            self.ticker,
            self.clock,
            capacity=capacity,
            schedules=self.firer.to_fire,
        )

    def take_files(self) -> Catalog:
        """Read catalog and schedules again, both or neither: raises if they are refused, and what runs stays."""
        schedules = self._load_schedules()
        catalog = self.shelf.reload()
        self.firer.take(schedules)
        return catalog

    def _tokens(self) -> Tokens:
        return Tokens(self.store, self.clock, later=self.ticker.later, local=self.token, sealer=sealer())

    def _services(self, limits: Limits, accounts: Mapping[str, str]) -> Services:
        holders = self.backfills.holders
        operators = Operators(self.store, self.book, self.ticker, self.shelf, limits.parallelism)
        tokens = self._tokens()
        self.in_parts = InParts(self.store, self.book, self.ticker, operators, tokens)
        flights = Flights(self.store, self.ticker, holders)
        return Services(
            backfills=self.backfills,
            operators=operators,
            bulk=Bulk(self.store, self.book, self.ticker, self.shelf, self.in_parts),
            amending=Amending(self.store, self.book, self.ticker, self.clock, holders, limits),
            views=self.views,
            explaining=Explaining(self.store, self.book, self.views, self.ticker),
            gaps=Gaps(self.shelf, self.store, flights, self.clock, limits),
            schedules=Schedules(self.store, self.firer, self.clock, self.shelf),
            forecasts=self.forecasts,
            channels=Channels(self.alerting.notifier, self.store, self.clock),
            store=self.store,
            executor=self.executor,
            ticker=self.ticker,
            tokens=tokens,
            sessions=Sessions(tokens, partial(session_sealer, self.token)),
            measuring=self._measuring,
            keys=self.store,
            overall=Overall(self.store, self.book, self.views),
            overviews=Overviews(self.ticker, self.store, self.views, self.forecasts),
            catalogs=Catalogs(self.shelf, self.take_files, self.store, self.clock),
            neighbours=Neighbours(self.store, self.book, self.views),
            groups=Groups(self.ticker, self.capacity, self.store),
            annotations=self.store,
            pauses=self.pauses,
            accounts=accounts,
            feed=self.feed,
        )


def allowed_by(settings: Settings) -> Allowed:
    """What these settings allow a request."""
    return Allowed(
        settings.limits.of_request(),
        frozenset(settings.resource_groups),
        frozenset(settings.alerts.channels),
        settings.assumed_duration.total_seconds(),
    )


def capacity_of(settings: Settings) -> Capacity:
    """What these settings say of the host."""
    groups = settings.resource_groups.items()
    return Capacity(
        {name: group.slots for name, group in groups},
        {name: group.reserved for name, group in groups},
        settings.starvation_after,
        settings.assumed_duration.total_seconds(),
    )
