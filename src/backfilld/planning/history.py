"""What became of the cycles of a task in one environment, as planning asks the ledger (spec 4.7 and 4.8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Literal, NamedTuple

from backfilld.catalog.models import TaskId


class Past(NamedTuple):
    """The last ending of one cycle, and whether it ever succeeded."""

    ending: Literal["succeeded", "failed", "lost"]
    succeeded_once: bool
    ended_at: int
    """Seconds since 1970, UTC."""
    backfill: int


Outcomes = Mapping[int, Past]
"""By cycle time, in seconds since 1970, UTC; what never ended is not there."""
Succeeded = Iterable[tuple[TaskId, Set[int]]]
"""The cycle times of tasks that ever succeeded, in the same seconds; tasks without any may be missing."""
