"""The parameters that a request sets: only names that the catalog declares (spec 2 and 3)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Sized

from backfilld.catalog.documents import Path, shown
from backfilld.catalog.models import Catalog, TaskId
from backfilld.catalog.parameters import declared_names, names_of, read_parameters
from backfilld.request.faults import FieldFault
from backfilld.request.models import MOST_PARAMETERS, BackfillRequest
from backfilld.request.named_tasks import HOME, RUN, TASK_LISTS, Names

_MOST_NAMED, _MOST_UNENDED = 20, 50


def basis(runs: frozenset[TaskId] | None) -> tuple[Path, ...]:
    """What it rests on which names may be set: where the tasks that run are known, on those that are named too."""
    lists = TASK_LISTS if runs is not None else ()
    return (*HOME, ("env_type",), *((RUN, name) for name in lists))


class AskedParameters:
    """What a request sets for its workflow and for single tasks, and the faults in it."""

    def __init__(
        self, catalog: Catalog, request: BackfillRequest, names: Names, runs: frozenset[TaskId] | None
    ) -> None:
        """`runs` are the tasks that the request runs, where that is known before it is planned."""
        self.faults: list[FieldFault] = []
        self._catalog, self._environment, self._names = catalog, request.env_type, names
        self._runs, self._basis = runs, basis(runs)
        self.of_workflow = self._of_workflow(request.workflow_parameters)
        self.of_tasks = self._of_tasks(request.task_parameters)

    def _of_workflow(self, given: object) -> Mapping[str, str]:
        path, workflow = ("workflow_parameters",), self._names.home.workflow
        if given is None:
            return {}
        if workflow is None:
            allowed = "none with workflow id 1 or without a workflow_id: name one workflow, or use task_parameters"
            self.faults.append(FieldFault(path, shown(given), allowed, HOME))
            return {}
        tasks = [task for task in workflow.tasks if self._runs is None or task.id in self._runs]
        return self._declared(path, given, names_of(self._catalog, tasks, self._environment))

    def _of_tasks(self, given: Mapping[str, object] | str | None) -> Mapping[TaskId, Mapping[str, str]]:
        result: dict[TaskId, Mapping[str, str]] = {}
        for ref, value in self._pairs(given):
            path = ("task_parameters", ref)
            task = self._names.task(ref, path)
            if task is None:
                continue
            if task.id in result:
                allowed = "every task once, by its id or by its name"
                self.faults.append(FieldFault(path, f"task {task.name} again", allowed, HOME))
            if self._runs is not None and task.id not in self._runs:
                self.faults.append(FieldFault(path, shown(ref), "a task that this request runs", self._basis))
                continue
            result[task.id] = self._declared(path, value, declared_names(self._catalog, task, self._environment))
        return result

    def _pairs(self, given: Mapping[str, object] | str | None) -> Sequence[tuple[str, object]]:
        """Task and what it is given; the JSON text form keeps a key that comes twice."""
        if given is None:
            return ()
        if not isinstance(given, str):
            return tuple(given.items())
        try:
            found = json.loads(given, object_pairs_hook=_Pairs)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, _Pairs):
            return tuple((ref, dict(value) if isinstance(value, _Pairs) else value) for ref, value in found)
        allowed = 'a mapping, or JSON text such as {"extract": "limit=10"}'
        self.faults.append(FieldFault(("task_parameters",), shown(given), allowed))
        return ()

    def _declared(self, path: Path, value: object, declared: frozenset[str]) -> Mapping[str, str]:
        if excess := _excess(value):
            self.faults.append(FieldFault(path, shown(value), excess))
            return {}
        values, faults = read_parameters(value)
        for fault in faults:
            self.faults.append(FieldFault((*path, fault.path) if fault.path else path, fault.given, fault.allowed))
        self.faults += self._undeclared(path, values, declared)
        return values

    def _undeclared(self, path: Path, values: Mapping[str, str], declared: frozenset[str]) -> Iterator[FieldFault]:
        allowed = f"a parameter that the catalog declares: {_listed(declared)}"
        for name in sorted(values.keys() - declared):
            yield FieldFault((*path, name), shown(values[name]), allowed, self._basis)


def _excess(value: object) -> str | None:
    """What to write instead of a value that would cost too much to read."""
    if isinstance(value, str) and _unended(value) > _MOST_UNENDED:
        return f"key=value key2=value2 with an end to every ${{ and $[ (at most {_MOST_UNENDED} without)"
    parts = value.split() if isinstance(value, str) else value
    return (
        f"at most {MOST_PARAMETERS:,} parameters" if isinstance(parts, Sized) and len(parts) > MOST_PARAMETERS else None
    )


def _unended(text: str) -> int:
    """How many `${` and `$[` never end; the reader of pairs looks through the whole rest of the text for each."""
    return text.count("${", text.rfind("}") + 1) + text.count("$[", text.rfind("]") + 1)


class _Pairs(list[tuple[str, object]]):
    """A JSON object as it was written."""


def _listed(names: frozenset[str]) -> str:
    more = ", ..." if len(names) > _MOST_NAMED else ""
    return (", ".join(sorted(names)[:_MOST_NAMED]) or "none") + more
