"""One document, built front to back from what a reader of YAML or JSON finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backfilld.catalog.documents import DEEPEST, STORABLE, Document, Path, path_text, shown, storable
from backfilld.errors import MORE, MOST_FAULTS, Fault, InvalidRequest, Place


@dataclass(slots=True)
class _Open:
    """A mapping or list that is not closed yet, and the key that waits for its value."""

    value: Any
    path: Path
    key: str | None = None


class Builder:
    """Takes keys, scalars, starts and ends in the file's order; gathers faults and the place of every key path."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self._places: dict[Path, Place] = {}
        self._open: list[_Open] = []
        self._root: object = None

    @property
    def awaits_key(self) -> bool:
        """Whether the next thing is a key of a mapping."""
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    @property
    def path(self) -> Path:
        """The key path of the next value."""
        if not self._open:
            return ()
        here = self._open[-1]
        return (*here.path, len(here.value) if isinstance(here.value, list) else here.key or "")

    def start(self, container: dict[str, object] | list[object], place: Place) -> None:
        """A mapping or list begins; nesting past the limit raises at once."""
        path = self.path
        self._put(container, place)
        if len(self._open) == DEEPEST:
            deep = Fault("", "deeper nesting", f"at most {DEEPEST} levels", place)
            raise InvalidRequest([*self.faults, deep])
        self._open.append(_Open(container, path))

    def end(self) -> None:
        """The innermost mapping or list is complete."""
        self._open.pop()

    def key(self, key: str, place: Place) -> None:
        """A key of the innermost mapping; the same key again is a fault."""
        here = self._open[-1]
        here.key = self._clean(key, place)
        path = (*here.path, key)
        if key in here.value:
            allowed = f"a key only once; it stands at {self._places[path]} already"
            self._accuse(Fault(path_text(path), shown(key), allowed, place))
        self._places.setdefault(path, place)

    def scalar(self, value: object, place: Place) -> None:
        """Take a value that holds no others."""
        self._put(self._clean(value, place) if isinstance(value, str) else value, place)

    def refuse(self, given: str, allowed: str, place: Place) -> None:
        """Add a fault at the next value's path."""
        self._accuse(Fault(path_text(self.path), given, allowed, place))

    def document(self) -> Document:
        """What was built; raises `InvalidRequest` with every fault found on the way."""
        if self.faults:
            raise InvalidRequest(self.faults)
        return Document(self.file, self._root, self._places)

    def _accuse(self, fault: Fault) -> None:
        """More faults than anybody reads raise at once: each costs time and memory."""
        self.faults.append(fault)
        if len(self.faults) == MOST_FAULTS:
            raise InvalidRequest([*self.faults, MORE])

    def _put(self, value: object, place: Place) -> None:
        self._places.setdefault(self.path, place)
        if not self._open:
            self._root = value
            return
        here = self._open[-1]
        if isinstance(here.value, list):
            here.value.append(value)
        else:
            here.value[here.key] = value
            here.key = None

    def _clean(self, text: str, place: Place) -> str:
        """Escapes can write what no store and no environment can hold."""
        if not storable(text):
            self.refuse("a text with NUL or half a character", STORABLE, place)
        return text
