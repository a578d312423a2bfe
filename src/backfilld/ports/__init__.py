"""What the service asks of the outside. One contract suite a port, for all its implementations."""

from __future__ import annotations

from backfilld.ports.acts import MOST_REASONS, Attempted, Items, NewAct, Refusal, Sight, StoreActs, StoredAct
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
from backfilld.ports.annotations import StoreAnnotations
from backfilld.ports.asked import ANY, BackfillFilter, InstanceFilter, RunFilter
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
    Asker,
    Capacity,
    Course,
    ForecastAnswer,
    Forecaster,
    ForecastQuestion,
    Variant,
)
from backfilld.ports.keys import KEYS_KEPT, KeptAnswer, StoreKeys, UsedKey
from backfilld.ports.reading import StoreReader
from backfilld.ports.rounds import AttemptKey, Round, RunRows
from backfilld.ports.schedules import Firing, StoredFiring, StoredSchedule, StoreSchedules
from backfilld.ports.store import Recorded, Store, StoreRecovery, StoreWriter
from backfilld.ports.stored import (
    AttemptTimes,
    NewBackfill,
    Operation,
    OperationStatus,
    Page,
    RunDate,
    RunSum,
    StoredAttempt,
    StoredAudit,
    StoredBackfill,
    StoredInstance,
    StoredOutput,
    StoredRun,
)
from backfilld.ports.time import (
    Clock,
    Timers,
)
from backfilld.ports.tokens import Sealer, StoredToken, StoreTokens, TokenKind
from backfilld.request.annotations import Annotation
from backfilld.request.once import IdempotencyKey

__all__ = [
    "ANY",
    "AS_ASKED",
    "KEYS_KEPT",
    "MOST_REASONS",
    "Alert",
    "AlertEvent",
    "AlertState",
    "Annotation",
    "Asker",
    "AttemptKey",
    "AttemptTimes",
    "Attempted",
    "BackfillFilter",
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
    "Items",
    "KeptAnswer",
    "LaunchSpec",
    "LogPart",
    "Message",
    "NewAct",
    "NewAmendment",
    "NewBackfill",
    "Notifier",
    "Occasion",
    "Operation",
    "OperationStatus",
    "Outcome",
    "Page",
    "Recorded",
    "Refusal",
    "Round",
    "RunDate",
    "RunFilter",
    "RunRows",
    "RunSum",
    "Sealer",
    "Sight",
    "SlotGroup",
    "Started",
    "Store",
    "StoreActs",
    "StoreAnnotations",
    "StoreBacklog",
    "StoreKeys",
    "StoreReader",
    "StoreRecovery",
    "StoreSchedules",
    "StoreTokens",
    "StoreWriter",
    "StoredAct",
    "StoredAlert",
    "StoredAmendment",
    "StoredAttempt",
    "StoredAudit",
    "StoredBackfill",
    "StoredFiring",
    "StoredInstance",
    "StoredOutput",
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
