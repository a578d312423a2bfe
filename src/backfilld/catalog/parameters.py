"""Parameters: what a value may be, the three ways to write many, and which layer wins (spec 2)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from backfilld.catalog import expressions
from backfilld.catalog.documents import shown
from backfilld.catalog.fields import Refused, scalar_text
from backfilld.catalog.models import Catalog, Task
from backfilld.errors import Fault

EnvType = Literal["Prod", "Dev"]
LONGEST_VALUE = (
    65_536  # bytes; the kernel takes 131,072 in one variable, and a rendered value may be longer than its text
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DENIED = {"PATH", "HOME", "SHELL", "ENV", "BASH_ENV", "IFS", "SHELLOPTS"}
_DENIED_PREFIXES = ("LD_", "PYTHON", "BACKFILL_", "BACKFILLD_")
_OURS = {
    "bizdate": {"$bizdate", "${yyyymmdd}", "${bdp.system.bizdate}"},
    "cyctime": {"$cyctime", "${bdp.system.cyctime}"},
}
_PAIR = re.compile(r"""(?:\$\{[^}]{0,200}\}|\$\[[^]]{0,200}\]|"[^"]*"|'[^']*'|\S)+""")
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")


@dataclass(frozen=True, slots=True)
class RequestParameters:
    """What a request sets, checked: for its workflow, by its payload, and for one task."""

    workflow: Mapping[str, str] = field(default_factory=dict)
    payload: Mapping[str, str] = field(default_factory=dict)
    task: Mapping[str, str] = field(default_factory=dict)


def read_parameters(value: object) -> tuple[dict[str, str], list[Fault]]:
    """Parameters from a mapping, JSON text or `key=value key=value` text; faults have the parameter's name as path.

    >>> read_parameters('schema=main note="two words" day=$[yyyy-mm-dd hh24:mi] flag=a=b')[0]
    {'schema': 'main', 'note': 'two words', 'day': '$[yyyy-mm-dd hh24:mi]', 'flag': 'a=b'}
    """
    pairs, faults = _pairs(value)
    result: dict[str, str] = {}
    for key, given in pairs:
        if key in result:
            faults.append(Fault(key, shown(given), "a name only once"))
        try:
            result[key] = checked(key, given)
        except Refused as refused:
            faults.append(Fault(key, shown(given), str(refused)))
    return result, faults


def checked(key: str, value: object) -> str:
    """The value as text, if a task's environment may hold it under this name; else raises `Refused`."""
    refuse_name(key)
    text = scalar_text(value)
    if set(text) & {"\0", "\n", "\r"} or not _fits(text):
        raise Refused(f"one line of at most {LONGEST_VALUE:,} bytes of UTF-8, without NUL")
    if key in _OURS and text not in _OURS[key]:
        # The ledger records the planned date: a task that reads another one would make that record a lie.
        raise Refused(f"another name: the daemon sets {key} to the planned one (only ${key} itself may stand here)")
    try:
        expressions.parse(text)
    except ValueError as error:
        raise Refused(str(error)) from None
    return text


def _fits(text: str) -> bool:
    try:
        return len(text.encode()) <= LONGEST_VALUE
    except UnicodeEncodeError:
        return False


def refuse_name(key: str) -> None:
    """Raises `Refused` if no parameter may have this name."""
    if not _NAME.fullmatch(key) or len(key) > 255:
        raise Refused("a parameter name of letters, digits and _, not starting with a digit")
    if key in _DENIED or key.startswith(_DENIED_PREFIXES):
        denied = " ".join([*sorted(_DENIED), *(f"{prefix}*" for prefix in _DENIED_PREFIXES)])
        raise Refused(f"another name: these decide how programs run, or are the daemon's own: {denied}")


def effective_parameters(
    catalog: Catalog, task: Task, environment: EnvType, request: RequestParameters | None = None
) -> dict[str, str]:
    """The parameters of a task, unrendered, each from the highest layer that sets it.

    Low to high: project defaults, catalog workflow, request workflow (Scheduled, Triggered), catalog task, environment
    overlay, the payload's scalars, request task, request workflow (Manual). The request's layers set declared names
    only; others in them belong to other tasks.
    """
    asked = request or RequestParameters()
    project, workflow = catalog.by_id[task.project_id], catalog.workflows[task.workflow_id]
    lower, highest = ({}, asked.workflow) if workflow.type == "Manual" else (asked.workflow, {})
    layers = (
        project.parameters, workflow.parameters, lower, task.parameters,
        _overlay(catalog, task.project_id, environment), asked.payload, asked.task, highest,
    )  # fmt: skip
    declared = declared_names(catalog, task, environment)
    return {key: value for layer in layers for key, value in layer.items() if key in declared}


def declared_names(catalog: Catalog, task: Task, environment: EnvType) -> frozenset[str]:
    """The parameter names that the catalog declares for a task: the only ones that a request may set for it."""
    project, workflow = catalog.by_id[task.project_id], catalog.workflows[task.workflow_id]
    overlay = _overlay(catalog, task.project_id, environment)
    return frozenset().union(project.parameters, workflow.parameters, task.parameters, overlay)


def names_of(catalog: Catalog, tasks: Iterable[Task], environment: EnvType) -> frozenset[str]:
    """The names that a request may set for all of these tasks at once: what any of them declares."""
    return frozenset().union(*(declared_names(catalog, task, environment) for task in tasks))


def _overlay(catalog: Catalog, project_id: int, environment: EnvType) -> Mapping[str, str]:
    found = catalog.by_id[project_id].environments.get(environment)
    return found.parameters if found else {}


def _pairs(value: object) -> tuple[list[tuple[str, object]], list[Fault]]:
    if isinstance(value, str):
        return _json_pairs(value) if value.lstrip().startswith("{") else _text_pairs(value)
    if isinstance(value, Mapping):
        return [(str(key), item) for key, item in value.items()], []
    return [], [Fault("", shown(value), "a mapping, JSON text, or key=value key2=value2")]


def _json_pairs(text: str) -> tuple[list[tuple[str, object]], list[Fault]]:
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return [], [Fault("", shown(text), "JSON text of one object")]
    return pairs, []


def _text_pairs(text: str) -> tuple[list[tuple[str, object]], list[Fault]]:
    pairs: list[tuple[str, object]] = []
    faults = []
    for pair in _PAIR.findall(text):
        key, equals, value = pair.partition("=")
        if equals:
            pairs.append((key, value[1:-1] if _QUOTED.fullmatch(value) else value))
        else:
            faults.append(Fault("", shown(pair), "key=value key2=value2; a value with spaces in quotes"))
    return pairs, faults
