"""From an id, a name or `{project, workflow, task}` to what it means, or to what to write instead (spec 1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from backfilld.catalog.documents import Ambiguous, shown
from backfilld.catalog.fields import LARGEST_ID, near
from backfilld.catalog.models import Catalog, Project, Task, Workflow, WorkflowType

ALL_WORKFLOWS = 1
"""The reserved workflow id: all Scheduled workflows of the project."""
_HINTS = 5  # looking for near names takes milliseconds: a long list of wrong names gets them for the first few only
_MOST_NAMES = 5_000
_ALSO = "a project too"


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A reference to nothing, or to too much: what was given, and what to write instead."""

    given: str
    allowed: str


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where bare names are looked up."""

    project: Project | None
    workflow: Workflow | None
    kind: WorkflowType | None

    def holds(self, task: Task) -> bool:
        if self.workflow:
            return task.workflow_id == self.workflow.id
        return self.project is None or task.project_id == self.project.id

    def __str__(self) -> str:
        if self.workflow:
            return f"workflow {self.workflow.name}"
        return f"project {self.project.name}" if self.project else "the catalog"


def find_project(catalog: Catalog, ref: object) -> Project | Unresolved:
    """The project of this id (an integer, or a text of digits) or name."""
    match _key(ref):
        case int(number):
            return catalog.by_id.get(number) or Unresolved(shown(ref), "the id of a project")
        case str(name):
            found = next((project for project in catalog.projects if project.name == name), None)
            return found or Unresolved(shown(ref), _one_of("a project", name, [p.name for p in catalog.projects]))
        case _:
            return _no_reference(ref, "the id or name of a project")


def find_workflow(catalog: Catalog, project: Project, ref: object) -> Workflow | Unresolved | None:
    """The project's workflow of this id or name; None, all its Scheduled workflows, for None and for 1."""
    match None if ref is None else _key(ref) or Unresolved("", ""):
        case None | 1:
            return None
        case int(number):
            found = catalog.workflows.get(number)
            return found if found and found.project_id == project.id else _foreign_workflow(catalog, project, number)
        case str(name):
            names = [flow.name for flow in project.workflows]
            found = catalog.workflows_named.get((project.id, name))
            return found or Unresolved(shown(ref), _one_of(f"a workflow of {project.name}", name, names))
        case _:
            return _no_reference(ref, "the id or name of a workflow")


def find_task(
    catalog: Catalog,
    ref: object,
    project: Project | None,
    workflow: Workflow | None = None,
    *,
    kind: WorkflowType | None = None,
    hints: bool = True,
) -> Task | Unresolved:
    """One task: by id anywhere; by `{project, workflow, task}`; by bare name in `workflow`, else unique in `project`.

    In a mapping, a project or workflow left out is the given one. Of several tasks of a name, the ones in workflows of
    type `kind` are meant. Without `hints` nobody looks for near names.
    """
    return _find(catalog, ref, _Scope(project, workflow, kind), hints=hints)


def find_tasks(
    catalog: Catalog,
    refs: Sequence[object],
    project: Project | None,
    workflow: Workflow | None = None,
    *,
    kind: WorkflowType | None = None,
) -> tuple[tuple[Task, ...], tuple[tuple[int, Unresolved], ...]]:
    """The tasks of a list of references, and by position those that mean none; the first few of these get hints."""
    scope = _Scope(project, workflow, kind)
    tasks: list[Task] = []
    unresolved: list[tuple[int, Unresolved]] = []
    for position, ref in enumerate(refs):
        found = _find(catalog, ref, scope, hints=len(unresolved) < _HINTS)
        if isinstance(found, Task):
            tasks.append(found)
        else:
            unresolved.append((position, found))
    return tuple(tasks), tuple(unresolved)


def task_line(catalog: Catalog, task: Task) -> str:
    """How to write a task so that only it can be meant; names that YAML would split are quoted."""
    names = (catalog.by_id[task.project_id].name, catalog.workflows[task.workflow_id].name, task.name)
    project, workflow, name = map(_written, names)
    return f"{{project: {project}, workflow: {workflow}, task: {name}}}"


def id_in(text: str) -> int | None:
    """The id that a text is, be there anything of it or not; None for any other text.

    >>> id_in("17"), id_in("shop"), id_in("99999999999999999999")
    (17, None, None)
    """
    number = int(text[:20]) if text.isascii() and text.isdigit() else None
    return None if number is None or number > LARGEST_ID else number


