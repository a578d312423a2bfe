"""The fields of an operation: what each takes, as text in a query or a form; every fault at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from backfilld.catalog.documents import shown, storable, too_deep
from backfilld.catalog.fields import Refused
from backfilld.errors import Fault
from backfilld.interfaces.vendors.dataworks.refusals import NOTHING, FieldsRefused

LARGEST = 2**63 - 1
MOST_IDS = 1_000
LONGEST_TEXT = 200_000
LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp() * 1000)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Read = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: how its text is read, a wrong one raising `Refused`, and whether it may be left out."""

    read: Read
    needed: bool = False


Form = Mapping[str, Field]


def needed(read: Read) -> Field:
    """A field that must be given."""
    return Field(read, needed=True)


def read_fields(form: Form, given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """What is given, by its name; raises `FieldsRefused` for what is missing, wrong, twice there, or not taken."""
    found, faults = dict[str, Any](), list[Fault]()
    seen: set[str] = set()
    for name, text in given:
        try:
            found[name] = _read(form, name, text, seen)
        except Refused as refused:
            faults.append(Fault(name, shown(text), str(refused)))
        seen.add(name)
    missing = [name for name, field in form.items() if field.needed and name not in seen]
    faults += [Fault(name, NOTHING, "it is needed here") for name in missing]
    if faults:
        raise FieldsRefused(faults)
    return found


def _read(form: Form, name: str, text: str, seen: set[str]) -> Any:
    if name not in form:
        raise Refused("left out: this operation has no such field")
    if name in seen:
        raise Refused("given once")
    return form[name].read(text)


def whole(least: int, most: int) -> Read:
    """Reads an integer."""

    def read(value: str) -> int:
        return _whole(value, least, most)

    return read


def _whole(value: object, least: int, most: int) -> int:
    """An integer, or the text of one, as clients send both."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    digits = text.removeprefix("-")
    number = int(text) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None
    if number is None or not least <= number <= most:
        raise Refused(f"{least:,}..{most:,}" if most < LARGEST else "an id")
    return number


number: Read = whole(0, LARGEST)


def text(value: str) -> str:
    """Reads any text that can be kept."""
    if not storable(value) or len(value) > LONGEST_TEXT:
        raise Refused(f"a text of at most {LONGEST_TEXT:,} characters, without NUL")
    return value


def truth(value: str) -> bool:
    """Reads a truth value; a Python client writes `True`."""
    known = {"true": True, "false": False}.get(value.lower())
    if known is None:
        raise Refused("true or false")
    return known


def word(*words: str) -> Read:
    """Reads one of these words."""

    def read(value: str) -> str:
        if value not in words:
            raise Refused(" or ".join(words))
        return value

    return read


def milliseconds(value: object) -> datetime:
    """Reads a moment: milliseconds since 1970."""
    try:
        return EPOCH + timedelta(milliseconds=_whole(value, 0, LATEST))
    except Refused:
        raise Refused("milliseconds since 1970, up to the year 2199") from None


def day_moment(value: str) -> datetime | None:
    """Reads the moment that a business date begins; `0` is no date at all."""
    return None if value == "0" else milliseconds(value)


def json_text(value: str) -> Any:
    """Reads JSON, each key once."""
    try:
        found = json.loads(value, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Refused("JSON text, without NaN and with each key once") from None
    if too_deep(found):
        raise Refused("JSON that is not so deep")
    return found


def a_list(value: str) -> list[Any]:
    """Reads a JSON list."""
    found = json_text(value)
    if not isinstance(found, list):
        raise Refused("a JSON list")
    return found


def an_object(value: str) -> dict[str, Any]:
    """Reads a JSON object."""
    found = json_text(value)
    if not isinstance(found, dict):
        raise Refused("a JSON object")
    return found


def ids(value: str) -> tuple[int, ...]:
    """Reads a JSON list of ids, each of them once."""
    found = a_list(value)
    if not 1 <= len(found) <= MOST_IDS:
        raise Refused(f"a list of 1 to {MOST_IDS:,} ids")
    return tuple(dict.fromkeys(_whole(each, 0, LARGEST) for each in found))


def texts(value: str) -> tuple[str, ...]:
    """Reads a JSON list of texts."""
    found = a_list(value)
    if not all(isinstance(each, str) for each in found):
        raise Refused("a JSON list of texts")
    return tuple(map(text, found))


def only(given: Mapping[str, Any], path: str, readers: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """What an object that came as JSON says, by its keys; raises `FieldsRefused` with every fault."""
    found, faults = dict[str, Any](), list[Fault]()
    for name, value in given.items():
        try:
            if name not in readers:
                raise Refused(f"left out; only {', '.join(readers)}")
            found[name] = readers[name](value)
        except Refused as refused:
            faults.append(Fault(f"{path}.{name}", shown(value), str(refused)))
    if faults:
        raise FieldsRefused(faults)
    return found


def id_list(value: object) -> tuple[int, ...]:
    """Reads a list of ids inside JSON."""
    return ids(json.dumps(value))


def text_list(value: object) -> tuple[str, ...]:
    """Reads a list of texts inside JSON."""
    return texts(json.dumps(value))


def inner_text(value: object) -> str:
    """Reads a text inside JSON."""
    if not isinstance(value, str):
        raise Refused("a text")
    return text(value)


def inner_truth(value: object) -> bool:
    """Reads a truth value inside JSON."""
    return truth(str(value) if isinstance(value, bool | str) else "")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _refuse(constant: str) -> None:
    raise ValueError(constant)
