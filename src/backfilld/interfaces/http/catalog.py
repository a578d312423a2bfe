"""The running catalog: projects, workflows, tasks and their dependencies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Query
from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.catalog.models import WORKFLOW_TYPES, Project, Task, Workflow, WorkflowType
from backfilld.errors import Fault, InvalidCatalog, InvalidSchedules
from backfilld.interfaces.catalog_view import (
    CatalogView,
    ProjectView,
    TaskView,
    WholeTaskView,
    WorkflowView,
    catalog_view,
    project_view,
    task_view,
    whole_task_view,
    workflow_view,
)
from backfilld.interfaces.http.answers import answer, page_answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import After, Id, Limit, ProjectRef, WorkflowRef, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.ports import Page
from backfilld.request.filters import LONGEST_PATTERN
from backfilld.request.predicates import like
from backfilld.service.access import Scope

router = Router(tags=["catalog"], scope=Scope.READ)
T = TypeVar("T", Project, Workflow, Task)
Name = Annotated[str | None, Query(description="Called exactly so.")]
NameLike = Annotated[
    str | None, Query(max_length=LONGEST_PATTERN, description="With this in its name; `%` is any text.")
]


class ProjectPage(TypedDict):
    """Some projects by id, and what to ask for as `after` to go on; null at the end."""

    items: list[ProjectView]
    next: int | None


class WorkflowPage(TypedDict):
    """Some workflows by id, and what to ask for as `after` to go on; null at the end."""

    items: list[WorkflowView]
    next: int | None


class TaskPage(TypedDict):
    """Some tasks by id, and what to ask for as `after` to go on; null at the end."""

    items: list[TaskView]
    next: int | None


@router.get(
    "/catalog",
    summary="Show the running catalog",
    dependencies=[only()],
    response_model=CatalogView,
    responses=problems(),
)
def show_catalog(services: Served) -> Response:
    """Its version, and how much is in it."""
    return answer(catalog_view(services.catalogs.current))


@router.post(
    "/catalog/reload",
    scope=Scope.ADMIN,
    summary="Read the catalog again",
    dependencies=[only()],
    response_model=CatalogView,
    responses=problems(403),
)
def reload_catalog(services: Served) -> Response:
    """Its files, and those of the schedules: all of them are taken, or they are refused and what runs stays."""
    try:
        services.catalogs.reload()
    except (InvalidCatalog, InvalidSchedules) as error:
        raise type(error)([_in_its_file(fault) for fault in error.faults]) from None
    return answer(catalog_view(services.catalogs.current))


def _in_its_file(fault: Fault) -> Fault:
    """With its file by name: where that is on the host is nobody's business outside."""
    if fault.place is None:
        return fault
    return replace(fault, place=replace(fault.place, file=Path(fault.place.file).name))


@router.get(
    "/projects",
    summary="List projects",
    dependencies=[only("name", "after", "limit")],
    response_model=ProjectPage,
    responses=problems(),
)
def list_projects(services: Served, name: Name = None, after: After = None, limit: Limit = 100) -> Response:
    """Those of the running catalog that pass, by id."""
    there = services.catalogs.current.there.projects
    return page_answer(_page((each for each in there if name in (None, each.name)), after, limit), project_view)


@router.get(
    "/projects/{project}",
    summary="Show a project",
    dependencies=[only()],
    response_model=ProjectView,
    responses=problems(404),
)
def show_project(services: Served, project: Id) -> Response:
    """One project of the running catalog."""
    return answer(project_view(services.catalogs.project(project)))


@router.get(
    "/workflows",
    summary="List workflows",
    dependencies=[only("project", "name", "type", "after", "limit")],
    response_model=WorkflowPage,
    responses=problems(),
)
def list_workflows(
    services: Served,
    project: ProjectRef = None,
    name: Name = None,
    kind: Annotated[WorkflowType | None, Query(alias="type", description=", ".join(WORKFLOW_TYPES))] = None,
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """Those of the running catalog that pass, by id."""
    (home, _), seen = services.catalogs.home(project, None), services.catalogs.current
    found = (
        each
        for each in seen.there.workflows.values()
        if home in (None, each.project_id) and name in (None, each.name) and kind in (None, each.type)
    )
    return page_answer(_page(found, after, limit), lambda each: workflow_view(seen, each))


@router.get(
    "/workflows/{workflow}",
    summary="Show a workflow",
    dependencies=[only()],
    response_model=WorkflowView,
    responses=problems(404),
)
def show_workflow(services: Served, workflow: Id) -> Response:
    """One workflow of the running catalog."""
    return answer(workflow_view(services.catalogs.current, services.catalogs.workflow(workflow)))


@router.get(
    "/tasks",
    summary="List tasks",
    dependencies=[only("project", "workflow", "name", "name_like", "after", "limit")],
    response_model=TaskPage,
    responses=problems(),
)
def list_tasks(
    services: Served,
    project: ProjectRef = None,
    workflow: WorkflowRef = None,
    name: Name = None,
    name_like: NameLike = None,
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """Those of the running catalog that pass, by id."""
    (home, flow), seen = services.catalogs.home(project, workflow), services.catalogs.current
    fits = like(name_like or "")
    found = (
        each
        for each in seen.there.tasks.values()
        if home in (None, each.project_id)
        and flow in (None, each.workflow_id)
        and name in (None, each.name)
        and fits((each.name,))
    )
    return page_answer(_page(found, after, limit), lambda each: task_view(seen, each))


@router.get(
    "/tasks/{task}",
    summary="Show a task",
    dependencies=[only()],
    response_model=WholeTaskView,
    responses=problems(404),
)
def show_task(services: Served, task: Id) -> Response:
    """One task of the running catalog, what it waits for, and what waits for it."""
    return answer(whole_task_view(services.catalogs.current, services.catalogs.task(task)))


def _page(found: Iterable[T], after: int | None, limit: int) -> Page[T]:
    items = sorted((each for each in found if after is None or each.id > after), key=lambda each: each.id)
    return Page(tuple(items[:limit]), items[limit - 1].id if len(items) > limit else None)
