"""What was changed of a backfill after its acceptance, as a store takes and gives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count

from backfilld.engine.asking import Replan
from backfilld.request.once import IdempotencyKey


@dataclass(frozen=True, slots=True)
class NewAmendment:
    """A change of an accepted backfill that was judged and found good.

    `number` is one more than that of the one before, from 1 on; `body` is a JSON text. The rest says how the backfill
    stands with it: `dates` of its plan in run order, `added` those of them that get a run now, ascending, `size` and
    `to_run` counts of the plan's instances. `terms` are set beside what acts have set. `by` and `about` (JSON) are for
    the audit.
    """

    backfill: int
    number: int
    by: str
    body: str
    plan_hash: str
    dates: tuple[date, ...]
    added: tuple[date, ...]
    size: int
    to_run: int
    terms: Replan = field(default_factory=Replan)
    about: str = "{}"
    once: IdempotencyKey | None = None
    """The asker's word for it: that it was done under this is remembered with it."""
    reopens: bool = False
    """Whether a backfill that was done is open again, until the engine says otherwise."""


@dataclass(frozen=True, slots=True)
class StoredAmendment:
    """What was changed of a backfill; runs of its `added` dates, ascending, have the numbers from `first_run` on."""

    number: int
    at: datetime
    by: str
    body: str
    plan_hash: str
    added: tuple[date, ...]
    first_run: int | None
    to_run: int

    def numbered(self) -> Iterator[tuple[date, int]]:
        """The added dates with the numbers of their runs."""
        return zip(self.added, count(self.first_run or 0), strict=False)
