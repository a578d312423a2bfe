"""All doors, in the order in which they are asked whether a request is meant for them."""

from __future__ import annotations

from starlette.types import ASGIApp

from backfilld.interfaces.http.doors.admission import Admission
from backfilld.interfaces.http.doors.claiming import below, says_action
from backfilld.interfaces.http.doors.doors import Door
from backfilld.interfaces.http.services import Services
from backfilld.ports import TokenKind


def _dataworks(services: Services, admission: Admission) -> ASGIApp:
    from backfilld.interfaces.http.doors.dataworks.door import DataWorks

    return DataWorks(services, admission)


def _cloudflare(services: Services, admission: Admission) -> ASGIApp:
    from backfilld.interfaces.http.doors.cloudflare.door import cloudflare

    return cloudflare(services, admission)


def _datadog(services: Services, admission: Admission) -> ASGIApp:
    from backfilld.interfaces.http.doors.datadog.door import Datadog

    return Datadog(services, admission)


def _prefect(services: Services, admission: Admission) -> ASGIApp:
    from backfilld.interfaces.http.doors.prefect.door import prefect

    return prefect(services, admission)


DOORS: tuple[Door, ...] = (
    Door(TokenKind.DATAWORKS, says_action, _dataworks),
    Door(TokenKind.CLOUDFLARE, below("/client/v4/"), _cloudflare),
    Door(TokenKind.DATADOG, below("/api/v2/"), _datadog),
    Door(TokenKind.PREFECT, below("/api/"), _prefect),
)
"""Datadog's `/api/v2/` stands before Prefect's `/api/`."""
