"""What was changed of a backfill after its acceptance, in order: a part of what its plan follows from (spec 4.7, 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from backfilld.catalog.models import RunPolicy


@dataclass(frozen=True, slots=True)
class DatedInstance:
    """An instance by its business date and its ordinal within that date: neither ever changes in a backfill."""

    business_date: date
    ordinal: int


@dataclass(frozen=True, slots=True)
class AddDates:
    """More business dates, ascending, none of them in the plan so far; by date, ordinals that are passed through."""

    dates: tuple[date, ...]
    left_out: Mapping[date, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DropDates:
    """By date, the ordinals (a bitset) that had not started and are passed through from now on."""

    ordinals: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Cut:
    """An instance no longer waits for some that it waited for."""

    instance: DatedInstance
    upstream: tuple[DatedInstance, ...]


@dataclass(frozen=True, slots=True)
class NewRunPolicy:
    """Another run policy for the whole backfill; None: each task has its own."""

    run_policy: RunPolicy | None


Amendment = AddDates | DropDates | Cut | NewRunPolicy
