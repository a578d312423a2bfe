"""Everything that the daemon reads at its start, judged without starting it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from backfilld.config.catalog import load_catalog
from backfilld.config.schedules import load_schedules
from backfilld.config.settings import Settings, read_secrets
from backfilld.errors import Fault, ProductError


def faults_of(settings: Settings, environment: Mapping[str, str]) -> list[Fault]:
    """Every fault of the catalog, the schedules, and the files of secrets that the settings name."""
    return [fault for read in _readings(settings, environment) for fault in _faults(read)]


def _readings(settings: Settings, environment: Mapping[str, str]) -> Iterator[Callable[[], object]]:
    yield lambda: load_catalog(settings)
    yield lambda: load_schedules(settings)
    for group in settings.resource_groups.values():
        yield lambda file=group.secrets: read_secrets(file)  # type: ignore[misc]
    for name, channel in settings.alerts.channels.items():
        yield lambda name=name, channel=channel: channel.read(name, environment)  # type: ignore[misc]


def _faults(read: Callable[[], object]) -> list[Fault]:
    try:
        read()
    except ProductError as error:
        return [*error.faults] or [Fault("", str(error), "what can be read")]
    return []
