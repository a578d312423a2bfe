"""What is said to the engine, and what it answers.

What comes once an attempt is a named tuple, not a dataclass: as frozen, and made in a third of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar, cast

from backfilld.catalog.models import Catalog
from backfilld.engine.asking import Answered, Asked, InstanceFacts
from backfilld.engine.marks import UNMARKED, UNMARKED_RUN, BackfillMarks, InstanceMarks, OnFailure, RunMarks
from backfilld.engine.states import AttemptState
from backfilld.planning.plan import InstanceId, Plan


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted backfill. `backfill` grows with acceptance; `runs` are its run numbers in run order, one a date."""

    backfill: int
    plan: Plan
    runs: Sequence[int]
    environment: str
    priority: int
    parallelism: int
    on_failure: OnFailure
    at_once: bool = False
    """Its one cycle is the moment of acceptance (spec 3): nothing waits for it, and no other backfill shares it."""
    max_failed_dates: int | None = None
    """It pauses itself whenever a date fails and so many have."""
    first: int | None = None
    """It pauses itself once, when so many dates are settled; no more than these are begun before."""
    marks: BackfillMarks = UNMARKED

    def under(self, marks: BackfillMarks) -> Accepted:
        """The same with the terms that acts have set."""
        return replace(
            self,
            priority=marks.priority or self.priority,
            parallelism=marks.parallelism or self.parallelism,
            on_failure=marks.on_failure or self.on_failure,
        )

    scheduled: bool = False
    """Whether a schedule asked for it: it may take the slots that its groups keep for such."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the store knows of a run whose rows exist, or on which an act has set a default."""

    run: int
    states: bytes
    """One byte an instance; empty when the run was never admitted."""
    admitted: bool
    default: int | None = None
    """The byte that acts on the whole run have set for its instances: CANCELLED, HELD, RELEASED."""
    marks: RunMarks = UNMARKED_RUN


@dataclass(frozen=True, slots=True)
class Restored:
    """A backfill that was open when the last daemon ended; instances in RUNNING have an open attempt of that number."""

    accepted: Accepted
    runs: Sequence[RunFacts]
    instances: Sequence[InstanceFacts]
    started: Mapping[InstanceId, datetime] = field(default_factory=dict)
    """When open attempts are known to have started: what timeouts are counted from."""
    turn: int = 0
    """Any number that grows with each claim of any backfill, as of this one's last: whose turn it is among equals."""
    catalogs: Sequence[Catalog] = ()
    """Every version that marks of `instances` name."""
    open: bool = False
    """Whether it is recorded as open: that it is done is news then."""


class AttemptStarted(NamedTuple):
    """A process exists for this attempt."""

    instance: InstanceId
    attempt: int
    at: datetime


class AttemptEnded(NamedTuple):
    """No process of this attempt is left. `state` is SUCCEEDED (exit code 0), FAILED, STOPPED, LOST or VOID."""

    instance: InstanceId
    attempt: int
    state: AttemptState
    exit_code: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Dismissed:
    """Forget a backfill that is done; `Restored` brings it back for a rerun."""

    backfill: int


@dataclass(frozen=True, slots=True)
class Amended:
    """A backfill goes on under the plan that its amendments make of it; that plan is durable by now.

    `accepted` has that plan, and run numbers by its positions: those of known dates as ever. Its marks are not looked
    at: what acts have set stays. `asked` brings other terms of the same amendment, whose `Answered` comes in the same
    round; for a backfill that the engine has let go of, `Restored` is to be said first.
    """

    accepted: Accepted
    asked: Asked
    """A `Replan` of the whole backfill, perhaps an empty one, with what is told in the audit."""


Said = Accepted | Restored | AttemptStarted | AttemptEnded | Asked | Amended | Dismissed


class Start(NamedTuple):
    """Claim this attempt, then launch it."""

    instance: InstanceId
    attempt: int


@dataclass(frozen=True, slots=True)
class Stop:
    """End the attempt's processes; `AttemptEnded` comes later."""

    instance: InstanceId
    attempt: int
    grace: timedelta


@dataclass(frozen=True, slots=True)
class RunAdmitted:
    """The run got its first place, or an act named one of its instances: its rows are to be made."""

    run: int


class Moved(NamedTuple):
    """The instance's facts from now on; `byte` is its state and flags."""

    instance: InstanceId
    byte: int
    attempt: int
    failures: int
    not_before: datetime | None
    at: datetime


class AttemptClosed(NamedTuple):
    """The attempt's ending, as the engine judged it."""

    instance: InstanceId
    attempt: int
    state: AttemptState
    exit_code: int | None
    at: datetime


class AttemptMoved(NamedTuple):
    """The attempt goes on in another state: RUNNING or STOPPING."""

    instance: InstanceId
    attempt: int
    state: AttemptState
    at: datetime


CHUNK = 4096


@dataclass(frozen=True, slots=True)
class RunChanged:
    """A run's facts after this round: counts by state (length 9), its changed chunks of state bytes, and its word."""

    run: int
    backfill: int
    counts: tuple[int, ...]
    held_back: int
    """Waiting instances that can only go on after a rerun or skip."""
    settled: bool
    outcome: str | None
    """`succeeded`, `failed` or `cancelled` once settled."""
    default: int | None
    chunks: Mapping[int, bytes]


def last_of_runs(effects: Iterable[RunChanged]) -> dict[int, RunChanged]:
    """The last word on each run, with the chunks of all."""
    last: dict[int, RunChanged] = {}
    for effect in effects:
        if before := last.get(effect.run):
            effect = replace(effect, chunks={**before.chunks, **effect.chunks})
        last[effect.run] = effect
    return last


@dataclass(frozen=True, slots=True)
class BackfillChanged:
    """A backfill is done, or open again."""

    backfill: int
    done: bool
    outcome: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class InstanceMarked:
    """What acts have set for an instance from now on."""

    instance: InstanceId
    marks: InstanceMarks


@dataclass(frozen=True, slots=True)
class RunMarked:
    """What acts have set for a run from now on."""

    run: int
    marks: RunMarks


@dataclass(frozen=True, slots=True)
class BackfillMarked:
    """What acts, or the backfill's own limits, have set for it from now on; `cause` is why, where no act was."""

    backfill: int
    marks: BackfillMarks
    cause: str | None = None


Marked = InstanceMarked | RunMarked | BackfillMarked
Effect = (
    Start | Stop | RunAdmitted | Moved | AttemptClosed | AttemptMoved | RunChanged | BackfillChanged | Marked | Answered
)

E = TypeVar("E")


class ByKind:
    """Effects by their kind, in order: one pass for all who ask."""

    def __init__(self, effects: Iterable[Effect]) -> None:
        self._kinds: dict[type[object], list[Effect]] = {}
        for effect in effects:
            self._kinds.setdefault(type(effect), []).append(effect)

    def of(self, kind: type[E]) -> list[E]:
        """The effects of one kind."""
        return cast(list[E], self._kinds.get(kind, []))
