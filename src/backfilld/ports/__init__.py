"""What the service asks of the outside. One contract suite a port, for all its implementations."""

from __future__ import annotations

from backfilld.ports.alerts import (
    Alert,
    AlertEvent,
    AlertState,
    Message,
    Notifier,
    Occasion,
    StoredAlert,
    Tried,
)
from backfilld.ports.executor import (
    Ended,
    Ending,
    Executor,
    LaunchSpec,
    LogPart,
    Outcome,
    SlotGroup,
    Started,
)
from backfilld.ports.schedules import Firing, StoredFiring, StoredSchedule, StoreSchedules
from backfilld.ports.store import Store, StoreReader, StoreRecovery, StoreWriter
from backfilld.ports.stored import (
    AttemptKey,
    IdempotencyKey,
    InstanceFilter,
    NewBackfill,
    Operation,
    OperationStatus,
    Page,
    Round,
    RunRows,
    StoredAttempt,
    StoredAudit,
    StoredBackfill,
    StoredInstance,
    StoredRun,
)
from backfilld.ports.time import (
    Clock,
    Timers,
)

__all__ = [
    "Alert",
    "AlertEvent",
    "AlertState",
    "AttemptKey",
    "Clock",
    "Ended",
    "Ending",
    "Executor",
    "Firing",
    "IdempotencyKey",
    "InstanceFilter",
    "LaunchSpec",
    "LogPart",
    "Message",
    "NewBackfill",
    "Notifier",
    "Occasion",
    "Operation",
    "OperationStatus",
    "Outcome",
    "Page",
    "Round",
    "RunRows",
    "SlotGroup",
    "Started",
    "Store",
    "StoreReader",
    "StoreRecovery",
    "StoreSchedules",
    "StoreWriter",
    "StoredAlert",
    "StoredAttempt",
    "StoredAudit",
    "StoredBackfill",
    "StoredFiring",
    "StoredInstance",
    "StoredRun",
    "StoredSchedule",
    "Timers",
    "Tried",
]
