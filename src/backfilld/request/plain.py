"""A document's value made plain: fields in snake_case, texts that every store can hold, nothing of unbounded size."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import isfinite

from backfilld.catalog.documents import DEEPEST, STORABLE, Ambiguous, Document, Path, storable
from backfilld.errors import MORE, MOST_FAULTS, Fault
from backfilld.request.faults import FieldFault
from backfilld.request.models import MOST_TAGS
from backfilld.request.resolved import Limits
from backfilld.request.spelling import FREE, placed, snake, spelled

MOST_FIELDS = 1_000
_LARGEST = 10**40


class Plain:
    """The value of a document in our spelling; `wrong` are the paths in it that stand for nothing usable."""

    def __init__(self, document: Document, limits: Limits) -> None:
        self.faults: list[Fault] = []
        self.wrong: set[Path] = set()
        self._document = document
        self._most: dict[Path, int] = {("periods", "biz_dates"): limits.ranges, ("tags",): MOST_TAGS}
        self._most_ids = limits.ids
        self.value = self._plain(document.value, ())

    def accuse(self, path: Path, given: str, allowed: str) -> None:
        """What stands at the path is wrong."""
        self.wrong.add(path)
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(placed(FieldFault(path, given, allowed), self._document))
        elif len(self.faults) == MOST_FAULTS:
            self.faults.append(MORE)

    def _plain(self, value: object, path: Path) -> object:
        match value:
            case Mapping() | list() if len(path) >= DEEPEST:
                self.accuse(path, "deeper nesting", f"at most {DEEPEST} levels")
            case Mapping():
                return self._mapping(value, path)
            case list():
                return self._list(value, path)
            case Ambiguous():
                self.accuse(path, value, f'quote it: "{value}"; a number, true or false is written plainly')
            case str() if not storable(value):
                self.accuse(path, "a text with NUL or half a character", STORABLE)
            case int() if abs(value) >= _LARGEST:
                self.accuse(path, "a number of more than 40 digits", "a number of at most 40 digits")
            case float() if not isfinite(value):
                self.accuse(path, str(value), "a number")
            case date() if _is_free(path):
                return value.isoformat()  # what JSON, which has no dates, would have said
            case str() | int() | float() | date() | None:
                return value
            case _:
                self.accuse(path, type(value).__name__, "a JSON value")
        return None

    def _mapping(self, value: Mapping[object, object], path: Path) -> dict[str, object]:
        free = _is_free(path)
        if len(value) > MOST_FIELDS and not free:
            self.accuse(path, f"{len(value):,} fields", f"at most {MOST_FIELDS:,} fields")
            return {}
        result: dict[str, object] = {}
        for key, item in value.items():
            name = str(key) if free else snake(str(key))
            if name in result:
                self._refuse_twice((*path, name), str(key))
            elif not storable(name):
                self.accuse(path, "a key with NUL or half a character", STORABLE)
            else:
                result[name] = self._plain(item, (*path, name))
        return result

    def _list(self, value: list[object], path: Path) -> list[object]:
        """Items past the most that there may be are not read."""
        most = len(value) if _is_free(path) else self._most.get(path, self._most_ids)
        if len(value) > most:
            fault = FieldFault(path, f"{len(value):,} items", f"at most {most:,} items")
            self.faults.append(placed(fault, self._document))
            self.wrong.add((*path, most))
        return [self._plain(item, (*path, number)) for number, item in enumerate(value[:most])]

    def _refuse_twice(self, path: Path, key: str) -> None:
        """Which of the two is meant, nobody knows."""
        self.wrong.add(path)
        given = (*spelled(path[:-1], self._document.value), key)
        fault = FieldFault(path, f"{key} beside another spelling of it", f"{path[-1]} only once, in one spelling")
        self.faults.append(fault.for_people(given, self._document.place_of(given)))


def _is_free(path: Path) -> bool:
    """Whether what stands here is the user's own."""
    return bool(path) and path[0] in FREE
