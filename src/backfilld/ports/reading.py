"""What everybody may ask of the daemon's memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol
from uuid import UUID

from backfilld.catalog.models import TaskId
from backfilld.engine.asking import InstanceFacts
from backfilld.planning.history import Outcomes
from backfilld.planning.plan import InstanceId
from backfilld.ports.alerts import StoredAlert
from backfilld.ports.asked import ANY, BackfillFilter, InstanceFilter, RunFilter
from backfilld.ports.stored import (
    AttemptTimes,
    Operation,
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
from backfilld.request.durations import Duration


class StoreReader(Protocol):
    """What is remembered; for every thread, never in the writer's way. Pages are in ascending order unless said."""

    @property
    def is_local(self) -> bool:
        """Whether what is asked is read from a file of this host, so that nobody waits for a network."""
        ...

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

    def backfill_numbers(
        self,
        wanted: BackfillFilter,
        *,
        ascending: bool = False,
        after: int | None = None,
        skip: int = 0,
        most: int | None = None,
    ) -> tuple[int, ...]:
        """Ids of accepted backfills that pass, the newest first unless they ascend: for pages by number.

        Those that come `after` one in this order, without the first `skip`, at `most` so many.
        """
        ...

    def count_backfills(self, wanted: BackfillFilter) -> int:
        """How many accepted backfills pass."""
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

    def run_sums(self, backfills: Iterable[int]) -> Mapping[int, Sequence[RunSum]]:
        """What each backfill's runs count together, by how they stand; of those that have rows."""
        ...

    def newest_runs(self, wanted: RunFilter, after: int | None, limit: int) -> Page[StoredRun]:
        """Runs of all backfills that pass, those with the greatest numbers first."""
        ...

    def count_runs(self, wanted: RunFilter) -> int:
        """How many runs of all backfills pass."""
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

    def run_dates(self, runs: Iterable[int]) -> Mapping[int, RunDate]:
        """The backfill and the business date of those of these runs that are there, by number."""
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

    def last_times(self, instances: Iterable[InstanceId], most: int) -> Mapping[InstanceId, tuple[AttemptTimes, ...]]:
        """By number the last `most` attempts of each of these instances that was ever started."""
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

    def audit_about(self, backfill: int | None, after: int | None, limit: int) -> Page[StoredAudit]:
        """Those entries of the audit that are about one backfill, or about no single one, the newest first."""
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
