"""JSON to a document, strictly: keys come once, numbers are finite, texts can be stored."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from backfilld.catalog.documents import DEEPEST, STORABLE, Document, Path, path_text, shown, storable, too_deep
from backfilld.errors import Fault, InvalidRequest, Place

_LONGEST_NUMBER = 40
_SUSPICIOUS = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[\0\ud800-\udfff]")
"""What could stand for NUL or half a character."""
_TOO_DEEP = Fault("", "deeper nesting", f"at most {DEEPEST} levels")


def json_document(text: str, file: str) -> Document:
    """The document of a JSON text; faults of syntax have a place, others a path. Raises `InvalidRequest`."""
    duplicates: list[Fault] = []

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = {key for key in keys if keys.count(key) > 1} if len(keys) < 1000 else {"one of many keys"}
            duplicates.extend(Fault("", shown(key), "a key only once") for key in sorted(twice))
        return found

    try:
        value = json.loads(text, object_pairs_hook=once, parse_constant=_refuse, parse_int=_int, parse_float=_float)
    except json.JSONDecodeError as error:
        place = Place(file, error.lineno, error.colno)
        raise InvalidRequest([Fault("", "no JSON", error.msg.lower(), place)]) from None
    except RecursionError:
        raise InvalidRequest([_TOO_DEEP]) from None
    unstorable = _unstorable(value) if _SUSPICIOUS.search(text) else []
    deep = [_TOO_DEEP] if too_deep(value) else []
    if faults := [*duplicates, *deep, *unstorable]:
        raise InvalidRequest(faults)
    return Document(file, value)


def _unstorable(value: object, path: Path = ()) -> list[Fault]:
    """Texts that no store and no environment can hold."""
    if isinstance(value, str):
        return [] if storable(value) else [Fault(path_text(path), shown(value), STORABLE)]
    faults = [fault for key in value for fault in _unstorable(key, path)] if isinstance(value, dict) else []
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*faults, *(fault for step, below in steps for fault in _unstorable(below, (*path, step)))]


def _refuse(word: str) -> NoReturn:
    raise InvalidRequest([Fault("", word, "a finite number")])


def _int(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        _refuse(f"{text[:20]}...")
    return int(text)


def _float(text: str) -> float:
    value = float(text) if len(text) <= _LONGEST_NUMBER else float("inf")
    if value in (float("inf"), float("-inf")):
        _refuse(text[:20])
    return value
