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
    Subject,
    Tried,
)
from backfilld.ports.amendments import NewAmendment, StoredAmendment
from backfilld.ports.backlog import Backlog, StoreBacklog
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
from backfilld.ports.forecasts import (
    AS_ASKED,
    Capacity,
    Course,
    ForecastAnswer,
    Forecaster,
    ForecastQuestion,
    Variant,
)
from backfilld.ports.keys import KEYS_KEPT, KeptAnswer, StoreKeys, UsedKey
from backfilld.ports.schedules import Firing, StoredFiring, StoredSchedule, StoreSchedules
from backfilld.ports.store import Recorded, Store, StoreReader, StoreRecovery, StoreWriter
from backfilld.ports.stored import (
    AttemptKey,
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
from backfilld.ports.tokens import Sealer, StoredToken, StoreTokens, TokenKind
from backfilld.request.once import IdempotencyKey

__all__ = [
    "AS_ASKED",
    "KEYS_KEPT",
    "Alert",
    "AlertEvent",
    "AlertState",
    "AttemptKey",
    "Backlog",
    "Capacity",
    "Clock",
    "Course",
    "Ended",
    "Ending",
    "Executor",
    "Firing",
    "ForecastAnswer",
    "ForecastQuestion",
    "Forecaster",
    "IdempotencyKey",
    "InstanceFilter",
    "KeptAnswer",
    "LaunchSpec",
    "LogPart",
    "Message",
    "NewAmendment",
    "NewBackfill",
    "Notifier",
    "Occasion",
    "Operation",
    "OperationStatus",
    "Outcome",
    "Page",
    "Recorded",
    "Round",
    "RunRows",
    "Sealer",
    "SlotGroup",
    "Started",
    "Store",
    "StoreBacklog",
    "StoreKeys",
    "StoreReader",
    "StoreRecovery",
    "StoreSchedules",
    "StoreTokens",
    "StoreWriter",
    "StoredAlert",
    "StoredAmendment",
    "StoredAttempt",
    "StoredAudit",
    "StoredBackfill",
    "StoredFiring",
    "StoredInstance",
    "StoredRun",
    "StoredSchedule",
    "StoredToken",
    "Subject",
    "Timers",
    "TokenKind",
    "Tried",
    "UsedKey",
    "Variant",
]
