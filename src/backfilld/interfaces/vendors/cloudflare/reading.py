"""What its clients send: new instances, changes of status, and queries; every fault at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from backfilld.catalog.documents import Document, shown
from backfilld.catalog.fields import Refused, Section, choice, name, section_of, text, truth, whole
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.vendors.sections import read_section
from backfilld.request.execution import INSTANCE_ID, instance_id
from backfilld.request.models import BackfillRequest
from backfilld.request.retention import milliseconds

MOST_NEW = 100
_RESERVED = re.compile("cf_[0-9a-f]{64}")
_NEW = ("instance_id", "params", "instance_retention", "location_hint")
_KEPT = ("success_retention", "error_retention")
SAME = ("payload", "instance_retention", "default_run_properties")
_EDITS = {"pause": (), "resume": (), "terminate": ("rollback",), "restart": ("from",)}
_FIELDS: Mapping[str, str] = {"payload": "params", "default_run_properties": "location_hint"}
"""What a request calls what they call otherwise."""
_AT = re.compile(r"requests\[(\d+)\]\.?")


@dataclass(frozen=True, slots=True)
class New:
    """An instance that is to be made: its own name, and fields of the request that it is."""

    name: str | None
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of status; `step` is the task from which a restart goes on."""

    act: str
    step: str | None = None


def read_batch(document: Document) -> list[New]:
    """The instances of a list; none where there is no body. Raises `InvalidRequest`."""
    given = [] if document.value is None else document.value
    if not isinstance(given, list) or len(given) > MOST_NEW:
        said = f"{len(given)} items" if isinstance(given, list) else shown(given)
        raise InvalidRequest([Fault("", said, f"a list of at most {MOST_NEW} instances")])
    faults: list[Fault] = []
    found = [
        _new(section) for place, value in enumerate(given) for section in section_of(document, (place,), value, faults)
    ]
    if faults:
        raise InvalidRequest(faults)
    return found


def read_new(document: Document) -> New:
    """One instance. Raises `InvalidRequest`."""
    return read_section(document, {} if document.value is None else document.value, _new)


def read_edit(document: Document) -> Edit:
    """A change of status. Raises `InvalidRequest`."""
    return read_section(document, document.value, _edit)


def asks_the_same(request: BackfillRequest, new: New) -> bool:
    """Whether a request is what this instance would be."""
    asked = request.model_dump(mode="json", exclude_unset=True, include=set(SAME))
    return asked == {name: new.fields[name] for name in SAME if name in new.fields}


def as_sent(fault: Fault, *, many: bool) -> Fault:
    """A fault of the requests that a list of instances is, under the names that were sent.

    >>> as_sent(Fault("requests[2].payload.day", "1", "a text"), many=True).path
    '[2].params.day'
    """
    found = _AT.match(fault.path)
    if found is None:
        return fault
    first, dot, rest = fault.path[found.end() :].partition(".")
    called = _FIELDS.get(first, first)
    below = called if called == "location_hint" else f"{called}{dot}{rest}"
    return replace(fault, path=f"[{found[1]}].{below}" if many else below)


def _new(given: Section) -> New:
    given.allow_only(_NEW)
    fields: dict[str, Any] = {}
    if "params" in given:
        fields["payload"] = decoded(given.values["params"])
    if "instance_retention" in given:
        fields["instance_retention"] = _retention(given.section("instance_retention"))
    if hint := given.take("location_hint", name, None):
        fields["default_run_properties"] = {"runtime_resource": hint}
    return New(given.take("instance_id", _own_name, None), fields)


def decoded(params: object) -> object:
    """Its Python client sends a text that is JSON, its Node client the value itself; any other text is itself.

    >>> decoded('{"day": 1}'), decoded({"day": 1}), decoded("soon")
    ({'day': 1}, {'day': 1}, 'soon')
    """
    if not isinstance(params, str):
        return params
    try:
        return json.loads(params, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return params


def _no_json(word: str) -> object:
    raise ValueError(word)


def _retention(given: Section) -> dict[str, int]:
    given.allow_only(_KEPT)
    found = {key: given.take(key, _kept, None) for key in _KEPT}
    return {key: value for key, value in found.items() if value is not None}


def _kept(value: object) -> int:
    try:
        return milliseconds(value)
    except ValueError as error:
        raise Refused(str(error)) from None


def _own_name(value: object) -> str:
    try:
        found = instance_id(value)
    except ValueError:
        raise Refused(INSTANCE_ID) from None
    if _RESERVED.fullmatch(found):
        raise Refused(f"{INSTANCE_ID}; cf_ with 64 hexadecimal digits is reserved")
    return found


def _edit(given: Section) -> Edit:
    act = given.needed("status", choice(*_EDITS))
    if act is None:
        return Edit("")
    given.allow_only(("status", *_EDITS[act]))
    given.take("rollback", _no_rollback, None)
    return Edit(act, _step(given.section("from")) if "from" in given else None)


def _no_rollback(value: object) -> bool:
    if truth(value):
        raise Refused("false: nothing that a task has done is rolled back")
    return False


def _step(given: Section) -> str | None:
    given.allow_only(("name", "count", "type"))
    given.take("count", _once, None)
    given.take("type", _does, None)
    return given.needed("name", text(1_000))


def _once(value: object) -> int:
    if whole(1, MOST_NEW)(value) != 1:
        raise Refused("1: a task comes once in an instance")
    return 1


def _does(value: object) -> str:
    if choice("do", "sleep", "waitForEvent")(value) != "do":
        raise Refused("do: tasks neither sleep nor wait for events")
    return "do"
