"""From what a task's `depends_on` says to dependencies on tasks that exist, without a ring in one cycle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backfilld.catalog.documents import shown
from backfilld.catalog.fields import Refused, Section, choice, whole
from backfilld.catalog.models import PREVIOUS, SAME, Catalog, Dependency, LastDates, Reach, Task, TaskId
from backfilld.catalog.references import Unresolved, find_task
from backfilld.graph import find_loop

MOST_DATES = 366
_KEYS = ("project", "workflow", "task", "cycle", "dates")
_MOST_LOOPS = 20
_MOST_HINTS = 50


def read_dependencies(section: Section, task: Task, draft: Catalog) -> tuple[Dependency, ...]:
    """The dependencies of a task, given every task of the catalog; faults go to the section."""
    found: dict[Dependency, None] = {}
    for number, ref in enumerate(section.items("depends_on")):
        try:
            need = _dependency(ref, task, draft, hints=len(section.faults) < _MOST_HINTS)
        except Refused as refused:
            section.accuse(("depends_on", number), shown(ref), str(refused))
            continue
        if isinstance(need, Unresolved):
            section.accuse(("depends_on", number), need.given, need.allowed)
        elif need in found:
            section.accuse(("depends_on", number), shown(ref), "each dependency once")
        else:
            found[need] = None
    return tuple(found)


def loops(catalog: Catalog) -> Iterator[list[TaskId]]:
    """Rings of tasks that wait for each other in the same cycle, as many as anybody would read at once."""
    upstream = {node: list(ups) for node, ups in catalog.dag.upstream.items()}
    for _ in range(_MOST_LOOPS):
        loop = find_loop(upstream)
        if loop is None:
            return
        yield loop
        upstream[loop[1]].remove(loop[0])


def _dependency(ref: object, task: Task, draft: Catalog, *, hints: bool) -> Dependency | Unresolved:
    reach = _reach(ref) if isinstance(ref, Mapping) else SAME
    words = (
        {key: value for key, value in ref.items() if key not in ("cycle", "dates")} if isinstance(ref, Mapping) else ref
    )
    found = _upstream(words, task, draft, hints=hints)
    if isinstance(found, Unresolved):
        return found
    _refuse_unlike(found, reach, task, draft)
    if found.id == task.id and reach != PREVIOUS:
        raise Refused(f"{{task: {task.name}, cycle: previous}}: a task can only wait for its own previous cycle")
    return Dependency(found.id, reach)


def _refuse_unlike(found: Task, reach: Reach, task: Task, draft: Catalog) -> None:
    """Workflows of different types never run together, and only Scheduled ones have cycles to look back on."""
    own, other = (draft.workflows[each.workflow_id] for each in (task, found))
    if own.type != other.type:
        raise Refused(
            f"a task of a {own.type} workflow, as {own.name} is; {other.name} is {other.type}, and workflows of "
            "different types never run together"
        )
    if own.type != "Scheduled" and (reach != SAME or found.id == task.id):
        raise Refused(f"another task, without cycle and dates: tasks of a {own.type} workflow have no other cycles")


def _reach(ref: Mapping[str, object]) -> Reach:
    if set(ref) - set(_KEYS):
        raise Refused(f"the keys {' '.join(_KEYS)}")
    if "cycle" in ref and "dates" in ref:
        raise Refused("cycle or dates, not both; two dependencies may name the same task")
    if "cycle" in ref:
        choice("previous")(ref["cycle"])
        return PREVIOUS
    return LastDates(whole(1, MOST_DATES)(ref["dates"])) if "dates" in ref else SAME


def _upstream(ref: object, task: Task, draft: Catalog, *, hints: bool) -> Task | Unresolved:
    """A name is looked up in the task's own workflow first, then in its project."""
    project, workflow = draft.by_id[task.project_id], draft.workflows[task.workflow_id]
    near_by = find_task(draft, ref, project, workflow, hints=False)
    if isinstance(near_by, Task) or (isinstance(ref, Mapping) and "workflow" in ref):
        return near_by
    return find_task(draft, ref, project, kind=workflow.type, hints=hints)
