"""The daemon's memory, and the promises about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from backfilld.engine.asking import InstanceFacts
from backfilld.engine.events import RunFacts
from backfilld.ports.acts import StoreActs
from backfilld.ports.alerts import StoredAlert, Tried
from backfilld.ports.amendments import NewAmendment
from backfilld.ports.annotations import StoreAnnotations
from backfilld.ports.backlog import StoreBacklog
from backfilld.ports.keys import StoreKeys
from backfilld.ports.reading import StoreReader
from backfilld.ports.rounds import AttemptKey, Round
from backfilld.ports.schedules import StoreSchedules
from backfilld.ports.stored import NewBackfill, Operation, StoredAttempt, StoredBackfill
from backfilld.ports.tokens import StoreTokens
from backfilld.request.durations import Duration
from backfilld.request.retention import Retention


class StoreWriter(Protocol):
    """What must be remembered: a call is durable when it returns, safe to repeat, and leaves nothing half written.

    Each raises `StoreConflict` once another daemon took the lease.
    """

    def take_lease(self, now: datetime) -> int:
        """Become the one scheduler: the new epoch, greater than any before."""
        ...

    def accept(self, new: NewBackfill, now: datetime) -> Operation:
        """Remember the backfill and its pending operation, and give it its run numbers.

        A known operation or idempotency key is answered with what was accepted then; a key that was used for another
        request raises `KeyReused`. What is accepted under a key is remembered with it.
        """
        ...

    def accept_all(self, new: Sequence[NewBackfill], now: datetime) -> tuple[Operation, ...]:
        """The same for several that are asked for together, in their order: all of them, or none.

        Raises `AlreadyExists` with every `instance_id` of theirs that another backfill of the same project has.
        """
        ...

    def write_runs(self, operation: str, now: datetime) -> StoredBackfill:
        """Make the rows of the backfill's runs; then the operation is completed."""
        ...

    def fail_operation(self, operation: str, error: str, now: datetime) -> None:
        """The acceptance came to nothing: its backfill will never run."""
        ...

    def amend(self, new: NewAmendment, now: datetime) -> StoredBackfill:
        """Change a backfill as it was asked, and give the added dates their run numbers and rows.

        An amendment of this number and body is known, and left as it is; raises `StoreConflict` for a number that does
        not follow.
        """
        ...

    def keep_catalog(self, version: UUID, content: str, now: datetime) -> None:
        """Remember a catalog version that something is going to name."""
        ...

    def audited(self, by: str, what: str, about: Mapping[str, object], now: datetime) -> None:
        """Remember that somebody did what has no other trace here."""
        ...

    def record(self, tick: Round) -> None:
        """All effects of one tick and what people are to be told of it, or none."""
        ...

    def tried(self, tried: Tried) -> None:
        """What came of handing a message over; one that is settled stays as it is."""
        ...


class StoreRecovery(Protocol):
    """What a new daemon asks before it goes on."""

    def pending_operations(self) -> tuple[Operation, ...]:
        """Accepted, and neither completed nor failed; the oldest first."""
        ...

    def open_backfills(self) -> tuple[StoredBackfill, ...]:
        """Backfills with rows for their runs that are not done, in the order of acceptance."""
        ...

    def run_facts(self, backfill: int) -> tuple[RunFacts, ...]:
        """Of the runs that were admitted or that acts have set something for, in run order."""
        ...

    def instance_facts(self, backfill: int) -> tuple[InstanceFacts, ...]:
        """Of the instances that remember more than their state implies, ascending; of finished runs none."""
        ...

    def due_alerts(self, now: datetime, limit: int) -> tuple[StoredAlert, ...]:
        """Messages that wait and whose next try has come, the one that waits longest first."""
        ...

    def next_alert_try(self) -> datetime | None:
        """When the first message that waits is to be tried; None when none waits."""
        ...

    def restored_at(self) -> datetime | None:
        """When this store was put back from a backup; None once a daemon has come to terms with its hosts."""
        ...

    def strangers(self, attempts: Iterable[str]) -> tuple[str, ...]:
        """Those of these attempts that are not known here, in their order."""
        ...

    def came_to_terms(self) -> None:
        """Whatever hosts did since the backup is dealt with."""
        ...

    def open_attempts(self) -> tuple[StoredAttempt, ...]:
        """Attempts without an ending, whatever became of their instance."""
        ...


class StoreRetention(Protocol):
    """How goes what is not kept any more, a little at a time; each call is durable, and safe to repeat.

    A run is taken from view as a whole, and keeps its counts and its outcome. Only of a backfill that is done.
    """

    def kept_backfills(self) -> tuple[int, ...]:
        """Backfills that are done and of which something is kept, in the order of acceptance."""
        ...

    def expire(self, backfill: int, keep: Retention, now: datetime) -> datetime | None:
        """Take some of its runs from view whose time is over; answers when to look again.

        None if never: all of them have gone, or the backfill is open.
        """
        ...

    def leaving(self, most: int) -> Mapping[AttemptKey, str] | None:
        """Some attempts of runs that were taken from view, with their names; None where no such run has any rows."""
        ...

    def sweep(self, attempts: Collection[AttemptKey], most: int) -> None:
        """Delete the rows of these attempts, which `leaving` has named; if it named none, `most` rows of instances."""
        ...


class Recorded(Protocol):
    """What makes the open backfills again, as `StoreReader` and `StoreRecovery` promise it."""

    def catalog(self, version: UUID) -> str:
        """The canonical content of a catalog version."""
        ...

    def backfill(self, backfill: int) -> StoredBackfill:
        """One backfill."""
        ...

    def durations(self, environment: str, tasks: Iterable[int]) -> Mapping[int, Duration]:
        """How long tasks take."""
        ...

    def open_backfills(self) -> tuple[StoredBackfill, ...]:
        """Those that are not done."""
        ...

    def run_facts(self, backfill: int) -> tuple[RunFacts, ...]:
        """Of its runs."""
        ...

    def instance_facts(self, backfill: int) -> tuple[InstanceFacts, ...]:
        """Of its instances."""
        ...

    def open_attempts(self) -> tuple[StoredAttempt, ...]:
        """Attempts without an ending."""
        ...


class Store(
    StoreWriter,
    StoreReader,
    StoreRecovery,
    StoreActs,
    StoreSchedules,
    StoreTokens,
    StoreRetention,
    StoreKeys,
    StoreBacklog,
    StoreAnnotations,
    Protocol,
):
    """The daemon's memory."""

    def at_one_moment(self) -> AbstractContextManager[Recorded]:
        """All that is durable now, whatever is written meanwhile; to be left soon."""
        ...

    def close(self) -> None:
        """Let go of the database and its lock."""
        ...
