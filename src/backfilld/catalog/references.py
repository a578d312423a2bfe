"""From an id, a name or `{project, workflow, task}` to what it means, or to what to write instead (spec 1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from backfilld.catalog.documents import Ambiguous, shown
from backfilld.catalog.fields import near
from backfilld.catalog.models import Catalog, Project, Task, Workflow

ALL_WORKFLOWS = 1
"""The reserved workflow id: all Scheduled workflows of the project."""
_HINTS = 5  # looking for near names takes milliseconds: a long list of wrong names gets them for the first few only
_MOST_NAMES = 5_000


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A reference to nothing, or to too much: what was given, and what to write instead."""

    given: str
    allowed: str


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
    catalog: Catalog, ref: object, project: Project | None, workflow: Workflow | None = None, *, hints: bool = True
) -> Task | Unresolved:
    """One task: by id anywhere; by `{project, workflow, task}`; by bare name in `workflow`, else unique in `project`.

    In a mapping, a project or workflow left out is the given one. Without `hints` nobody looks for near names.
    """
    if isinstance(ref, Mapping):
        return _by_mapping(catalog, ref, project, workflow, hints=hints)
    match _key(ref):
        case int(number):
            return catalog.tasks.get(number) or Unresolved(shown(ref), "the id of a task")
        case str(name):
            return _by_name(catalog, name, project, workflow, hints=hints)
        case _:
            return _no_reference(ref, "the id or name of a task, or {project: ..., workflow: ..., task: ...}")


def find_tasks(
    catalog: Catalog, refs: Sequence[object], project: Project | None, workflow: Workflow | None = None
) -> tuple[tuple[Task, ...], tuple[tuple[int, Unresolved], ...]]:
    """The tasks of a list of references, and by position those that mean none; the first few of these get hints."""
    tasks: list[Task] = []
    unresolved: list[tuple[int, Unresolved]] = []
    for position, ref in enumerate(refs):
        found = find_task(catalog, ref, project, workflow, hints=len(unresolved) < _HINTS)
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


def _key(ref: object) -> int | str | None:
    """An id, a name, or None for what can be neither."""
    if isinstance(ref, bool | Ambiguous) or not isinstance(ref, int | str) or ref == "":
        return None
    if isinstance(ref, int):
        return ref
    if not (ref.isascii() and ref.isdigit()):
        return ref
    return int(ref) if len(ref) < 20 else None


def _by_name(
    catalog: Catalog, name: str, project: Project | None, workflow: Workflow | None, *, hints: bool
) -> Task | Unresolved:
    everywhere = catalog.tasks_named.get(name, ())
    found = [task for task in everywhere if _within(task, project, workflow)]
    if len(found) == 1:
        return found[0]
    where = f"workflow {workflow.name}" if workflow else f"project {project.name}" if project else "the catalog"
    if found or everywhere:
        lines = " or ".join(task_line(catalog, task) for task in (found or everywhere)[:3])
        problem = "it is there more than once" if found else "it is elsewhere"
        return Unresolved(shown(name), f"a name that is unique in {where}; {problem}: write {lines}")
    names = [task.name for task in catalog.tasks.values() if _within(task, project, workflow)] if hints else []
    return Unresolved(shown(name), _one_of(f"a task of {where}", name, names))


def _within(task: Task, project: Project | None, workflow: Workflow | None) -> bool:
    if workflow:
        return task.workflow_id == workflow.id
    return project is None or task.project_id == project.id


def _by_mapping(
    catalog: Catalog, ref: Mapping[str, object], project: Project | None, workflow: Workflow | None, *, hints: bool
) -> Task | Unresolved:
    if strangers := set(ref) - {"project", "workflow", "task"}:
        return Unresolved(f"the key {min(strangers)}", "{project: ..., workflow: ..., task: ...}")
    if "task" not in ref or isinstance(ref["task"], Mapping):
        return Unresolved(shown(ref), "{project: ..., workflow: ..., task: ...} with a task")
    if "project" in ref:
        found = find_project(catalog, ref["project"])
        if isinstance(found, Unresolved):
            return found
        project, workflow = found, None
    if "workflow" in ref:
        flow = find_workflow(catalog, project, ref["workflow"]) if project else _no_reference(ref, "a project too")
        if isinstance(flow, Unresolved):
            return flow
        workflow = flow
    task = find_task(catalog, ref["task"], project, workflow, hints=hints)
    named = bool({"project", "workflow"} & set(ref))
    if isinstance(task, Task) and named and not _within(task, project, workflow):  # an id of another place
        return Unresolved(shown(ref), f"{task_line(catalog, task)}, or the id alone")
    return task


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
