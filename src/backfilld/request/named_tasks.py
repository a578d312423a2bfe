"""Which project, workflow and tasks a request names (spec 1 and 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from backfilld.catalog.documents import Path, shown
from backfilld.catalog.models import Catalog, Project, Task, Workflow
from backfilld.catalog.references import Unresolved, find_project, find_task, find_tasks, find_workflow
from backfilld.request.faults import FieldFault
from backfilld.request.kinds import KIND, OF_ONE_WORKFLOW, types_for
from backfilld.request.models import BackfillRequest, DefaultRunProperties

RUN = "default_run_properties"
HOME: tuple[Path, ...] = (("project_id",), ("workflow_id",), ("type",))
"""What a name's meaning rests on."""
TASK_LISTS = ("root_task_ids", "include_task_ids", "exclude_task_ids")
PROJECT_LISTS = ("include_project_ids", "exclude_project_ids")
_OR_NONE = "; or leave workflow_id out"
_HINTED = 20  # looking for near names takes long
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Home:
    """Where bare names are looked up; None is unknown or, of a workflow, any one of the project."""

    project: Project | None
    workflow: Workflow | None


@dataclass(frozen=True, slots=True)
class Named:
    """A task of a request, and the field that names it."""

    path: Path
    task: Task


class Names:
    """Looks up what a request names among what its caller may see, and gathers the faults."""

    def __init__(self, catalog: Catalog, request: BackfillRequest, most: int) -> None:
        self.faults: list[FieldFault] = []
        self._catalog, self._most = catalog, most
        self._type, self._kind = request.type, KIND[request.type]
        self.home = self._home(request)
        run = request.default_run_properties
        self.roots, self.include, self.exclude = (self._tasks(run, name) for name in TASK_LISTS)
        self.include_projects, self.exclude_projects = (self._projects(run, name) for name in PROJECT_LISTS)
        self._check_places()

    def task(self, ref: str, path: Path) -> Task | None:
        """One task; None, and a fault at the path, where there is none that this type of request runs."""
        hints = len(self.faults) < _HINTED
        found = find_task(self._catalog, ref, self.home.project, self.home.workflow, kind=self._kind, hints=hints)
        task = self._known(found, path, self._basis(ref))
        return task if task and self._in_place(Named(path, task), bound=False) else None

    def _home(self, request: BackfillRequest) -> Home:
        project = self._known(find_project(self._catalog, request.project_id), ("project_id",))
        if project is None:
            return Home(None, None)
        found = find_workflow(self._catalog, project, request.workflow_id)
        workflow = None if found is None else self._known(found, ("workflow_id",), HOME[:1])
        if allowed := self._other_workflow(workflow, named=found is not None):
            given = "nothing" if request.workflow_id is None else shown(request.workflow_id)
            self.faults.append(FieldFault(("workflow_id",), given, allowed, (("project_id",), ("type",))))
        return Home(project, workflow)

    def _other_workflow(self, workflow: Workflow | None, *, named: bool) -> str | None:
        """What to name instead of a workflow that this type of request is not about."""
        if workflow and workflow.type != self._kind:
            return f"a {self._kind} workflow; {workflow.name} is {workflow.type}, for type {types_for(workflow.type)}"
        if self._type in OF_ONE_WORKFLOW and not named:
            return f"one {self._kind} workflow, which type {self._type} runs"
        return None

    def _tasks(self, run: DefaultRunProperties, name: str) -> tuple[Named, ...]:
        refs, path = self._refs(run, name)
        tasks, unresolved = find_tasks(self._catalog, refs, self.home.project, self.home.workflow, kind=self._kind)
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

    def _check_places(self) -> None:
        """Roots lie in the workflow, or in the project; where a workflow is run, so does all else."""
        whole = self._type in OF_ONE_WORKFLOW
        for named in self.roots:
            self._in_place(named, bound=True)
        for named in self.include + self.exclude:
            self._in_place(named, bound=whole)

    def _in_place(self, named: Named, *, bound: bool) -> bool:
        """Whether the request can mean this task; `bound` ones lie in the workflow, else in the project."""
        allowed = self._other_kind(named.task) or (self._elsewhere(named.task) if bound else None)
        if allowed:
            self.faults.append(FieldFault(named.path, shown(named.task.name), allowed, HOME))
        return allowed is None

    def _other_kind(self, task: Task) -> str | None:
        """What to name instead of a task that this type of request never runs."""
        kind = self._catalog.workflows[task.workflow_id].type
        if kind == self._kind:
            return None
        return f"a task of a {self._kind} workflow; this one is of a {kind} workflow, for type {types_for(kind)}"

    def _elsewhere(self, task: Task) -> str | None:
        """What to name instead of a task outside the request's workflow or project."""
        project, workflow = self.home.project, self.home.workflow
        if workflow and task.workflow_id != workflow.id:
            return f"a task of workflow {workflow.name}" + ("" if self._type in OF_ONE_WORKFLOW else _OR_NONE)
        if project and task.project_id != project.id:
            return f"a task of project {project.name}"
        return None
