"""What a file says, before anybody knows what it means: values, and where each of them stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from backfilld.errors import Place

Path = tuple[str | int, ...]
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
