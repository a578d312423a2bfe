"""The running catalog: swapped whole, or not at all; and what of it is there for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from backfilld.catalog.documents import shown
from backfilld.catalog.models import Catalog, Dependency, Project, Task, TaskId, Workflow
from backfilld.catalog.references import Unresolved, find_project, find_workflow, id_in
from backfilld.errors import Fault, InvalidRequest, NotFound
from backfilld.ports import Clock, Store
from backfilld.service.access import ITSELF, Caller, NotOfAll

T = TypeVar("T")


class Shelf:
    """Holds the running catalog; `load` reads the files and raises `InvalidCatalog`."""

    def __init__(self, load: Callable[[], Catalog]) -> None:
        self._load = load
        self.current = load()

    def reload(self) -> Catalog:
        """Read the files again; a bad catalog raises, and the running one stays."""
        self.current = self._load()
        return self.current


@dataclass(frozen=True)
class CatalogSeen:
    """A catalog as it is for somebody: `there` has the projects that are there for them, `whole` all others too."""

    there: Catalog
    whole: Catalog

    @cached_property
    def _downstream(self) -> Mapping[TaskId, list[tuple[Task, Dependency]]]:
        found: dict[TaskId, list[tuple[Task, Dependency]]] = {}
        for task in self.there.tasks.values():
            for need in task.depends_on:
                found.setdefault(need.task, []).append((task, need))
        return found

    def upstream(self, task: Task) -> list[tuple[Task, Dependency]]:
        """What the task waits for, in the order of its file."""
        return [(self.there.tasks[need.task], need) for need in task.depends_on if need.task in self.there.tasks]

    def downstream(self, task: Task) -> list[tuple[Task, Dependency]]:
        """What waits for the task, in catalog order."""
        return self._downstream.get(task.id, [])


class Catalogs:
    """The running catalog for doors."""

    def __init__(self, shelf: Shelf, reload: Callable[[], Catalog], store: Store, clock: Clock) -> None:
        """`reload` reads all files again, and raises if they are refused."""
        self._shelf, self._reload, self._store, self._clock = shelf, reload, store, clock
        self._caller = ITSELF

    def for_(self, caller: Caller) -> Catalogs:
        """The same for somebody: projects that they do not see are not there, nor is what belongs to them."""
        mine = copy(self)
        mine._caller = caller
        return mine

    def reload(self) -> None:
        """Take what the files say now; raises `NotOfAll`, and `InvalidCatalog` and `InvalidSchedules` as they do.

        The audit says which version ran before, and which after.
        """
        if self._caller.projects is not None:
            raise NotOfAll("the files are")
        before, after = self._shelf.current.version, self._reload().version
        about = {"before": str(before), "after": str(after), "from": self._caller.address}
        self._store.audited(self._caller.name, "reload", about, self._clock.now())

    @property
    def current(self) -> CatalogSeen:
        """The running catalog."""
        whole, seen = self._shelf.current, self._caller.projects
        return CatalogSeen(whole if seen is None else whole.only(seen), whole)

    def project(self, number: int) -> Project:
        """One project; `NotFound` if there is none."""
        return _there(self.current.there.by_id, "project", number)

    def workflow(self, number: int) -> Workflow:
        """One workflow; `NotFound` if there is none."""
        return _there(self.current.there.workflows, "workflow", number)

    def task(self, number: int) -> Task:
        """One task; `NotFound` if there is none."""
        return _there(self.current.there.tasks, "task", number)

    def home(self, project: str | None, workflow: str | None) -> tuple[int | None, int | None]:
        """The ids of a project and a workflow by their ids or names; an id may be one that is no longer there.

        Raises `InvalidRequest` with every fault.
        """
        catalog, faults = self.current.there, list[Fault]()
        number = None if project is None else _id_of(project, find_project(catalog, project), "project", faults)
        home = None if number is None else catalog.by_id.get(number)
        flow = None if workflow is None else _id_of(workflow, _workflow(catalog, home, workflow), "workflow", faults)
        if faults:
            raise InvalidRequest(faults)
        return number, flow

    def task_ids(self, refs: Iterable[str]) -> frozenset[TaskId]:
        """The tasks of these ids, names, and full names `project/workflow/task`.

        An id may be one that is no longer there. Raises `InvalidRequest` with every fault.
        """
        catalog, found, faults = self.current.there, set[TaskId](), list[Fault]()
        full = {catalog.full_name(task): [task] for task in catalog.tasks}
        for ref in refs:
            if (number := id_in(ref)) is not None:
                found.add(number)
            elif known := [task.id for task in catalog.tasks_named.get(ref, ())] or full.get(ref):
                found.update(known)
            else:
                faults.append(Fault("query.task", shown(ref), "the id or name of a task of the running catalog"))
        if faults:
            raise InvalidRequest(faults)
        return frozenset(found)


def _there(known: Mapping[int, T], what: str, number: int) -> T:
    if number not in known:
        raise NotFound(what, number)
    return known[number]


def _workflow(catalog: Catalog, project: Project | None, ref: str) -> Workflow | Unresolved:
    found = find_workflow(catalog, project, ref) if project else None
    return found or Unresolved(shown(ref), "an id, or a name with its project")


def _id_of(ref: str, found: Project | Workflow | Unresolved, what: str, faults: list[Fault]) -> int | None:
    if not isinstance(found, Unresolved):
        return found.id
    if (number := id_in(ref)) is None:
        faults.append(Fault(f"query.{what}", found.given, found.allowed))
    return number
