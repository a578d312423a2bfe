"""What operators may ask, of what, and how it is answered item by item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal
from uuid import UUID

from backfilld.catalog.models import Catalog
from backfilld.engine.marks import UNMARKED_INSTANCE, InstanceMarks, OnFailure
from backfilld.engine.states import Event
from backfilld.planning.plan import InstanceId
from backfilld.request.annotations import Annotation
from backfilld.request.once import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Change:
    """Have this happen to instances: CANCELLED, RERUN, SKIPPED, SET_SUCCEEDED or SET_FAILED.

    Of a whole run or backfill a rerun is one from failure. `force` allows what the table of transitions does not.
    """

    event: Event
    force: bool = False
    latest: UUID | None = None
    """Of a rerun: the catalog version whose command, parameters, timeout and retries count from now on, for retries and
    later plain reruns too; everything else stays as planned. None: those that counted so far."""


class Order(Enum):
    """What needs no further word."""

    START = "start"
    RESUME = "resume"
    HOLD = "hold"
    RELEASE = "release"
    TRIGGER = "trigger"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Pause:
    """Start nothing more of a backfill or run; what runs goes on."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SetPriority:
    """Of a backfill: who goes first between backfills; of a run or an instance: inside its backfill."""

    priority: int


@dataclass(frozen=True, slots=True)
class SetNotBefore:
    """Start it no earlier; None takes that back, and the time of a retry with it."""

    moment: datetime | None


@dataclass(frozen=True, slots=True)
class Replan:
    """Let a backfill go on under other terms; None leaves one as it is."""

    parallelism: int | None = None
    on_failure: OnFailure | None = None
    priority: int | None = None


Act = Change | Order | Pause | SetPriority | SetNotBefore | Replan
CANCEL, RERUN, SKIP = Change(Event.CANCELLED), Change(Event.RERUN), Change(Event.SKIPPED)
SET_SUCCEEDED, SET_FAILED = Change(Event.SET_SUCCEEDED), Change(Event.SET_FAILED)


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """An instance that has more to remember than its state byte."""

    instance: InstanceId
    attempt: int
    """The number of the last attempt; 0 before the first."""
    failures: int
    """Failed attempts since the start or the last rerun: what the retries are counted against."""
    not_before: datetime | None = None
    marks: InstanceMarks = UNMARKED_INSTANCE


@dataclass(frozen=True, slots=True)
class Targets:
    """What an act is aimed at: a whole backfill, some of its runs, or single instances."""

    backfill: int
    runs: Sequence[int] | None = None
    instances: Sequence[InstanceId] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Some items of an act that is done in parts: `through` is the last of them, in the order that it goes by."""

    act: str
    through: int


@dataclass(frozen=True, slots=True)
class Asked:
    """An act, and what it is aimed at.

    `known` has facts of satisfied instances among the targets, which the engine forgets over a restart; `catalogs` has
    every version that the act or these facts name. The rest is for the audit: who asks, the act's name, and what it is
    about (JSON).
    """

    act: Act
    targets: Targets
    known: Sequence[InstanceFacts] = ()
    by: str = ""
    name: str = ""
    about: str = "{}"
    catalogs: Sequence[Catalog] = ()
    once: IdempotencyKey | None = None
    """The asker's word for it, for the store, which remembers with its effects that it was done."""
    part: Part | None = None
    """Of which act this is a part, for the store; the audit has an act once, not its parts."""
    notes: Sequence[Annotation] = ()
    """What a vendor's client says with it, for the store, which keeps that unless all of it is rejected."""


class Word(Enum):
    """How one item was answered."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NO_CHANGE = "no_change"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one item: why not, and within how many seconds where a process has to end first."""

    word: Word
    reason: str = ""
    seconds: int | None = None


ACCEPTED, NO_CHANGE = Verdict(Word.ACCEPTED), Verdict(Word.NO_CHANGE)


def rejected(reason: str) -> Verdict:
    """No, and why, in a sentence."""
    return Verdict(Word.REJECTED, reason)


def unchanged(reason: str) -> Verdict:
    """Nothing had to change, and why."""
    return Verdict(Word.NO_CHANGE, reason)


Noun = Literal["backfill", "run", "instance"]


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an act: a verdict for each item by its number, all of one kind."""

    asked: Asked
    of: Noun
    verdicts: Mapping[int, Verdict]
