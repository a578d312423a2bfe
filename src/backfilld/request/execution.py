"""One run of a workflow that is not scheduled, asked for with what it is handed (spec 3): its form, its meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from backfilld.catalog.documents import Document, Path
from backfilld.catalog.models import Workflow
from backfilld.errors import Fault, InvalidRequest
from backfilld.request.models import LONGEST_COMMENT, MOST_TAGS, Form, Name, Parameters, Payload, Ref, Tag
from backfilld.request.reading import read_form
from backfilld.request.resolved import Limits, RequestType

INSTANCE_ID = "a text of 1 to 100 letters A-Z and a-z, digits, - and _"
_INSTANCE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
REQUEST_TYPES: Mapping[str, RequestType] = {"Manual": "ManualWorkflow", "Triggered": "TriggerWorkflow"}
"""Workflows that can be executed by their type, and the type of a request that does so."""
_FIELDS: Mapping[str, str] = {"parameters": "workflow_parameters", "environment": "env_type"}
"""What a request calls what is called otherwise here."""
_BACK = {theirs: ours for ours, theirs in _FIELDS.items()}


def instance_id(value: object) -> str:
    """A caller's own name for what is created; raises `ValueError` for any other value."""
    if not isinstance(value, str) or not _INSTANCE_ID.fullmatch(value):
        raise ValueError(INSTANCE_ID)
    return value


InstanceId = Annotated[str, BeforeValidator(instance_id)]


class ExecutionRequest(Form):
    """What one run of a workflow is handed; `project` tells workflows of one name apart.

    The top-level scalars of the payload also set declared parameters. No two backfills of a project have the same
    `instance_id`.
    """

    project: Ref | None = None
    payload: Payload = None
    parameters: Parameters = None
    instance_id: InstanceId | None = None
    name: Name | None = None
    environment: Literal["Prod", "Dev"] = "Prod"
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] | None = None
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS)] = Field(default_factory=list)


_FORMS: Mapping[Path, type[Form]] = {(): ExecutionRequest, ("tags",): Tag}


def read_execution(document: Document) -> ExecutionRequest:
    """What a document asks; raises `InvalidRequest` with every fault of its shape."""
    reading = read_form(document, ExecutionRequest, _FORMS, Limits())
    if reading.request is None or reading.faults:
        raise InvalidRequest(reading.faults)
    return reading.request


def request_for(asked: ExecutionRequest, workflow: Workflow) -> Document:
    """The backfill request that this is; raises `InvalidRequest` for a workflow that is scheduled."""
    if workflow.type not in REQUEST_TYPES:
        allowed = f"a workflow of type {' or '.join(REQUEST_TYPES)}; of a scheduled one, backfills are submitted"
        raise InvalidRequest([Fault("workflow", f"{workflow.name}, which is {workflow.type}", allowed)])
    given = asked.model_dump(mode="json", exclude_unset=True, exclude={"project", "instance_id"})
    fields = {_FIELDS.get(name, name): value for name, value in given.items() if value is not None or name == "payload"}
    home = {"project_id": workflow.project_id, "workflow_id": workflow.id, "type": REQUEST_TYPES[workflow.type]}
    return Document("body.json", {"name": workflow.name, **fields, **home})


def as_asked(fault: Fault) -> Fault:
    """A fault of that request, with the field as it is called here.

    >>> as_asked(Fault("workflow_parameters.day", "1", "a declared name")).path
    'parameters.day'
    """
    first, dot, rest = fault.path.partition(".")
    return replace(fault, path=f"{_BACK.get(first, first)}{dot}{rest}")
