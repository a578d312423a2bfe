"""What operators have set beside the states: remembered as said, and empty where no act ever was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from backfilld.engine.states import Event


class OnFailure(Enum):
    """What a failed date does with its place: give it to the next, or keep it."""

    CONTINUE = "Continue"
    HOLD = "Hold"


class Halt(Enum):
    """Why nothing new of a backfill starts."""

    NOT_STARTED = "not_started"
    OPERATOR = "operator"
    FAILED_DATES = "max_failed_dates"
    FIRST = "first"


@dataclass(frozen=True, slots=True)
class InstanceMarks:
    """Of one instance: its own priority, and what becomes of it once its process, which is being stopped, is gone."""

    priority: int | None = None
    then: Event | None = None
    catalog_version: UUID | None = None
    """Whose command, parameters, timeout and retries count since a rerun under it; None: those of its plan."""


@dataclass(frozen=True, slots=True)
class RunMarks:
    """Of all of a run: whether and until when it is paused, its not-before, and its priority."""

    paused: bool = False
    resume_at: datetime | None = None
    not_before: datetime | None = None
    priority: int | None = None
    pauses: int = 0
    """How often it was paused: tells one pause from the next."""


@dataclass(frozen=True, slots=True)
class BackfillMarks:
    """Of a backfill: what halts it, until when, and what was planned anew; None is as its request says."""

    halt: Halt | None = None
    resume_at: datetime | None = None
    looked: bool = False
    """Whether its `first` dates were settled: it pauses for them once."""
    priority: int | None = None
    parallelism: int | None = None
    on_failure: OnFailure | None = None


UNMARKED_INSTANCE, UNMARKED_RUN, UNMARKED = InstanceMarks(), RunMarks(), BackfillMarks()
