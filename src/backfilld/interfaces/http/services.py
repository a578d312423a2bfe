"""What the HTTP door needs of the daemon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from backfilld.ports import Executor, Notifier, Store
from backfilld.service.amending import Amending
from backfilld.service.backfills import Backfills
from backfilld.service.explaining import Explaining
from backfilld.service.forecasts import Forecasts
from backfilld.service.gaps import Gaps
from backfilld.service.measuring import Measuring
from backfilld.service.operators import Operators
from backfilld.service.schedules import Schedules
from backfilld.service.ticker import Ticker
from backfilld.service.tokens import Tokens
from backfilld.service.views import Views


@dataclass
class Services:
    """The use cases, constructed by the daemon."""

    backfills: Backfills
    operators: Operators
    amending: Amending
    views: Views
    explaining: Explaining
    gaps: Gaps
    schedules: Schedules
    forecasts: Forecasts
    notifier: Notifier
    store: Store
    executor: Executor
    ticker: Ticker
    tokens: Tokens
    measuring: Measuring


async def services_of(request: Request) -> Services:
    """The services of the app that was asked."""
    return cast(Services, request.app.state.services)


Served = Annotated[Services, Depends(services_of)]
