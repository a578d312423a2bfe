"""What a file says, before anybody knows what it means: values, and where each of them stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from backfilld.errors import Place

Path = tuple[str | int, ...]
DEEPEST = 64
"""Levels of mappings and lists that a document may have."""
STORABLE = "text without NUL and lone surrogates"
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_SHOWN = 60


class Ambiguous(str):
    """A plain scalar that readers of YAML disagree about (`22:00:00`, `010`, `on`), kept as it was written.

    It is neither a text nor a number: every field refuses it with "quote it" or with the plain way to write it.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file. A key path's place is where its key stands, a list item's where the item begins."""

    file: str
    value: object
    """Mappings with text keys, lists, `str`, `int`, `float`, `bool`, `None`, `datetime.date`, or `Ambiguous`."""
    places: Mapping[Path, Place] = field(default_factory=dict)

    def place_of(self, path: Path) -> Place | None:
        """Where the path stands, or the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if place := self.places.get(path[:length]):
                return place
        return None


def storable(text: str) -> bool:
    """Whether stores and environments can hold a text."""
    return not _UNSTORABLE.search(text)


def too_deep(value: object) -> bool:
    """Whether mappings and lists stand in each other for more than `DEEPEST` levels.

    >>> too_deep({"a": [1]}), too_deep(json.loads("[" * 65 + "]" * 65))
    (False, True)
    """
    level = [value]
    for _ in range(DEEPEST):
        level = [below for item in level for below in _parts(item) if isinstance(below, dict | list)]
    return bool(level)


def path_text(path: Path) -> str:
    """A key path as people read it.

    >>> path_text(("workflows", 0, "tasks", 3, "cron"))
    'workflows[0].tasks[3].cron'
    """
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def shown(value: object) -> str:
    """A value as a fault names it: JSON where possible, cut when long.

    >>> shown({"a": [1, True]}), shown(date(2024, 1, 1)), shown(Ambiguous("010"))
    ('{"a": [1, true]}', '2024-01-01', '010')
    """
    if isinstance(value, date | Ambiguous):
        return str(value)
    text = json.dumps(value, ensure_ascii=False, default=str).encode(errors="replace").decode()
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 4]} ..."


def _parts(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
