"""JSON to a document, strictly: keys come once, numbers are finite, texts can be stored."""

from __future__ import annotations

import json
from typing import NoReturn

from backfilld.catalog.documents import Document, Path, path_text, shown
from backfilld.config.builder import DEPTH_LIMIT, storable
from backfilld.errors import Fault, InvalidRequest, Place

_LONGEST_NUMBER = 40
_TOO_DEEP = Fault("", "deeper nesting", f"at most {DEPTH_LIMIT} levels")


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
    if faults := [*duplicates, *_faults(value)]:
        raise InvalidRequest(faults)
    return Document(file, value)


def _faults(value: object) -> list[Fault]:
    """Texts that cannot be stored, and nesting past the limit."""
    faults: list[Fault] = []
    level: list[tuple[Path, object]] = [((), value)]
    for _ in range(DEPTH_LIMIT + 1):
        below: list[tuple[Path, object]] = []
        for path, item in level:
            if isinstance(item, dict):
                faults += [_unstorable(path, key) for key in item if not storable(key)]
                below += [((*path, key), each) for key, each in item.items()]
            elif isinstance(item, list):
                below += [((*path, number), each) for number, each in enumerate(item)]
            elif isinstance(item, str) and not storable(item):
                faults.append(_unstorable(path, item))
        level = below
    return [*faults, _TOO_DEEP] if level else faults


def _unstorable(path: Path, text: str) -> Fault:
    return Fault(path_text(path), shown(text), "text without NUL and lone surrogates")


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
