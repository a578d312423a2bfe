"""GetTask, ListTasks and what is beside them, GetWorkflow, ListWorkflows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backfilld.catalog.models import Catalog, Dependency, Task, Workflow
from backfilld.interfaces.http.doors.dataworks.actions import Action, Asked
from backfilld.interfaces.vendors.dataworks.catalog import (
    group_of,
    neighbour_kind,
    owner_of,
    task_item,
    task_type,
    whole_task,
    workflow_item,
)
from backfilld.interfaces.vendors.dataworks.creating import ALL_SCHEDULED
from backfilld.interfaces.vendors.dataworks.fields import Field, Form, ids, needed, number, text, texts, word
from backfilld.interfaces.vendors.dataworks.paging import NEWEST, PAGES, in_order, neighbours_of, page_of, sorting
from backfilld.interfaces.vendors.dataworks.words import ENVIRONMENTS, has_tag, holds, trigger_of
from backfilld.service.access import Scope

ENVIRONMENT = Field(word(*ENVIRONMENTS))
ONE_TASK: Form = {"Id": needed(number), "ProjectEnv": ENVIRONMENT}
SORTED = Field(sorting("Id"))
TASKS: Form = {
    "ProjectId": needed(number),
    "ProjectEnv": ENVIRONMENT,
    "Ids": Field(ids),
    "Name": Field(text),
    "Owner": Field(text),
    "RuntimeResource": Field(text),
    "SortBy": SORTED,
    "TaskType": Field(text),
    "TriggerRecurrence": Field(word("Normal", "Pause", "Skip")),
    "TriggerType": Field(word("Scheduler", "Manual", "TriggerWorkflow")),
    "WorkflowId": Field(number),
    **PAGES,
}
WORKFLOWS: Form = {
    "ProjectId": needed(number),
    "EnvType": ENVIRONMENT,
    "Ids": Field(ids),
    "Name": Field(text),
    "Owner": Field(text),
    "SortBy": SORTED,
    "Tags": Field(texts),
    "TriggerType": Field(word("Scheduler", "Manual", "TriggerWorkflow")),
    **PAGES,
}


def get_task(asked: Asked) -> Mapping[str, object]:
    """One task, with what it runs."""
    seen = asked.services.catalogs.current
    task = asked.services.catalogs.task(asked["Id"])
    return {"Task": whole_task(seen.whole, task, asked.get("ProjectEnv", "Prod"), seen.there.tasks)}


def list_tasks(asked: Asked) -> Mapping[str, object]:
    """The tasks of a project that pass."""
    catalog, environment = asked.services.catalogs.current.whole, asked.get("ProjectEnv", "Prod")
    asked.services.catalogs.project(asked["ProjectId"])
    found = [task for task in catalog.tasks.values() if _passes(asked, catalog, task, environment)]
    ordered = in_order(found, asked.get("SortBy", NEWEST), getattr, lambda task: task.id)
    return page_of(ordered, asked.fields, "Tasks", lambda task: task_item(catalog, task, environment))


def _passes(asked: Asked, catalog: Catalog, task: Task, environment: str) -> bool:
    flow = catalog.workflows[task.workflow_id]
    homes = {task.workflow_id} | ({ALL_SCHEDULED} if flow.type == "Scheduled" else set())
    wanted = {
        "RuntimeResource": group_of(catalog, task, environment),
        "Owner": owner_of(catalog, task),
        "TaskType": task_type(task.action),
        "TriggerRecurrence": task.recurrence,
        "TriggerType": trigger_of(flow.type),
    }
    return (
        task.project_id == asked["ProjectId"]
        and task.id in asked.get("Ids", (task.id,))
        and asked.get("WorkflowId", task.workflow_id) in homes
        and holds(task.name, asked.get("Name", ""))
        and all(asked.get(name, value) == value for name, value in wanted.items())
    )


def upstream_tasks(asked: Asked) -> Mapping[str, object]:
    """What a task waits for."""
    seen, task = asked.services.catalogs.current, asked.services.catalogs.task(asked["Id"])
    return _neighbours(asked, "UpstreamTasks", seen.upstream(task))


def downstream_tasks(asked: Asked) -> Mapping[str, object]:
    """What waits for a task."""
    seen, task = asked.services.catalogs.current, asked.services.catalogs.task(asked["Id"])
    return _neighbours(asked, "DownstreamTasks", seen.downstream(task))


def _neighbours(asked: Asked, name: str, found: list[tuple[Task, Dependency]]) -> dict[str, object]:
    catalog, environment = asked.services.catalogs.current.whole, asked.get("ProjectEnv", "Prod")

    def render(each: tuple[Task, Dependency]) -> dict[str, object]:
        return {"Task": task_item(catalog, each[0], environment), "DependencyType": neighbour_kind(each[1])}

    return neighbours_of(found, asked.fields, name, render)


def get_workflow(asked: Asked) -> Mapping[str, object]:
    """One workflow, with its tasks."""
    catalog, environment = asked.services.catalogs.current.whole, asked.get("EnvType", "Prod")
    workflow = asked.services.catalogs.workflow(asked["Id"])
    tasks = [{**task_item(catalog, task, environment), "TriggerRecurrence": task.recurrence} for task in workflow.tasks]
    return {"Workflow": {**workflow_item(workflow, environment), "Tasks": tasks}}


def list_workflows(asked: Asked) -> Mapping[str, object]:
    """The workflows of a project that pass."""
    project, environment = asked.services.catalogs.project(asked["ProjectId"]), asked.get("EnvType", "Prod")
    found = list(_workflows(asked, project.workflows))
    ordered = in_order(found, asked.get("SortBy", NEWEST), getattr, lambda flow: flow.id)
    return page_of(ordered, asked.fields, "Workflows", lambda flow: workflow_item(flow, environment))


def _workflows(asked: Asked, workflows: tuple[Workflow, ...]) -> Iterator[Workflow]:
    for flow in workflows:
        if (
            flow.id in asked.get("Ids", (flow.id,))
            and holds(flow.name, asked.get("Name", ""))
            and asked.get("Owner", flow.owner) == flow.owner
            and asked.get("TriggerType", trigger_of(flow.type)) == trigger_of(flow.type)
            and ("Tags" not in asked.fields or has_tag(flow.tags, asked["Tags"]))
        ):
            yield flow


ACTIONS = (
    Action("GetTask", Scope.READ, ONE_TASK, get_task),
    Action("ListTasks", Scope.READ, TASKS, list_tasks),
    Action("ListUpstreamTasks", Scope.READ, {**ONE_TASK, **PAGES}, upstream_tasks),
    Action("ListDownstreamTasks", Scope.READ, {**ONE_TASK, **PAGES}, downstream_tasks),
    Action("GetWorkflow", Scope.READ, {"Id": needed(number), "EnvType": ENVIRONMENT}, get_workflow),
    Action("ListWorkflows", Scope.READ, WORKFLOWS, list_workflows),
)
