"""A request that names tasks by id and dates by ISO date: planning's whole input beside the catalog (spec 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from backfilld.catalog.models import TaskId
from backfilld.dates import WHOLE_DAY, DayWindow, Period
from backfilld.request.selection import Selection


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a plan may be; counted by arithmetic before anything is expanded."""

    ranges: int = 7
    parallelism: int = 10
    dates: int = 36_600
    instances_a_date: int = 2**20
    instances: int = 5_000_000
    edges_a_date: int = 2**22
    ids: int = 10_000


UNLIMITED = Limits(*[2**62] * 7)


@dataclass(frozen=True, slots=True)
class ResolvedRequest:
    """What planning is asked. Seconds in `expected_seconds` come from history at acceptance."""

    selection: Selection
    periods: tuple[Period, ...]
    accepted_at: datetime
    exclude: frozenset[TaskId] = frozenset()
    window: DayWindow = WHOLE_DAY
    order: Literal["Asc", "Desc"] = "Asc"
    environment: Literal["Prod", "Dev"] = "Prod"
    priority: int | None = None
    weight_strategy: Literal["Disable", "Upstream"] = "Disable"
    resource_group: str | None = None
    expected_seconds: Mapping[TaskId, float] = field(default_factory=dict)
    project_id: int = 0
    workflow_id: int | None = None
    """None: all Scheduled workflows of the project."""
    parallelism: int = 1
    on_failure: Literal["Continue", "Hold"] = "Hold"
    workflow_parameters: Mapping[str, str] = field(default_factory=dict)
    task_parameters: Mapping[TaskId, Mapping[str, str]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
