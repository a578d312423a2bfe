"""What is remembered of schedules: who is paused, up to when all is decided, and what became of each firing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Firing:
    """A schedule and the moment for which it asks; no two are alike. `by` is who asked for it, None: its time came."""

    schedule: str
    moment: datetime
    by: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFiring:
    """What became of a firing, decided at `at`: an operation and its backfill, or the reason why there is none."""

    firing: Firing
    at: datetime
    operation: str | None
    backfill: int | None
    refusal: str | None


@dataclass(frozen=True, slots=True)
class StoredSchedule:
    """A schedule that was seen since `known_since`; firings up to `decided_until` are no concern any more."""

    name: str
    known_since: datetime
    decided_until: datetime
    paused_at: datetime | None


class StoreSchedules(Protocol):
    """The memory of schedules; a call that writes is durable when it returns, and safe to repeat.

    `by` and `address` are for the audit: who asks, and from where.
    """

    def keep_schedules(self, times: Mapping[str, str], now: datetime) -> None:
        """These are the schedules from now on, by name, with their times as text.

        All before `now` is decided for those that are new, were missing before, or have other times. What is missing
        now keeps its pause and its firings.
        """
        ...

    def schedules(self) -> Mapping[str, StoredSchedule]:
        """All that were ever seen, by name."""
        ...

    def pause_schedule(self, name: str, by: str, now: datetime, address: str = "") -> bool:
        """Remember, and audit, that it is not to fire; False if it is paused already."""
        ...

    def resume_schedule(self, name: str, by: str, now: datetime, address: str = "") -> bool:
        """Remember, and audit, that it fires again: what came meanwhile is decided. False if it is not paused."""
        ...

    def pass_over(self, name: str, until: datetime) -> None:
        """What it had up to this moment is decided."""
        ...

    def fired(self, firing: Firing) -> StoredFiring | None:
        """What became of it, if that is decided; who asked makes no difference."""
        ...

    def last_firings(self, schedule: str, limit: int) -> tuple[StoredFiring, ...]:
        """The latest moments first."""
        ...

    def refuse_firing(self, firing: Firing, reason: str, now: datetime) -> None:
        """It comes to nothing, for this reason; one that is decided already stays as it is."""
        ...
