"""Which project, workflow and tasks a request names (spec 1 and 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from backfilld.catalog.documents import Path, shown
from backfilld.catalog.models import Catalog, Project, Task, Workflow
from backfilld.catalog.references import Unresolved, find_project, find_task, find_tasks, find_workflow
from backfilld.request.faults import FieldFault
from backfilld.request.models import BackfillRequest, DefaultRunProperties

RUN = "default_run_properties"
HOME: tuple[Path, ...] = (("project_id",), ("workflow_id",))
"""What a name's meaning rests on."""
TASK_LISTS = ("root_task_ids", "include_task_ids", "exclude_task_ids")
PROJECT_LISTS = ("include_project_ids", "exclude_project_ids")
_HINTED = 20  # looking for near names takes long
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Home:
    """Where bare names are looked up; None is unknown or, of a workflow, any Scheduled one of the project."""

    project: Project | None
    workflow: Workflow | None


@dataclass(frozen=True, slots=True)
class Named:
    """A task of a request, and the field that names it."""

    path: Path
    task: Task


class Names:
    """Looks up what a request names, and gathers the faults."""

    def __init__(self, catalog: Catalog, request: BackfillRequest, most: int) -> None:
        self.faults: list[FieldFault] = []
        self._catalog, self._most = catalog, most
        self.home = self._home(request)
        run = request.default_run_properties
        self.roots, self.include, self.exclude = (self._tasks(run, name) for name in TASK_LISTS)
        self.include_projects, self.exclude_projects = (self._projects(run, name) for name in PROJECT_LISTS)
        self._check_home()

    def task(self, ref: str, path: Path) -> Task | None:
        """One task; None, and a fault at the path, where there is none."""
        found = find_task(self._catalog, ref, self.home.project, self.home.workflow, hints=len(self.faults) < _HINTED)
        return self._known(found, path, self._basis(ref))

    def _home(self, request: BackfillRequest) -> Home:
        project = self._known(find_project(self._catalog, request.project_id), ("project_id",))
        if project is None:
            return Home(None, None)
        found = find_workflow(self._catalog, project, request.workflow_id)
        return Home(project, None if found is None else self._known(found, ("workflow_id",), HOME[:1]))

    def _tasks(self, run: DefaultRunProperties, name: str) -> tuple[Named, ...]:
        refs, path = self._refs(run, name)
        tasks, unresolved = find_tasks(self._catalog, refs, self.home.project, self.home.workflow)
        for position, nothing in unresolved:
            self._known(nothing, (*path, position), self._basis(refs[position]))
        strangers = {position for position, _ in unresolved}
        positions = (position for position in range(len(refs)) if position not in strangers)
        return tuple(Named((*path, position), task) for position, task in zip(positions, tasks, strict=True))

    def _projects(self, run: DefaultRunProperties, name: str) -> frozenset[int]:
        refs, path = self._refs(run, name)
        found = (self._known(find_project(self._catalog, ref), (*path, at)) for at, ref in enumerate(refs))
        return frozenset(project.id for project in found if project)

    def _refs(self, run: DefaultRunProperties, name: str) -> tuple[Sequence[object], Path]:
        """The references of a list; none of one that is too long."""
        refs: Sequence[object] = getattr(run, name)
        if len(refs) <= self._most:
            return refs, (RUN, name)
        self.faults.append(FieldFault((RUN, name), f"{len(refs):,} items", f"at most {self._most:,} items"))
        return (), (RUN, name)

    def _known(self, found: _T | Unresolved, path: Path, rests_on: tuple[Path, ...] = ()) -> _T | None:
        if not isinstance(found, Unresolved):
            return found
        self.faults.append(FieldFault(path, found.given, found.allowed, rests_on))
        return None

    def _basis(self, ref: object) -> tuple[Path, ...]:
        """What a task's reference rests on: with a name that some task has, another home could make it good."""
        name = ref.get("task") if isinstance(ref, Mapping) else ref
        return HOME if name in self._catalog.tasks_named else ()

    def _check_home(self) -> None:
        """Roots lie in the workflow, or in the project."""
        project, workflow = self.home.project, self.home.workflow
        for path, task in ((named.path, named.task) for named in self.roots):
            if workflow and task.workflow_id != workflow.id:
                where = f"a task of workflow {workflow.name}; or leave workflow_id out"
            elif project and task.project_id != project.id:
                where = f"a task of project {project.name}"
            else:
                continue
            self.faults.append(FieldFault(path, shown(task.name), where, HOME))
