"""A request that names tasks by id and dates by ISO date: planning's whole input beside the catalog (spec 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from backfilld.catalog.models import RunPolicy, TaskId
from backfilld.dates import WHOLE_DAY, DayWindow, Period
from backfilld.request.alerts import AskedAlert
from backfilld.request.amendments import Amendment
from backfilld.request.durations import Durations
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


RequestType = Literal["SupplementData", "ManualWorkflow", "Manual", "SmokeTest", "TriggerWorkflow"]
Reprocess = Literal["All", "Failed", "Missing"]
OnConflict = Literal["Queue", "Skip", "Reject"]


@dataclass(frozen=True, slots=True)
class ResolvedRequest:
    """What planning is asked. `durations` are as history told them at acceptance."""

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
    run_policy: RunPolicy | None = None
    """None: each task has its own. Either is read on the clock of the request's project."""
    durations: Durations = Durations()  # noqa: RUF009 - frozen
    project_id: int = 0
    workflow_id: int | None = None
    """None: all Scheduled workflows of the project."""
    parallelism: int = 1
    on_failure: Literal["Continue", "Hold"] = "Hold"
    workflow_parameters: Mapping[str, str] = field(default_factory=dict)
    task_parameters: Mapping[TaskId, Mapping[str, str]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    type: RequestType = "SupplementData"
    calendar: str | None = None
    """A country (`DE`, `DE-BY`), an exchange (`XNYS`), or one of the catalog's own: only its business days."""
    permitted: frozenset[int] | None = None
    """The projects that the caller may see; None: all."""
    reprocess: Reprocess = "All"
    on_conflict: OnConflict = "Queue"
    analysed: bool = True
    """Whether findings beyond the ones that always count are looked for."""
    blocked: bool = True
    """Whether an error among those stops the request."""
    payload: str | None = None
    """Compact JSON text, for the file of every attempt."""
    payload_parameters: Mapping[str, str] = field(default_factory=dict)
    """Its top-level scalars that could be parameters; each task takes those that it declares."""
    expect_plan: str | None = None
    auto_start: bool = True
    """Whether it starts when it is accepted."""
    alert: AskedAlert | None = None
    max_failed_dates: int | None = None
    first: int | None = None
    fit_window: bool = False
    """Whether only that is started which will end before its window closes, nine times of ten."""
    amendments: tuple[Amendment, ...] = ()
    """What was changed since, in order."""

    @property
    def at_once(self) -> bool:
        """Whether every task has one instance, whose cycle is the moment of acceptance (spec 3, below the table)."""
        return self.type != "SupplementData"
