"""The daemon's memory, and the promises about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from backfilld.catalog.models import TaskId
from backfilld.engine.asking import InstanceFacts
from backfilld.engine.events import RunFacts
from backfilld.planning.history import Outcomes
from backfilld.planning.plan import InstanceId
from backfilld.ports.acts import StoreActs
from backfilld.ports.alerts import StoredAlert, Tried
from backfilld.ports.amendments import NewAmendment
from backfilld.ports.annotations import StoreAnnotations
from backfilld.ports.asked import ANY, BackfillFilter, InstanceFilter, RunFilter
from backfilld.ports.backlog import StoreBacklog
from backfilld.ports.keys import StoreKeys
from backfilld.ports.schedules import StoreSchedules
from backfilld.ports.stored import (
    AttemptKey,
    NewBackfill,
    Operation,
    Page,
    Round,
    RunSum,
    StoredAttempt,
    StoredAudit,
    StoredBackfill,
    StoredInstance,
    StoredOutput,
    StoredRun,
)
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

    def record(self, tick: Round) -> None:
        """All effects of one tick and what people are to be told of it, or none."""
        ...

    def tried(self, tried: Tried) -> None:
        """What came of handing a message over; one that is settled stays as it is."""
        ...


class StoreReader(Protocol):
    """What is remembered; for every thread, never in the writer's way. Pages are in ascending order unless said."""

    def seen_by(self, projects: frozenset[int]) -> StoreReader:
        """The same for somebody: a backfill of any other project, and all that belongs to it, is not there."""
        ...

    def operation(self, operation: str) -> Operation:
        """One operation; `NotFound` if there is none."""
        ...

    def operations(self, after: int | None, limit: int) -> Page[Operation]:
        """Acceptances, that of the newest backfill first; they go by the numbers of their backfills."""
        ...

    def catalog(self, version: UUID) -> str:
        """The canonical content of a catalog version; `NotFound` if nothing was ever named after it."""
        ...

    def backfills(self, after: int | None, limit: int, wanted: BackfillFilter = ANY) -> Page[StoredBackfill]:
        """Accepted backfills that pass, the newest first."""
        ...

    def backfill_numbers(self, wanted: BackfillFilter) -> tuple[int, ...]:
        """The ids of all accepted backfills that pass, the newest first: for pages by number, and to count them."""
        ...

    def outcomes(self, wanted: BackfillFilter) -> Mapping[str, int]:
        """How many backfills that pass are done with each outcome; those that are open are not counted."""
        ...

    def backfill(self, backfill: int) -> StoredBackfill:
        """One backfill; `NotFound` if there is none."""
        ...

    def named(self, instance_ids: Collection[str], project: int | None = None) -> tuple[StoredBackfill, ...]:
        """The backfills that their callers named so, of one project or of all."""
        ...

    def backfill_by_hash(self, prefix: str) -> StoredBackfill | None:
        """The newest backfill whose plan hash begins so, if any."""
        ...

    def runs(self, backfill: int, after: int | None, limit: int) -> Page[StoredRun]:
        """The backfill's runs, in run order."""
        ...

    def run_sums(self, backfill: int) -> tuple[RunSum, ...]:
        """What the backfill's runs count together, by how they stand; of those that have rows."""
        ...

    def newest_runs(self, wanted: RunFilter, after: int | None, limit: int) -> Page[StoredRun]:
        """Runs of all backfills that pass, those with the greatest numbers first."""
        ...

    def runs_without_rows(self, wanted: InstanceFilter, runs: range, limit: int) -> Page[StoredRun]:
        """Of runs with these numbers those that may have instances that pass, and have no rows for them."""
        ...

    def some_backfills(self, backfills: Iterable[int]) -> tuple[StoredBackfill, ...]:
        """Those of these backfills that are there, in the order of acceptance."""
        ...

    def some_runs(self, runs: Iterable[int]) -> Mapping[int, StoredRun]:
        """Those of these runs that are there, by number."""
        ...

    def run(self, run: int) -> StoredRun:
        """One run; `NotFound` if there is none."""
        ...

    def state_bytes(self, run: int) -> bytes:
        """A byte an instance by ordinal; empty when the run was never admitted."""
        ...

    def instances(self, wanted: InstanceFilter, after: InstanceId | None, limit: int) -> Page[StoredInstance]:
        """The rows that pass the filter; a page may be short, or empty, and yet not the last."""
        ...

    def instance(self, instance: InstanceId) -> StoredInstance:
        """One row; `NotFound` if there is none (its run was never admitted, or does not exist)."""
        ...

    def some_instances(self, instances: Iterable[InstanceId]) -> Mapping[InstanceId, StoredInstance]:
        """Those of these instances that have rows."""
        ...

    def expired_since(self, backfill: int) -> datetime | None:
        """When the first of the backfill's runs was taken from view by its retention; None while it has all."""
        ...

    def attempts(self, instance: InstanceId) -> tuple[StoredAttempt, ...]:
        """Every attempt of the instance, by number."""
        ...

    def outputs(self, backfill: int, after: InstanceId | None, limit: int) -> Page[StoredOutput]:
        """What the last attempts of the backfill's instances handed back; a page may be short and not the last."""
        ...

    def facts_of(self, instances: Iterable[InstanceId]) -> tuple[InstanceFacts, ...]:
        """What these instances remember, those that have rows."""
        ...

    def audit(self, after: int | None, limit: int) -> Page[StoredAudit]:
        """Acts, and changes of backfills and runs, the newest first."""
        ...

    def alerts(self, backfill: int | None, after: int | None, limit: int) -> Page[StoredAlert]:
        """Messages to people, about one backfill or all, the newest first."""
        ...

    def broken_audit(self) -> int | None:
        """The first entry of the audit that is not as it was written, or whose forerunner is not; None if all are."""
        ...

    def durations(self, environment: str, tasks: Iterable[int]) -> Mapping[int, Duration]:
        """How long each task's recent successful attempts in settled runs took; tasks without any are left out."""
        ...

    def ledger(
        self, environment: str, tasks: Iterable[TaskId], first: datetime, last: datetime
    ) -> Iterator[tuple[TaskId, Outcomes]]:
        """What settled runs recorded of the tasks' cycles from `first` to `last`, both included.

        Tasks come in the order asked, a few read at a time; those without any outcome are left out.
        """
        ...

    def succeeded(
        self, environment: str, tasks: Iterable[TaskId], first: datetime, last: datetime
    ) -> Iterator[tuple[TaskId, Set[int]]]:
        """The tasks' cycles that ever succeeded, of the months (UTC) from that of `first` to that of `last`.

        Many times faster than the whole ledger. Cycles are in seconds since 1970, UTC; tasks come in the order asked,
        those without any are left out.
        """
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
