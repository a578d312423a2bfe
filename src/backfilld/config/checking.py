"""Everything that the daemon reads at its start, judged without starting it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from backfilld.catalog.models import Catalog
from backfilld.catalog.schedules import Schedule
from backfilld.config.catalog import account_faults, read_catalog
from backfilld.config.schedules import load_schedules
from backfilld.config.sealing import token_key
from backfilld.config.settings import Settings, read_secrets
from backfilld.errors import Fault, ProductError
from backfilld.request.resolve import Circumstances, understand

T = TypeVar("T")


def faults_of(settings: Settings, environment: Mapping[str, str], now: datetime) -> list[Fault]:
    """Every fault of the catalog and its accounts, the schedules, the files of secrets, and the key of tokens.

    What a schedule asks for is held against the catalog as if it fired now: no typing error waits for the night.
    """
    faults: list[Fault] = []
    catalog = _read(lambda: read_catalog(settings), faults)
    faults += () if catalog is None else account_faults(settings, catalog)
    for schedule in _read(lambda: load_schedules(settings), faults) or ():
        if catalog is not None:
            _read(_asking(schedule, catalog, settings, now), faults)
    _read(token_key, faults)
    for read in _secrets(settings, environment):
        _read(read, faults)
    return faults


def _asking(schedule: Schedule, catalog: Catalog, settings: Settings, now: datetime) -> Callable[[], object]:
    circumstances = Circumstances(
        now,
        limits=settings.limits.of_request(),
        resource_groups=frozenset(settings.resource_groups),
        channels=frozenset(settings.alerts.channels),
    )
    return lambda: understand(schedule.request_at(now), catalog, circumstances)


def _secrets(settings: Settings, environment: Mapping[str, str]) -> Iterator[Callable[[], object]]:
    for group in settings.resource_groups.values():
        yield lambda file=group.secrets: read_secrets(file)  # type: ignore[misc]
    for name, channel in settings.alerts.channels.items():
        yield lambda name=name, channel=channel: channel.read(name, environment)  # type: ignore[misc]


def _read(read: Callable[[], T], faults: list[Fault]) -> T | None:
    """What was read; None where that has faults."""
    try:
        return read()
    except ProductError as error:
        faults += error.faults or [Fault("", str(error), "what can be read")]
        return None
