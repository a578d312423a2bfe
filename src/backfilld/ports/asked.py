"""What a list of what is remembered may be asked to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from backfilld.engine.states import State


@dataclass(frozen=True, slots=True)
class BackfillFilter:
    """Which backfills: None lets all pass. `name_like` is part of a name in either case, with `%` and `_` as in SQL."""

    name: str | None = None
    name_like: str | None = None
    project: int | None = None
    workflow: int | None = None
    by: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    """At or after the one, and before the other: of two stretches that meet in a moment, one has it."""
    open: bool | None = None
    """Whether it is not done."""
    outcomes: frozenset[str] | None = None
    """Done, and how."""
    tags: tuple[tuple[str, str | None], ...] = ()
    """Keys that all of them have, with these values where one is named; of some old ones the store does not know."""


ANY = BackfillFilter()


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs of all backfills: None lets all pass; business dates with both ends included."""

    backfill: int | None = None
    project: int | None = None
    first: date | None = None
    last: date | None = None
    words: frozenset[str] | None = None
    """Of runs that are settled only those with these; of any others all, if any other word is among them."""
    projects: frozenset[int] | None = None
    workflows: frozenset[int] | None = None
    """Of whose backfills; those of a backfill of no one workflow are of none."""


@dataclass(frozen=True, slots=True)
class InstanceFilter:
    """Which instances: of one backfill or run, of some tasks, in some states; None lets all pass.

    Business dates with both ends included; last changed at or after the one moment, and before the other.
    """

    backfill: int | None = None
    run: int | None = None
    tasks: frozenset[int] | None = None
    states: frozenset[State] | None = None
    first: date | None = None
    last: date | None = None
    changed_after: datetime | None = None
    changed_before: datetime | None = None

    @property
    def has_changed(self) -> bool:
        """Whether only what has changed ever can pass."""
        return self.changed_after is not None or self.changed_before is not None
