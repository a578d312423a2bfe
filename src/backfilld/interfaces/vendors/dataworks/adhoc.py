"""ExecuteAdhocWorkflowInstance: tasks by their names in the catalog; nobody brings a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backfilld.catalog.documents import Document
from backfilld.catalog.fields import Refused
from backfilld.catalog.models import Project, Task
from backfilld.interfaces.vendors.dataworks.fields import (
    Field,
    Form,
    a_list,
    inner_text,
    milliseconds,
    needed,
    number,
    only,
    text,
    word,
)
from backfilld.interfaces.vendors.dataworks.instances import OWNER
from backfilld.interfaces.vendors.dataworks.refusals import Refusal, refused
from backfilld.interfaces.vendors.dataworks.words import ENVIRONMENTS, day_of

ADHOC: Form = {
    "Name": needed(text),
    "ProjectId": needed(number),
    "Owner": Field(text),
    "Tasks": needed(a_list),
    "BizDate": Field(milliseconds),
    "EnvType": Field(word(*ENVIRONMENTS)),
}


@dataclass(frozen=True, slots=True)
class AdhocTask:
    """A task by its name; what else is said of it must be so."""

    name: str
    type: str | None = None
    owner: str | None = None
    code: str | None = None
    group: str | None = None


def adhoc_tasks(given: Sequence[Any]) -> list[AdhocTask]:
    """The tasks; raises `Refusal` for a script, and for what the catalog alone says of a task."""
    if any(isinstance(each, Mapping) and each.get("Script") for each in given):
        raise Refusal(403, "Forbidden.Access", "No request brings a script: tasks are named, the catalog has them.")
    tasks = [_task(each, place) for place, each in enumerate(given)]
    if not tasks:
        raise refused("Tasks", [], "a list of tasks, by their names in the catalog")
    codes = [each.code for each in tasks if each.code is not None]
    if len(set(codes)) < len(codes) or len({each.name for each in tasks}) < len(tasks):
        raise refused("Tasks.ClientUniqueCode", codes, "another for each task, each task once")
    return tasks


def _task(given: Any, place: int) -> AdhocTask:
    path = f"Tasks[{place}]"
    if not isinstance(given, Mapping):
        raise refused(path, given, "an object with Name")
    said = only(given, path, _TASK)
    if "Name" not in said:
        raise refused(f"{path}.Name", None, "the name of a task in a Manual workflow of the catalog")
    resource = only(said.get("RuntimeResource") or {}, f"{path}.RuntimeResource", {"ResourceGroupId": inner_text})
    return AdhocTask(
        said["Name"], said.get("Type"), said.get("Owner"), said.get("ClientUniqueCode"), resource.get("ResourceGroupId")
    )


def _nothing(value: Any) -> Any:
    """What the catalog says of a task, which a request may leave empty."""
    if value:
        raise Refused("left out: the catalog says it")
    return value


def _mapping(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise Refused("an object")
    return value


_TASK: Mapping[str, Callable[[Any], Any]] = {
    "Name": inner_text,
    "Type": inner_text,
    "Owner": inner_text,
    "ClientUniqueCode": inner_text,
    "RuntimeResource": _mapping,
    "Script": _nothing,
    "Dependencies": _nothing,
    "Inputs": _nothing,
    "Outputs": _nothing,
    "DataSource": _nothing,
    "Timeout": _nothing,
}


def adhoc_request(
    asked: Mapping[str, Any], project: Project, wanted: Sequence[AdhocTask], tasks: Sequence[Task]
) -> Document:
    """One run of these tasks as one of our requests; an owner is kept as a tag."""
    groups = {each.group for each in wanted}
    if len(groups) > 1:
        raise refused("Tasks.RuntimeResource", sorted(map(str, groups)), "the same resource group for all tasks")
    properties: dict[str, object] = {"root_task_ids": [task.id for task in tasks]}
    (group,) = groups
    properties |= {} if group is None else {"runtime_resource": group}
    request: dict[str, object] = {"name": asked["Name"], "project_id": project.id, "type": "Manual"}
    request["default_run_properties"] = properties
    request |= {"env_type": asked["EnvType"]} if "EnvType" in asked else {}
    request |= {"tags": [{"key": OWNER, "value": asked["Owner"]}]} if "Owner" in asked else {}
    if "BizDate" in asked:
        day = day_of(asked["BizDate"], project.timezone).isoformat()
        request["periods"] = {"biz_dates": [{"start_biz_date": day, "end_biz_date": day}]}
    return Document("ExecuteAdhocWorkflowInstance", request)
