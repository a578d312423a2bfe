"""What could run, frozen and checked: nothing here can be wrong in itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from functools import cached_property
from typing import Literal
from uuid import UUID

from backfilld.catalog.cron import Cron
from backfilld.graph import Dag, Graph

TaskId = int
WorkflowType = Literal["Scheduled", "Manual", "Triggered"]
WORKFLOW_TYPES: tuple[WorkflowType, ...] = ("Scheduled", "Manual", "Triggered")


@dataclass(frozen=True, slots=True)
class Same:
    """The upstream cycles of the same business date (spec 4.5)."""


@dataclass(frozen=True, slots=True)
class Previous:
    """The upstream task's latest planned cycle strictly before."""


@dataclass(frozen=True, slots=True)
class LastDates:
    """All planned upstream cycles of the last `n` business dates, the own one included."""

    n: int


Reach = Same | Previous | LastDates
SAME = Same()
PREVIOUS = Previous()


@dataclass(frozen=True, slots=True)
class Dependency:
    """A task needs `task`: which of its cycles, `cycle` says."""

    task: TaskId
    cycle: Reach = SAME


@dataclass(frozen=True, slots=True)
class Command:
    """One line; executed directly when it has no shell syntax, else by `/bin/sh -c`."""

    text: str


@dataclass(frozen=True, slots=True)
class PythonCallable:
    """`module:function`, called without arguments in a process of its own."""

    target: str


@dataclass(frozen=True, slots=True)
class Virtual:
    """No process: it succeeds as soon as it may start."""


Action = Command | PythonCallable | Virtual


@dataclass(frozen=True, slots=True)
class Clock:
    """When a task has its cycles: a cron read in a zone, `offset` days after the business date."""

    cron: Cron
    zone: str
    offset: int


@dataclass(frozen=True, slots=True)
class RunPolicy:
    """When attempts may start, by the wall clock: from `start` through the last second of `end` on the days of `kind`.

    An `end` before `start` lies on the next day; they are never equal (spec 5).
    """

    kind: Literal["Daily", "Weekend"]
    start: time
    end: time
    immediately: bool = False
    """Whether an instance may start before its cycle time."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task with every default of its project applied; times are seconds as `timedelta`."""

    id: TaskId
    name: str
    workflow_id: int
    project_id: int
    clock: Clock
    action: Action
    depends_on: tuple[Dependency, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    retries: int = 0
    retry_delay: timedelta = timedelta(seconds=30)
    retry_backoff: float = 2.0
    timeout: timedelta | None = None
    kill_grace: timedelta = timedelta(seconds=10)
    max_active: int | None = None
    resource_group: str = "default"
    priority: int | None = None
    on_lost: Literal["stop", "retry"] = "stop"
    skip_exit_codes: frozenset[int] = frozenset()
    no_retry_exit_codes: frozenset[int] = frozenset()
    cwd: str | None = None
    log_limit: int = 16 * 2**20
    run_policy: RunPolicy | None = None
    recurrence: Literal["Normal", "Pause", "Skip"] = "Normal"
    """Pause: planned but held. Skip: passed through."""
    smoke_test: bool = False
    """Whether type SmokeTest may run it in Prod."""
    owner: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Workflow:
    """A named group of tasks of one project."""

    id: int
    name: str
    project_id: int
    type: WorkflowType
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    owner: str | None
    description: str | None
    tasks: tuple[Task, ...]
    alias: str | None = None
    """A short name for vendors' clients, of which its project has no two; everybody else uses the name."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What Dev changes on top of Prod."""

    parameters: Mapping[str, str]
    resource_group: str | None


@dataclass(frozen=True, slots=True)
class Project:
    """Workflows that share a zone, an offset and defaults."""

    id: int
    name: str
    timezone: str
    business_date_offset: int
    parameters: Mapping[str, str]
    environments: Mapping[str, Environment]
    workflows: tuple[Workflow, ...]


@dataclass(frozen=True, slots=True)
class OwnCalendar:
    """Business days as the catalog's own files have them.

    They are `open_days` alone where these are given, else every day but the `weekend` (0 is Monday) and the `closed`
    ones, each with what it is called.
    """

    name: str
    weekend: frozenset[int] = frozenset({5, 6})
    closed: Mapping[date, str] = field(default_factory=dict)
    open_days: frozenset[date] | None = None


@dataclass(frozen=True)
class Catalog:
    """Everything that could run, under one version; `content` is its canonical text, which can be read again."""

    version: UUID
    content: str
    projects: tuple[Project, ...]
    calendars: Mapping[str, OwnCalendar] = field(default_factory=dict)

    @cached_property
    def tasks(self) -> Mapping[TaskId, Task]:
        """Every task by id, in catalog order."""
        return {task.id: task for project in self.projects for flow in project.workflows for task in flow.tasks}

    @cached_property
    def workflows(self) -> Mapping[int, Workflow]:
        """Every workflow by id, in catalog order."""
        return {flow.id: flow for project in self.projects for flow in project.workflows}

    @cached_property
    def by_id(self) -> Mapping[int, Project]:
        """Every project by id, in catalog order."""
        return {project.id: project for project in self.projects}

    @cached_property
    def tasks_named(self) -> Mapping[str, tuple[Task, ...]]:
        """Every task of a bare name, in catalog order."""
        found: dict[str, list[Task]] = {}
        for task in self.tasks.values():
            found.setdefault(task.name, []).append(task)
        return {name: tuple(tasks) for name, tasks in found.items()}

    @cached_property
    def workflows_named(self) -> Mapping[tuple[int, str], Workflow]:
        """Every workflow by its project's id and its name."""
        return {(flow.project_id, flow.name): flow for flow in self.workflows.values()}

    @cached_property
    def of_type(self) -> Mapping[WorkflowType, frozenset[TaskId]]:
        """The tasks of all workflows of a type; dependencies never lead from one type to another."""
        return {
            kind: frozenset(task.id for flow in self.workflows.values() if flow.type == kind for task in flow.tasks)
            for kind in WORKFLOW_TYPES
        }

    @cached_property
    def graph(self) -> Graph[TaskId]:
        """Every kind of edge; loops over cycles are possible."""
        return Graph({task.id: [need.task for need in task.depends_on] for task in self.tasks.values()})

    @cached_property
    def dag(self) -> Dag[TaskId]:
        """The same-cycle edges alone."""
        return Dag(
            {task.id: [need.task for need in task.depends_on if need.cycle == SAME] for task in self.tasks.values()}
        )

    @cached_property
    def order(self) -> tuple[TaskId, ...]:
        """Every task, upstream first along same-cycle edges, ties in catalog order."""
        return tuple(self.dag.ordered())

    @cached_property
    def short_names(self) -> Mapping[TaskId, str]:
        """Task names; one that occurs in two workflows is written in full."""
        seen = Counter(task.name for task in self.tasks.values())
        return {task.id: task.name if seen[task.name] == 1 else self.full_name(task.id) for task in self.tasks.values()}

    def only(self, projects: frozenset[int]) -> Catalog:
        """These projects alone, for looking up names: dependencies may lead out of it."""
        return replace(self, projects=tuple(project for project in self.projects if project.id in projects))

    def full_name(self, task_id: TaskId) -> str:
        """`project/workflow/task`."""
        task = self.tasks[task_id]
        return f"{self.by_id[task.project_id].name}/{self.workflows[task.workflow_id].name}/{task.name}"
