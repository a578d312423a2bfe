"""What goes into the daemon's memory and comes out of it: values that a store takes and gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from backfilld.engine.marks import (
    UNMARKED,
    UNMARKED_INSTANCE,
    UNMARKED_RUN,
    BackfillMarks,
    InstanceMarks,
    RunMarks,
)
from backfilld.engine.states import STATE_MASK, AttemptState, State
from backfilld.planning.plan import InstanceId
from backfilld.ports.amendments import StoredAmendment
from backfilld.ports.schedules import Firing
from backfilld.request.once import IdempotencyKey

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items in order; `next` is what to ask for as `after` to go on, None at the end."""

    items: tuple[T, ...]
    next: int | None


class OperationStatus(Enum):
    """How far an operation is."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Operation:
    """The asynchronous acceptance of a backfill; `id` is a UUID in text."""

    id: str
    status: OperationStatus
    backfill: int
    accepted_at: datetime
    completed_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class NewBackfill:
    """A request that was judged and found good, with all that recomputes its plan.

    `operation` is a new UUID in text; `request` and `resolved` are JSON texts; `dates` are in run order; `left_out` is
    the plan's: position of a date -> bitset of ordinals. `size` counts the plan's instances. `scheduled` says that they
    are cycles of their tasks' schedules, which the ledger keeps; `firing` is of the schedule that asks for the request.
    `workflow` is None where the request names none, `by` is who asked and `address` from where, `instance_id` the
    caller's own name for it.
    """

    operation: str
    name: str
    environment: str
    priority: int
    request: str
    resolved: str
    plan_hash: str
    catalog_version: UUID
    catalog_content: str
    dates: tuple[date, ...]
    size: int
    project: int
    workflow: int | None = None
    by: str = "local"
    tags: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    instance_id: str | None = None
    left_out: Mapping[int, int] = field(default_factory=dict)
    idempotency: IdempotencyKey | None = None
    firing: Firing | None = None
    scheduled: bool = True
    marks: BackfillMarks = UNMARKED


@dataclass(frozen=True)
class StoredBackfill:
    """An accepted backfill as it is amended by now: `plan_hash`, `dates` in run order and `size` are of its last plan.

    Only `left_out` is by position of the dates that it was accepted with. These have the run numbers from `first_run`
    on, one a date, in run order.
    """

    id: int
    name: str
    environment: str
    priority: int
    request: str
    resolved: str
    plan_hash: str
    catalog_version: UUID
    dates: tuple[date, ...]
    size: int
    left_out: Mapping[int, int]
    first_run: int
    accepted_at: datetime
    done_at: datetime | None
    outcome: str | None
    """The engine's word once it is done."""
    project: int
    workflow: int | None = None
    by: str = "local"
    instance_id: str | None = None
    """Its caller's name for it, of which a project has no two."""
    schedule: str | None = None
    """The schedule that asked for it, if one did."""
    scheduled: bool = True
    marks: BackfillMarks = UNMARKED
    expired_at: datetime | None = None
    """When the last of its runs was taken from view; what stands here stays."""

    amendments: tuple[StoredAmendment, ...] = ()

    @cached_property
    def runs(self) -> Sequence[int]:
        """The run numbers, in run order."""
        if not any(each.added for each in self.amendments):
            return range(self.first_run, self.first_run + len(self.dates))
        numbers = {day: number for each in self.amendments for day, number in each.numbered()}
        first = [day for day in self.dates if day not in numbers]
        numbers |= {day: self.first_run + place for place, day in enumerate(first)}
        return tuple(numbers[day] for day in self.dates)

    @property
    def to_run(self) -> int:
        """How many of its instances are not passed through."""
        if self.amendments:
            return self.amendments[-1].to_run
        return self.size - sum(ordinals.bit_count() for ordinals in self.left_out.values())

    def position(self, run: int) -> int | None:
        """The position in run order of a run; None if it has no such run."""
        if isinstance(self.runs, range):
            return run - self.first_run if run in self.runs else None
        return self._positions.get(run)

    @cached_property
    def _positions(self) -> Mapping[int, int]:
        return {run: position for position, run in enumerate(self.runs)}


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as it was last recorded; `counts` by state are all zero until it is first admitted."""

    number: int
    backfill: int
    business_date: date
    counts: tuple[int, ...]
    held_back: int
    admitted_at: datetime | None
    settled: bool
    settled_at: datetime | None
    """When it was last settled, also when it is open again."""
    outcome: str | None
    default: int | None
    """The byte that acts on the whole run have set for its instances, until their rows are made."""
    marks: RunMarks = UNMARKED_RUN
    expired_at: datetime | None = None
    """When it was taken from view: counts and outcome are all that there is of it."""


class RunDate(NamedTuple):
    """Whose run it is, and of which business date."""

    backfill: int
    business_date: date


@dataclass(frozen=True, slots=True)
class RunSum:
    """Runs of a backfill that stand alike, and their instances by state; `opened` if they have any."""

    settled: bool
    outcome: str | None
    opened: bool
    runs: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """A task instance that has a row; `byte` is its state and flags."""

    id: InstanceId
    task: int
    cycle_time: datetime
    byte: int
    attempt: int
    failures: int
    not_before: datetime | None
    changed_at: datetime | None
    marks: InstanceMarks = UNMARKED_INSTANCE

    @property
    def state(self) -> State:
        """Its state without the flags."""
        return State(self.byte & STATE_MASK)


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """One start of an instance; `epoch` is the lease under which it was claimed."""

    attempt: str
    instance: InstanceId
    number: int
    epoch: int
    state: AttemptState
    claimed_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    exit_code: int | None
    output: bytes | None
    reason: str


class AttemptTimes(NamedTuple):
    """When a start of an instance was claimed, began and ended, and what became of it."""

    number: int
    state: AttemptState
    claimed_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredOutput:
    """What the last attempt of a task instance handed back."""

    instance: InstanceId
    task: int
    output: bytes


@dataclass(frozen=True, slots=True)
class StoredAudit:
    """An act, or a change of a backfill or its runs: when, by whom, what, about what (JSON), and counts (JSON).

    `hash` is of all that and of the entry before it.
    """

    id: int
    at: datetime
    by: str
    what: str
    about: str
    counts: str
    previous: str
    hash: str
