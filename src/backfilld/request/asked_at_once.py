"""What the types without dates let a request name, and the closed shape that comes of it (spec 3, table)."""

from __future__ import annotations

from collections.abc import Iterator

from backfilld.catalog.documents import shown
from backfilld.catalog.models import Catalog, TaskId, Workflow
from backfilld.request.faults import FieldFault
from backfilld.request.models import BackfillRequest
from backfilld.request.named_tasks import RUN, Named, Names
from backfilld.request.selection import Exactly, WithinWorkflow

AtOnce = WithinWorkflow | Exactly


def at_once_selection(request: BackfillRequest, names: Names) -> AtOnce | None:
    """The closed shape; None for SupplementData, and for a type that lacks the workflow which it runs."""
    roots, include, workflow = _ids(names.roots), _ids(names.include), names.home.workflow
    match request.type:
        case "Manual" | "SmokeTest":
            return Exactly(roots)
        case "ManualWorkflow" if workflow:
            return WithinWorkflow(roots or _own_roots(workflow), _all(workflow))
        case "TriggerWorkflow" if workflow:
            return Exactly(include or _all(workflow))
        case _:
            return None


def what_runs(selection: AtOnce | None, names: Names, catalog: Catalog) -> frozenset[TaskId] | None:
    """The tasks that such a request runs; None where only planning can tell."""
    match selection:
        case Exactly(tasks=tasks):
            return tasks - _ids(names.exclude)
        case WithinWorkflow(roots=roots, within=within):
            return (catalog.graph.descendants(*roots) & within) - _ids(names.exclude)
        case None:
            return None


def at_once_faults(request: BackfillRequest, names: Names, catalog: Catalog) -> Iterator[FieldFault]:
    """Roots that are needed, or that may not run in this environment."""
    if request.type not in ("Manual", "SmokeTest"):
        return
    if not request.default_run_properties.root_task_ids:
        allowed = f"at least one task: type {request.type} runs exactly these"
        yield FieldFault((RUN, "root_task_ids"), "nothing", allowed, (("type",),))
    if (request.type, request.env_type) == ("SmokeTest", "Prod"):
        allowed = "in Prod, a task that the catalog marks with `smoke_test: true`; or env_type Dev"
        for named in names.roots:
            if not named.task.smoke_test and named.task.id in catalog.of_type["Scheduled"]:
                yield FieldFault(named.path, shown(named.task.name), allowed, (("type",), ("env_type",)))


def _own_roots(workflow: Workflow) -> frozenset[TaskId]:
    """The tasks without upstream inside their workflow."""
    within = _all(workflow)
    return frozenset(task.id for task in workflow.tasks if within.isdisjoint(need.task for need in task.depends_on))


def _all(workflow: Workflow) -> frozenset[TaskId]:
    return frozenset(task.id for task in workflow.tasks)


def _ids(tasks: tuple[Named, ...]) -> frozenset[TaskId]:
    return frozenset(named.task.id for named in tasks)
