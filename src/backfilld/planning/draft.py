"""A plan half made: what its hash, its findings and its tasks are worked out from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from backfilld.catalog.models import Catalog, Task, TaskId
from backfilld.planning.bridging import Bridged
from backfilld.planning.templates import Templates
from backfilld.request.resolved import ResolvedRequest


@dataclass(frozen=True, slots=True)
class Draft:
    """What is selected, in topological order, on which dates, with which edges."""

    request: ResolvedRequest
    catalog: Catalog
    dates: tuple[date, ...]
    closed: Mapping[date, str]
    """Dates that the calendar leaves out, and why."""
    reached: frozenset[TaskId]
    """What the selection means, before anything is taken from it."""
    skipped: frozenset[TaskId]
    """Selected, but with recurrence Skip."""
    unseen: frozenset[TaskId]
    """Tasks of projects that the caller may not see: they are left out and only counted."""
    tasks: tuple[Task, ...]
    bridged: Bridged
    templates: Templates

    @property
    def hidden(self) -> frozenset[TaskId]:
        """What would be in the plan if the caller might see it."""
        return self.reached & self.unseen
