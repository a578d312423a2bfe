"""The HTTP door: `/v1`, and health beside it."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import FastAPI

from backfilld.interfaces.http import (
    acts,
    alerts,
    amending,
    audit,
    backfills,
    batches,
    bulk,
    catalog,
    explain,
    failures,
    forecasts,
    grid,
    health,
    instances,
    ledger,
    logs,
    metrics,
    neighbours,
    operations,
    overview,
    plans,
    resource_groups,
    runs,
    schedules,
    sessions,
    stored_plans,
    stream,
    timeline,
    tokens,
)
from backfilld.interfaces.http.asking import RequestLog
from backfilld.interfaces.http.documented import describe
from backfilld.interfaces.http.doors.doors import Doors
from backfilld.interfaces.http.doors.listed import DOORS
from backfilld.interfaces.http.gate import Gate
from backfilld.interfaces.http.hosts import Hosts
from backfilld.interfaces.http.hub import Hub
from backfilld.interfaces.http.listeners import Listeners
from backfilld.interfaces.http.once import Turns
from backfilld.interfaces.http.problems import LastResort, answer_errors
from backfilld.interfaces.http.rates import RateLimits, Rates
from backfilld.interfaces.http.routes import VERSION, Routes
from backfilld.interfaces.http.services import Services
from backfilld.interfaces.http.turns import Looks
from backfilld.interfaces.web.page import Page

__all__ = ["Services", "create_app"]

RESOURCES = (
    plans,
    batches,
    backfills,
    stored_plans,
    operations,
    runs,
    instances,
    neighbours,
    logs,
    bulk,
    acts,
    audit,
    ledger,
    explain,
    failures,
    forecasts,
    grid,
    timeline,
    overview,
    stream,
    amending,
    schedules,
    alerts,
    catalog,
    resource_groups,
    tokens,
    sessions,
)
BESIDE = health, metrics
"""Under names that are the same everywhere, not under a version."""
DESCRIPTION = "Backfills for data engineers: plan, submit, watch, cancel, rerun."


def create_app(
    services: Services, hosts: Collection[str] | None = None, rate_limits: RateLimits | None = None
) -> FastAPI:
    """The app that answers for these services. Endpoints run in threads, brief looks on the event loop (see `turns`).

    `hosts` are the names that requests may be for, None: any. Rate limits of None let everybody ask as often as wanted.
    """
    routes = Routes(each.router for each in (*RESOURCES, *BESIDE))
    app = FastAPI(
        title="backfilld",
        version=VERSION,
        description=DESCRIPTION,
        routes=[routes],
        openapi_url=None,  # see `describe`
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # looked for at each request; we have our own
    )
    app.state.services, app.state.hub = services, Hub(services.feed, Listeners(rate_limits))
    app.state.turns, app.state.looks = Turns(), Looks()
    app.state.rates = Rates(rate_limits) if rate_limits else None
    answer_errors(app, routes.methods_at)
    describe(app, routes)
    _guard(app, services, hosts, app.state.rates)
    return app


def _guard(app: FastAPI, services: Services, hosts: Collection[str] | None, rates: Rates | None) -> None:
    """What each request goes through before it comes to a route; the last that is added here is the first for it."""
    app.add_middleware(Gate, tokens=services.tokens, sessions=services.sessions, rates=rates)
    app.add_middleware(Page, rates=rates)
    app.add_middleware(Doors, doors=DOORS, services=services, rates=rates)
    if hosts is not None:
        app.add_middleware(Hosts, names=hosts)
    app.add_middleware(LastResort)
    app.add_middleware(RequestLog)
