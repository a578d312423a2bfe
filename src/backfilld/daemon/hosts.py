"""Which executor the settings mean."""

from __future__ import annotations

from collections.abc import Mapping

from backfilld.config.settings import Settings, read_secrets
from backfilld.executors.local import LocalExecutor
from backfilld.executors.runner import Runner
from backfilld.executors.unix_socket import SocketExecutor
from backfilld.ports import Executor, SlotGroup


def executor_of(settings: Settings, epoch: int) -> Executor:
    """Where attempts run; raises `InvalidSettings`, or `SpoolUnfit` for a runner inside the daemon."""
    if settings.executor == "socket":
        slots = {name: group.slots for name, group in settings.resource_groups.items()}
        return SocketExecutor(settings.runner_address, epoch, slots)
    return LocalExecutor(Runner(settings.spool, _slot_groups(settings)))


def _slot_groups(settings: Settings) -> Mapping[str, SlotGroup]:
    return {
        name: SlotGroup(group.slots, read_secrets(group.secrets)) for name, group in settings.resource_groups.items()
    }
