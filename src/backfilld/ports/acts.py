"""Acts on many runs or task instances, done in parts: what is remembered of them, and how far they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from backfilld.ports.stored import Page
from backfilld.request.once import IdempotencyKey

Items = Mapping[int, Sequence[int]]
"""What an act is aimed at: by run number, ordinals of its instances, ascending. A whole run is its ordinal 0."""
MOST_REASONS = 20
"""Reasons of items that an act was not done to, or not at once, that are remembered of it."""


@dataclass(frozen=True, slots=True)
class NewAct:
    """An act as it was asked: `id` is a new UUID in text, `asked` what the audit says of it, as JSON.

    `project` is the one that all items belong to; None if there are several. `token` is the id of the one that it was
    asked with; None if that is the host's own.
    """

    id: str
    name: str
    by: str
    asked: str
    of: Literal["run", "instance"]
    items: Items
    project: int | None
    once: IdempotencyKey | None = None
    token: str | None = None


class Refusal(NamedTuple):
    """An item that an act was not done to, or not at once: its id, the word for that, why, and how many seconds."""

    item: int
    word: str
    reason: str
    seconds: int | None


class Attempted(NamedTuple):
    """The last attempt of an instance; one that was never started has the number 0."""

    number: int
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredAct:
    """An act and how far it is: `decided` is the last item that it has come to, `counts` are by verdict.

    `number` grows with each act.
    """

    number: int
    id: str
    name: str
    by: str
    asked: str
    of: Literal["run", "instance"]
    project: int | None
    total: int
    accepted_at: datetime
    decided: int | None = None
    completed_at: datetime | None = None
    error: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    """Of the first `MOST_REASONS` of them."""
    token: str | None = None
    """The id of the token that it was asked with; None: the host's own."""

    @property
    def done(self) -> int:
        """How many of its items are decided."""
        return sum(self.counts.values())

    @property
    def status(self) -> str:
        """The word for how far it is."""
        if self.completed_at is not None:
            return "completed" if self.error is None else "failed"
        return "pending" if self.decided is None else "running"


@dataclass(frozen=True, slots=True)
class Sight:
    """Somebody to whom acts on these projects are there, and their own."""

    name: str
    projects: frozenset[int]


class StoreActs(Protocol):
    """The memory of acts in parts. What a part came to is written by the round that it is done in."""

    def begin_act(self, new: NewAct, now: datetime) -> None:
        """Remember an act that is to be done."""
        ...

    def reject_items(self, act: str, items: Sequence[int], reason: str) -> None:
        """The next items of an act are rejected, all for one reason, without anybody having been asked."""
        ...

    def end_act(self, act: str, now: datetime, error: str | None = None) -> None:
        """Nothing more of it will be done: it is completed, or failed; the audit has it from then on."""
        ...

    def act(self, act: str) -> StoredAct:
        """One act; `NotFound` if there is none."""
        ...

    def acts(self, after: int | None, limit: int, mine: Sight | None = None) -> Page[StoredAct]:
        """Acts, the newest first; they go by their numbers."""
        ...

    def items_of(self, act: str) -> Items:
        """What an act is aimed at."""
        ...

    def last_attempts(self, run: int) -> Mapping[int, Attempted]:
        """By ordinal, the last attempt of each instance of a run that was ever started."""
        ...

    def open_acts(self) -> tuple[StoredAct, ...]:
        """Those that have not ended, in the order in which they were asked."""
        ...
