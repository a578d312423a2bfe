"""Tasks and workflows of the catalog as DataWorks shows them."""

from __future__ import annotations

from collections.abc import Mapping

from backfilld.catalog.models import SAME, Action, Catalog, Command, Dependency, PythonCallable, Task, Workflow
from backfilld.interfaces.vendors.dataworks.words import parameters_text, tag_list, trigger_of, without_nothing

TASK_TYPES = ("DIDE_SHELL", "PYTHON", "VIRTUAL")


def task_type(action: Action) -> str:
    """The kind of its node."""
    match action:
        case Command():
            return "DIDE_SHELL"
        case PythonCallable():
            return "PYTHON"
        case _:
            return "VIRTUAL"


def script_of(task: Task) -> Mapping[str, str]:
    """What it runs, and the parameters that it declares."""
    action = task.action
    content = (
        action.text if isinstance(action, Command) else action.target if isinstance(action, PythonCallable) else ""
    )
    return {"Content": content, "Parameters": parameters_text(task.parameters)}


def owner_of(catalog: Catalog, task: Task) -> str | None:
    """Whose it is, as its file says, or that of its workflow."""
    return task.owner or catalog.workflows[task.workflow_id].owner


def group_of(catalog: Catalog, task: Task, environment: str) -> str:
    """Where its attempts run in an environment."""
    overlay = catalog.by_id[task.project_id].environments.get(environment)
    return (overlay.resource_group if overlay else None) or task.resource_group


def task_item(catalog: Catalog, task: Task, environment: str) -> dict[str, object]:
    """A task as lists show it."""
    workflow = catalog.workflows[task.workflow_id]
    item = {
        "Id": task.id,
        "Name": task.name,
        "Type": task_type(task.action),
        "ProjectId": task.project_id,
        "ProjectEnv": environment,
        "EnvType": environment,
        "Owner": owner_of(catalog, task),
        "Description": task.description,
        "Priority": task.priority or 1,
        "RerunMode": "AllAllowed",
        "RerunTimes": task.retries,
        "RerunInterval": int(task.retry_delay.total_seconds()),
        "Timeout": None if task.timeout is None else int(task.timeout.total_seconds()),
        "Trigger": _trigger(task, workflow),
        "InstanceMode": "T+1" if task.clock.offset else "Immediately",
        "WorkflowId": task.workflow_id,
        "RuntimeResource": {"ResourceGroupId": group_of(catalog, task, environment)},
        "ScriptParameters": parameters_text(task.parameters),
    }
    return without_nothing(item)


def _trigger(task: Task, workflow: Workflow) -> dict[str, object]:
    cron = {"Cron": task.clock.cron.text, "Timezone": task.clock.zone} if workflow.type == "Scheduled" else {}
    return {"Type": trigger_of(workflow.type), "Recurrence": task.recurrence, **cron}


def whole_task(catalog: Catalog, task: Task, environment: str, seen: Mapping[int, Task]) -> dict[str, object]:
    """A task with what it runs and what it waits for, of the tasks that are there for who asks."""
    item = task_item(catalog, task, environment)
    item.pop("ScriptParameters")
    needs = [{"Type": _kind(task, need), "UpstreamTaskId": need.task} for need in task.depends_on if need.task in seen]
    return {**item, "Script": script_of(task), "Tags": tag_list(task.tags), "Dependencies": needs}


def _kind(task: Task, need: Dependency) -> str:
    if need.cycle == SAME:
        return "Normal"
    return "CrossCycleDependsOnSelf" if need.task == task.id else "CrossCycleDependsOnOtherNode"


def neighbour_kind(need: Dependency) -> str:
    """Whether a dependency stays within a date's cycle."""
    return "Normal" if need.cycle == SAME else "CrossCycle"


def workflow_item(workflow: Workflow, environment: str) -> dict[str, object]:
    """A workflow as lists show it."""
    item = {
        "Id": workflow.id,
        "Name": workflow.name,
        "ProjectId": workflow.project_id,
        "EnvType": environment,
        "Owner": workflow.owner,
        "Description": workflow.description,
        "Parameters": parameters_text(workflow.parameters),
        "Tags": tag_list(workflow.tags),
        "Trigger": {"Type": trigger_of(workflow.type)},
    }
    return without_nothing(item)
