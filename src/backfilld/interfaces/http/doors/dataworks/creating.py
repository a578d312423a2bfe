"""CreateWorkflowInstances, what became of it, and one run of tasks of the catalog by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backfilld.catalog.documents import Document
from backfilld.catalog.models import Task
from backfilld.errors import NotFound
from backfilld.interfaces.http.doors.accepted import once_accepted, written
from backfilld.interfaces.http.doors.dataworks.actions import Action, Asked
from backfilld.interfaces.vendors.dataworks.adhoc import ADHOC, AdhocTask, adhoc_request, adhoc_tasks
from backfilld.interfaces.vendors.dataworks.catalog import owner_of, task_type
from backfilld.interfaces.vendors.dataworks.creating import CREATE, request_of
from backfilld.interfaces.vendors.dataworks.fields import needed, text
from backfilld.interfaces.vendors.dataworks.refusals import refused
from backfilld.ports import Operation, OperationStatus
from backfilld.service.access import Scope


def create(asked: Asked) -> Mapping[str, object]:
    """Have a request accepted."""
    operation = asked.services.backfills.submit(request_of(dict(asked.fields)))
    return {"OperationId": operation.id}


def result(asked: Asked) -> Mapping[str, object]:
    """What became of a request that was accepted: its dates, once they are written."""
    operation = asked.services.store.operation(asked["OperationId"])
    return {"Result": _result(asked, operation)}


def _result(asked: Asked, operation: Operation) -> dict[str, object]:
    if operation.status is OperationStatus.FAILED:
        return {"Status": "CreateFailure", "FailureMessage": operation.error}
    if operation.status is not OperationStatus.COMPLETED:
        return {"Status": "Creating"}
    stored = asked.services.store.backfill(operation.backfill)
    return {
        "Status": "Created",
        "WorkflowInstanceIds": list(stored.runs),
        "UnifiedWorkflowInstanceIds": [stored.id],
        "WorkflowTaskInstanceIds": [],
    }


def execute(asked: Asked) -> Mapping[str, object]:
    """One run of some tasks of Manual workflows; what they run, and what they wait for, the catalog says."""
    project = asked.services.catalogs.project(asked["ProjectId"])
    wanted = adhoc_tasks(asked["Tasks"])
    tasks = [_named(asked, project.id, each) for each in wanted]
    document: Document = adhoc_request(asked.fields, project, wanted, tasks)
    operation = asked.services.backfills.submit(document)
    with once_accepted():
        return {"WorkflowInstanceId": written(asked.services, operation).runs[0]}


def _named(asked: Asked, project: int, wanted: AdhocTask) -> Task:
    """The task of that name, which is of the kind and of the owner that are asked for."""
    catalog = asked.services.catalogs.current.there
    found = [task for task in catalog.tasks_named.get(wanted.name, ()) if task.project_id == project]
    found = [task for task in found if catalog.workflows[task.workflow_id].type == "Manual"]
    if len(found) != 1:
        raise NotFound("task", f"{wanted.name}, of which the project has one in a Manual workflow")
    task = found[0]
    facts: dict[str, Any] = {"Type": task_type(task.action), "Owner": owner_of(catalog, task) or wanted.owner}
    for name, given in (("Type", wanted.type), ("Owner", wanted.owner)):
        if given is not None and given != facts[name]:
            raise refused(f"Tasks.{name}", given, f"{facts[name]}, as the catalog has it of {wanted.name}")
    return task


ACTIONS = (
    Action("CreateWorkflowInstances", Scope.RUN, CREATE, create),
    Action("GetCreateWorkflowInstancesResult", Scope.READ, {"OperationId": needed(text)}, result),
    Action("ExecuteAdhocWorkflowInstance", Scope.RUN, ADHOC, execute),
)
