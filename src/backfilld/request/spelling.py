"""Two spellings of the same fields: snake_case, ours, and PascalCase, DataWorks' (spec 1)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from backfilld.catalog.documents import Document, Path
from backfilld.errors import Fault
from backfilld.request.faults import FieldFault

FREE = frozenset({"workflow_parameters", "task_parameters", "payload", "parameters"})
"""Below these, keys are the user's own and keep their spelling."""
_PASCAL = re.compile(r"([A-Z][a-z0-9]*)+")
_INNER_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_LONGEST_FIELD = 60


def snake(key: str) -> str:
    """The field that a key in PascalCase means; any other key means itself.

    >>> snake("RootTaskIds"), snake("name"), snake("NAME"), snake("Root_Task")
    ('root_task_ids', 'name', 'n_a_m_e', 'Root_Task')
    """
    return _INNER_CAPITAL.sub("_", key).lower() if len(key) <= _LONGEST_FIELD and _PASCAL.fullmatch(key) else key


def pascal(field: str) -> str:
    """A field as DataWorks spells it.

    >>> pascal("root_task_ids")
    'RootTaskIds'
    """
    return "".join(word.capitalize() for word in field.split("_"))


def placed(fault: FieldFault, document: Document) -> Fault:
    """The fault with its path as the user spelled it, and where that stands."""
    path = spelled(fault.path, document.value)
    return fault.for_people(path, document.place_of(path))


def spelled(path: Path, value: object) -> Path:
    """A snake_case path as the user spelled it; what is not there is spelled as the first field of the request is."""
    keys: tuple[object, ...] = tuple(value) if isinstance(value, Mapping) else ()
    in_pascal = bool(keys) and bool(_PASCAL.fullmatch(str(keys[0])))
    result: list[str | int] = []
    for step in path:
        if isinstance(step, str) and not (result and path[0] in FREE):
            step = _as_given(step, value, in_pascal=in_pascal)
        result.append(step)
        value = _below(value, step)
    return tuple(result)


def _as_given(field: str, value: object, *, in_pascal: bool) -> str:
    found = [key for key in (field, pascal(field)) if isinstance(value, Mapping) and key in value]
    return found[0] if found else pascal(field) if in_pascal else field


def _below(value: object, step: str | int) -> object:
    if isinstance(value, Mapping):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None
