"""What is asked of the ledger: references as users write them, and the tasks that they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeVar

from backfilld.catalog.cycles import zone_of
from backfilld.catalog.documents import shown
from backfilld.catalog.models import Catalog, Project, Task, TaskId, Workflow
from backfilld.catalog.references import Unresolved, find_project, find_task, find_workflow
from backfilld.dates import Period
from backfilld.errors import Fault, InvalidRequest
from backfilld.request.asked_dates import asked_day
from backfilld.request.models import FIRST_YEAR

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Question:
    """Whose cycles, on which business dates, in which environment; project and workflow say where names are looked up.

    A task is an id, a name, or `project/workflow/task`; a date may be a word such as `yesterday` or `-7d`.
    """

    tasks: Sequence[str]
    first: date | str
    last: date | str
    environment: Literal["Prod", "Dev"] = "Prod"
    project: str | None = None
    workflow: str | None = None
    upstream: bool = False
    """Also all tasks upstream of these."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a question means in a catalog at some moment; all tasks are of Scheduled workflows."""

    tasks: frozenset[TaskId]
    dates: Period


def meaning_of(question: Question, catalog: Catalog, now: datetime) -> Meaning:
    """The meaning; raises `InvalidRequest` with every fault.

    Today is that of the given project, else of the first task's.
    """
    lookup = _Lookup(catalog, question)
    tasks = [task for ref in question.tasks if (task := lookup.task(ref))]
    homes = [*filter(None, [lookup.project]), *(catalog.by_id[task.project_id] for task in tasks)]
    dates = lookup.dates(question, now.astimezone(zone_of(homes[0].timezone)).date()) if homes else None
    if lookup.faults or dates is None:
        raise InvalidRequest(lookup.faults)
    return Meaning(frozenset(task.id for task in tasks), dates)


class _Lookup:
    """Looks up what a question names, and gathers the faults."""

    def __init__(self, catalog: Catalog, question: Question) -> None:
        self._catalog = catalog
        self.faults: list[Fault] = []
        self.project = self._find_project(question)
        self._workflow = self._find_workflow(question)

    def task(self, ref: str) -> Task | None:
        """One task that has cycles; None, and a fault, where there is none."""
        found = find_task(self._catalog, ref, self.project, self._workflow)
        if isinstance(found, Unresolved):
            found = self._by_full_name(ref) or found
        elif found.id not in self._catalog.of_type["Scheduled"]:
            found = Unresolved(shown(ref), "a task of a Scheduled workflow: others have no cycles")
        return self._known("task", found)

    def dates(self, question: Question, today: date) -> Period | None:
        """The dates; None, and a fault, where there are none."""
        first, last = asked_day(question.first, today), asked_day(question.last, today)
        if isinstance(first, str) or isinstance(last, str):
            wrong = [(end, day) for end, day in (("start", first), ("end", last)) if isinstance(day, str)]
            self.faults += [Fault(f"{end}_biz_date", day, f"nothing before {FIRST_YEAR}") for end, day in wrong]
            return None
        if last < first:
            self.faults.append(Fault("end_biz_date", str(question.last), f"not before start_biz_date ({first})"))
        return Period(first, last)

    def _by_full_name(self, ref: str) -> Task | None:
        """Names may hold slashes: two tasks of one full name are named by their ids."""
        tasks = self._catalog.of_type["Scheduled"] if "/" in ref else ()
        found = [task for task in tasks if self._catalog.full_name(task) == ref]
        return self._catalog.tasks[found[0]] if len(found) == 1 else None

    def _find_project(self, question: Question) -> Project | None:
        ref = question.project
        return None if ref is None else self._known("project", find_project(self._catalog, ref))

    def _find_workflow(self, question: Question) -> Workflow | None:
        if question.workflow is None or (question.project is not None and self.project is None):
            return None
        if self.project is None:
            return self._known("workflow", Unresolved(shown(question.workflow), "a workflow with its project"))
        return self._known("workflow", find_workflow(self._catalog, self.project, question.workflow))

    def _known(self, path: str, found: _T | Unresolved | None) -> _T | None:
        if not isinstance(found, Unresolved):
            return found
        self.faults.append(Fault(path, found.given, found.allowed))
        return None
