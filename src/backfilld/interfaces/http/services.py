"""What the HTTP door needs of the daemon, narrowed to what each caller sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

from fastapi import Depends, Request

from backfilld.interfaces.http.access import admitted
from backfilld.interfaces.http.doors.prefect.pauses import Pauses
from backfilld.ports import Executor, StoreAnnotations, StoreKeys, StoreReader
from backfilld.service.access import Caller
from backfilld.service.amending import Amending
from backfilld.service.backfills import Backfills
from backfilld.service.bulk import Bulk
from backfilld.service.catalogs import Catalogs
from backfilld.service.channels import Channels
from backfilld.service.explaining import Explaining
from backfilld.service.feed import Feed
from backfilld.service.forecasts import Forecasts
from backfilld.service.gaps import Gaps
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


@dataclass
class Services:
    """The use cases, constructed by the daemon; endpoints are given them as they are for the caller."""

    backfills: Backfills
    operators: Operators
    bulk: Bulk
    amending: Amending
    views: Views
    explaining: Explaining
    gaps: Gaps
    schedules: Schedules
    forecasts: Forecasts
    channels: Channels
    store: StoreReader
    executor: Executor
    ticker: Ticker
    tokens: Tokens
    measuring: Measuring
    keys: StoreKeys
    feed: Feed
    overall: Overall
    catalogs: Catalogs
    neighbours: Neighbours
    groups: Groups
    annotations: StoreAnnotations
    pauses: Pauses
    sessions: Sessions
    overviews: Overviews
    accounts: Mapping[str, str] = field(default_factory=dict)
    """By name or id of a project, the account that it is to Cloudflare's clients."""

    def for_(self, caller: Caller) -> Services:
        """The same for somebody: all that can be narrowed is, so what they do not see is not there."""
        return cast(Services, Narrowed(self, caller))


class Narrowed:
    """The services as they are for somebody: each part is narrowed when it is first asked for, as few are."""

    def __init__(self, services: Services, caller: Caller) -> None:
        self._services, self._caller = services, caller

    def __getattr__(self, name: str) -> Any:
        """Called for what was not asked for before."""
        part = getattr(self._services, name)
        if name == "store":
            part = part if self._caller.projects is None else part.seen_by(self._caller.projects)
        elif hasattr(part, "for_"):  # a use case that is another one for each caller
            part = part.for_(self._caller)
        self.__dict__[name] = part
        return part


def narrowed(request: Request) -> Services:
    """The services of the app that was asked, as they are for the caller."""
    return cast(Services, request.app.state.services).for_(admitted(request))


async def services_of(request: Request) -> Services:
    """The services of the app that was asked."""
    return cast(Services, request.app.state.services)


async def served_to(request: Request) -> Services:
    """The services as they are for the caller."""
    return narrowed(request)


Served = Annotated[Services, Depends(served_to)]
OpenToAll = Annotated[Services, Depends(services_of)]
"""For what is answered without a token, and tells of no project."""
