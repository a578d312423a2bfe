"""A run of a deployment that is asked for, as a request of ours."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from backfilld.catalog.documents import Document
from backfilld.catalog.models import Workflow
from backfilld.errors import Fault
from backfilld.interfaces.vendors.prefect.bodies import NewFlowRun

DAY = "bizdate"
"""The parameter that names the business date of a run of a scheduled workflow; left out, it is yesterday."""
_TYPES: Mapping[str, str] = {"Manual": "ManualWorkflow", "Triggered": "TriggerWorkflow"}
_FIELDS: Mapping[str, str] = {
    "workflow_parameters": "parameters",
    "payload": "parameters",
    "periods": f"parameters.{DAY}",
    "default_run_properties.runtime_resource": "work_queue_name",
}
"""What the fields of a request are called here."""


def request_for(asked: NewFlowRun, workflow: Workflow) -> Document:
    """The request: not started before the state that the run is to have at first is in place."""
    properties: dict[str, Any] = {"runtime_resource": asked.work_queue_name} if asked.work_queue_name else {}
    request = {
        "name": asked.name or workflow.name,
        "project_id": workflow.project_id,
        "workflow_id": workflow.id,
        "auto_start_enabled": False,
        "tags": _tags(asked.tags),
    }
    if workflow.type in _TYPES:
        request |= {"type": _TYPES[workflow.type]} | ({"payload": asked.parameters} if asked.parameters else {})
    else:
        request |= {"type": "SupplementData"} | _dates(asked.parameters)
        properties["root_task_ids"] = [task.id for task in workflow.tasks]
    return Document("body.json", request | {"default_run_properties": properties})


def instance_id(key: str) -> str:
    """The name under which what is made with an idempotency key is found again: keys may be any text."""
    return f"prefect-{sha256(key.encode()).hexdigest()[:40]}"


def as_asked(fault: Fault) -> Fault:
    """A fault of the request, with the field as it is called here.

    >>> as_asked(Fault("workflow_parameters.day", "1", "a declared name")).path
    'parameters.day'
    """
    for ours, theirs in _FIELDS.items():
        if fault.path == ours or fault.path.startswith((f"{ours}.", f"{ours}[")):
            rest = "" if ours == "periods" else fault.path[len(ours) :]
            return Fault(theirs + rest, fault.given, fault.allowed)
    return fault


def _dates(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """One business date, and whatever else is handed on."""
    day = parameters.get(DAY, "yesterday")
    others = {name: value for name, value in parameters.items() if name != DAY}
    dates = {"periods": {"biz_dates": [{"start_biz_date": day, "end_biz_date": day}]}}
    return dates | ({"workflow_parameters": others} if others else {})


def _tags(tags: list[str]) -> list[dict[str, str]]:
    """As ours have a key and a value: the first of each key that is one; the tags themselves are kept beside."""
    found: dict[str, str] = {}
    for tag in tags:
        key, _, value = tag.partition("=")
        found.setdefault(key, value)
    return [{"key": key, "value": value} for key, value in found.items() if key]
