"""CreateWorkflowInstances as one of our requests: the fields are the same, some of them come as text."""

from __future__ import annotations

from typing import Any

from backfilld.catalog.documents import Document
from backfilld.errors import Fault
from backfilld.interfaces.vendors.dataworks.fields import (
    Field,
    Form,
    a_list,
    an_object,
    needed,
    number,
    text,
    truth,
    word,
)
from backfilld.interfaces.vendors.dataworks.refusals import NOTHING, FieldsRefused
from backfilld.interfaces.vendors.dataworks.words import ENVIRONMENTS, TYPES

ALL_SCHEDULED = 1
"""The workflow that all scheduled ones together are."""
CREATE: Form = {
    "Name": needed(text),
    "ProjectId": needed(number),
    "WorkflowId": needed(number),
    "Type": needed(word(*TYPES[1:])),
    "EnvType": Field(word(*ENVIRONMENTS)),
    "Periods": Field(an_object),
    "DefaultRunProperties": Field(an_object),
    "WorkflowParameters": Field(text),
    "TaskParameters": Field(text),
    "AutoStartEnabled": Field(truth),
    "Comment": Field(text),
    "Tags": Field(a_list),
    "TagCreationPolicy": Field(word("Append", "Overwrite")),
}


def request_of(asked: dict[str, Any]) -> Document:
    """The request; a failed date keeps its place, as there. Raises `FieldsRefused` for what only they demand."""
    given = {name: value for name, value in asked.items() if not _is_ignored(name, asked)}
    properties = dict(given.get("DefaultRunProperties", {}))
    if not properties.get("DataSourceNameMappings", True):
        del properties["DataSourceNameMappings"]  # one that maps nothing
    if given["Type"] == "SupplementData":
        _demand(given, properties)
    if properties:
        given["DefaultRunProperties"] = properties
    return Document("CreateWorkflowInstances", {**given, "OnFailure": "Hold"})


def _is_ignored(name: str, asked: dict[str, Any]) -> bool:
    """DataWorks' own rule: all scheduled workflows together have no parameters."""
    return name == "WorkflowParameters" and asked["WorkflowId"] == ALL_SCHEDULED


def _demand(given: dict[str, Any], properties: dict[str, Any]) -> None:
    absent = [] if "Periods" in given else ["Periods"]
    absent += [f"DefaultRunProperties.{name}" for name in ("Parallelism", "Analysis") if properties.get(name) is None]
    if absent:
        raise FieldsRefused([Fault(path, NOTHING, "SupplementData needs it") for path in absent])
