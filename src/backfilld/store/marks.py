"""Marks as JSON text, with only what was set; a row that no act ever touched has none."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

from backfilld.engine.marks import BackfillMarks, Halt, InstanceMarks, OnFailure, RunMarks
from backfilld.engine.states import Event

Marks = BackfillMarks | RunMarks | InstanceMarks
M = TypeVar("M", BackfillMarks, RunMarks, InstanceMarks)
_READ: Mapping[str, Callable[[Any], Any]] = {
    "halt": Halt,
    "on_failure": OnFailure,
    "then": Event,
    "catalog_version": UUID,
    "resume_at": datetime.fromisoformat,
    "not_before": datetime.fromisoformat,
}
"""By name of a field, what makes its value of JSON; others stand as they are."""


def marks_text(marks: Marks) -> str | None:
    """The text for a row.

    >>> marks_text(RunMarks(paused=True, priority=7)), marks_text(RunMarks())
    ('{"paused":true,"priority":7}', None)
    """
    found = {each.name: getattr(marks, each.name) for each in fields(marks)}
    told = {each.name: _plain(found[each.name]) for each in fields(marks) if found[each.name] != each.default}
    return json.dumps(told, separators=(",", ":")) if told else None


def marks_of(kind: type[M], text: str | None, blank: M) -> M:
    """What `marks_text` was given.

    >>> marks_of(BackfillMarks, '{"halt":"first","looked":true}', BackfillMarks()).halt
    <Halt.FIRST: 'first'>
    """
    if text is None:
        return blank
    return kind(**{name: _READ.get(name, _as_it_is)(value) for name, value in json.loads(text).items()})


def _as_it_is(value: Any) -> Any:
    return value


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value
