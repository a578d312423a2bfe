"""The running catalog as JSON: what could run."""

from __future__ import annotations

from datetime import timedelta

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from backfilld.catalog.models import Command, Dependency, LastDates, Previous, Project, PythonCallable, Task, Workflow
from backfilld.interfaces.starting_view import RunPolicyView, run_policy_view
from backfilld.service.catalogs import CatalogSeen


class CatalogView(TypedDict):
    """The running catalog: its version, and how many projects, workflows and tasks of it are there for the caller."""

    version_id: str
    projects: int
    workflows: int
    tasks: int


class ProjectView(TypedDict):
    """A project; `business_date_offset` is how many days after a business date its cycles come."""

    id: int
    name: str
    timezone: str
    business_date_offset: int
    environments: list[str]
    workflows: int


class WorkflowView(TypedDict):
    """A workflow; `type` is Scheduled, Manual or Triggered."""

    id: int
    name: str
    project_id: int
    project: str
    type: str
    parameters: dict[str, str]
    tags: dict[str, str]
    owner: str | None
    description: str | None
    tasks: int


class TaskView(TypedDict):
    """A task with the defaults of its project; of `command`, `python` and `virtual` one is given. Times in seconds."""

    id: int
    name: str
    workflow_id: int
    workflow: str
    project_id: int
    project: str
    cron: str
    timezone: str
    business_date_offset: int
    command: str | None
    python: str | None
    virtual: bool
    parameters: dict[str, str]
    retries: int
    retry_delay: float
    retry_backoff: float
    timeout: float | None
    kill_grace: float
    max_active: int | None
    resource_group: str
    priority: int | None
    on_lost: str
    skip_exit_codes: list[int]
    no_retry_exit_codes: list[int]
    log_limit: int
    run_policy: RunPolicyView | None
    recurrence: str
    smoke_test: bool
    owner: str | None
    tags: dict[str, str]
    description: str | None


class DependencyView(TypedDict):
    """A task at one end of a dependency; `cycle` is same, previous, or dates, of the last so many business dates."""

    id: int
    name: str
    workflow: str
    project: str
    cycle: str
    dates: int | None


class WholeTaskView(TaskView):
    """A task, what it waits for, and what waits for it."""

    upstream: list[DependencyView]
    downstream: list[DependencyView]


def catalog_view(seen: CatalogSeen) -> CatalogView:
    """The catalog as JSON."""
    there = seen.there
    return {
        "version_id": str(seen.whole.version),
        "projects": len(there.projects),
        "workflows": len(there.workflows),
        "tasks": len(there.tasks),
    }


def project_view(project: Project) -> ProjectView:
    """The project as JSON."""
    return {
        "id": project.id,
        "name": project.name,
        "timezone": project.timezone,
        "business_date_offset": project.business_date_offset,
        "environments": ["Prod", *project.environments],
        "workflows": len(project.workflows),
    }


def workflow_view(seen: CatalogSeen, workflow: Workflow) -> WorkflowView:
    """The workflow as JSON."""
    return {
        "id": workflow.id,
        "name": workflow.name,
        "project_id": workflow.project_id,
        "project": seen.there.by_id[workflow.project_id].name,
        "type": workflow.type,
        "parameters": dict(workflow.parameters),
        "tags": dict(workflow.tags),
        "owner": workflow.owner,
        "description": workflow.description,
        "tasks": len(workflow.tasks),
    }


def task_view(seen: CatalogSeen, task: Task) -> TaskView:
    """The task as JSON."""
    action = task.action
    return {
        "id": task.id,
        "name": task.name,
        "workflow_id": task.workflow_id,
        "workflow": seen.there.workflows[task.workflow_id].name,
        "project_id": task.project_id,
        "project": seen.there.by_id[task.project_id].name,
        "cron": task.clock.cron.text,
        "timezone": task.clock.zone,
        "business_date_offset": task.clock.offset,
        "command": action.text if isinstance(action, Command) else None,
        "python": action.target if isinstance(action, PythonCallable) else None,
        "virtual": not isinstance(action, Command | PythonCallable),
        "parameters": dict(task.parameters),
        "retries": task.retries,
        "retry_delay": task.retry_delay.total_seconds(),
        "retry_backoff": task.retry_backoff,
        "timeout": _seconds(task.timeout),
        "kill_grace": task.kill_grace.total_seconds(),
        "max_active": task.max_active,
        "resource_group": task.resource_group,
        "priority": task.priority,
        "on_lost": task.on_lost,
        "skip_exit_codes": sorted(task.skip_exit_codes),
        "no_retry_exit_codes": sorted(task.no_retry_exit_codes),
        "log_limit": task.log_limit,
        "run_policy": run_policy_view(task.run_policy),
        "recurrence": task.recurrence,
        "smoke_test": task.smoke_test,
        "owner": task.owner,
        "tags": dict(task.tags),
        "description": task.description,
    }


def whole_task_view(seen: CatalogSeen, task: Task) -> WholeTaskView:
    """The task with its neighbours as JSON."""
    return {
        **task_view(seen, task),
        "upstream": [_dependency_view(seen, *each) for each in seen.upstream(task)],
        "downstream": [_dependency_view(seen, *each) for each in seen.downstream(task)],
    }


def _dependency_view(seen: CatalogSeen, task: Task, need: Dependency) -> DependencyView:
    reach = need.cycle
    return {
        "id": task.id,
        "name": task.name,
        "workflow": seen.there.workflows[task.workflow_id].name,
        "project": seen.there.by_id[task.project_id].name,
        "cycle": "dates" if isinstance(reach, LastDates) else "previous" if isinstance(reach, Previous) else "same",
        "dates": reach.n if isinstance(reach, LastDates) else None,
    }


def _seconds(time: timedelta | None) -> float | None:
    return None if time is None else time.total_seconds()