def _key(ref: object) -> int | str | None:
    """An id, a name, or None for what can be neither."""
    if isinstance(ref, bool | Ambiguous) or not isinstance(ref, int | str) or ref == "":
        return None
    if isinstance(ref, int):
        return ref
    if not (ref.isascii() and ref.isdigit()):
        return ref
    return int(ref) if len(ref) < 20 else None


def _find(catalog: Catalog, ref: object, scope: _Scope, *, hints: bool) -> Task | Unresolved:
    if isinstance(ref, Mapping):
        return _by_mapping(catalog, ref, scope, hints=hints)
    match _key(ref):
        case int(number):
            return catalog.tasks.get(number) or Unresolved(shown(ref), "the id of a task")
        case str(name):
            return _by_name(catalog, name, scope, hints=hints)
        case _:
            return _no_reference(ref, "the id or name of a task, or {project: ..., workflow: ..., task: ...}")


def _by_name(catalog: Catalog, name: str, scope: _Scope, *, hints: bool) -> Task | Unresolved:
    everywhere = catalog.tasks_named.get(name, ())
    within = [task for task in everywhere if scope.holds(task)]
    found = [task for task in within if catalog.workflows[task.workflow_id].type == scope.kind] or within
    if len(found) == 1:
        return found[0]
    if found or everywhere:
        lines = " or ".join(task_line(catalog, task) for task in (found or everywhere)[:3])
        problem = "it is there more than once" if found else "it is elsewhere"
        return Unresolved(shown(name), f"a name that is unique in {scope}; {problem}: write {lines}")
    names = [task.name for task in catalog.tasks.values() if scope.holds(task)] if hints else []
    return Unresolved(shown(name), _one_of(f"a task of {scope}", name, names))


def _by_mapping(catalog: Catalog, ref: Mapping[str, object], scope: _Scope, *, hints: bool) -> Task | Unresolved:
    if strangers := set(ref) - {"project", "workflow", "task"}:
        return Unresolved(f"the key {min(strangers)}", "{project: ..., workflow: ..., task: ...}")
    if "task" not in ref or isinstance(ref["task"], Mapping):
        return Unresolved(shown(ref), "{project: ..., workflow: ..., task: ...} with a task")
    narrowed = _narrowed(catalog, ref, scope)
    if isinstance(narrowed, Unresolved):
        return narrowed
    task = _find(catalog, ref["task"], narrowed, hints=hints)
    if isinstance(task, Task) and narrowed is not scope and not narrowed.holds(task):  # an id of another place
        return Unresolved(shown(ref), f"{task_line(catalog, task)}, or the id alone")
    return task


def _narrowed(catalog: Catalog, ref: Mapping[str, object], scope: _Scope) -> _Scope | Unresolved:
    """Where the task of a mapping is looked up: the scope itself if the mapping names no project and no workflow."""
    if "project" in ref:
        project = find_project(catalog, ref["project"])
        if isinstance(project, Unresolved):
            return project
        scope = _Scope(project, None, scope.kind)
    if "workflow" in ref:
        flow = find_workflow(catalog, scope.project, ref["workflow"]) if scope.project else _no_reference(ref, _ALSO)
        if isinstance(flow, Unresolved):
            return flow
        scope = _Scope(scope.project, flow, scope.kind if flow else "Scheduled")
    return scope


def _foreign_workflow(catalog: Catalog, project: Project, number: int) -> Unresolved:
    found = catalog.workflows.get(number)
    owner = f"; {number} is one of project {catalog.by_id[found.project_id].name}" if found else ""
    return Unresolved(str(number), f"the id of a workflow of project {project.name}{owner}")


def _one_of(what: str, name: str, names: Iterable[str]) -> str:
    known = list(dict.fromkeys(names))[:_MOST_NAMES]
    return what + (near(name, known) or (f": {', '.join(known)}" if 0 < len(known) <= 5 else ""))


def _no_reference(ref: object, allowed: str) -> Unresolved:
    return Unresolved(shown(ref), f'{allowed}; quote it: "{ref}"' if isinstance(ref, Ambiguous) else allowed)


def _written(name: str) -> str:
    plain = name.replace("_", "").replace("-", "").replace("/", "").isalnum() and name[0].isalpha()
    return name if plain else shown(name)
