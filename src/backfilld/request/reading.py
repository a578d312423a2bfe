"""From a document's values to a `BackfillRequest`, and every fault of its shape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from backfilld.catalog.documents import Ambiguous, Document, Path, path_text, shown
from backfilld.errors import Fault
from backfilld.request.models import (
    NOT_BUILT,
    Analysis,
    BackfillRequest,
    BizDates,
    DefaultRunProperties,
    Form,
    Periods,
    Tag,
)

FREE = {"workflow_parameters", "task_parameters", "payload"}
"""Below these, keys are the user's own and keep their spelling."""
_FORMS: Mapping[Path, type[Form]] = {
    (): BackfillRequest,
    ("periods",): Periods,
    ("periods", "biz_dates"): BizDates,
    ("default_run_properties",): DefaultRunProperties,
    ("default_run_properties", "analysis"): Analysis,
    ("tags",): Tag,
}
_BRANCH = re.compile(r"str|int|constrained-(str|int)|.*\[.*\].*")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document says: the request, less what was wrong in it, and the faults of its shape.

    Without a project nothing else can be judged: then `request` is None.
    """

    request: BackfillRequest | None
    faults: tuple[Fault, ...]
    _spelling: _Spelling

    def placed(self, fault: Fault) -> Fault:
        """A fault found later, with its path as the user spelled it and where that stands."""
        return self._spelling.placed(fault)

    def hides(self, fault: Fault) -> bool:
        """Whether a fault found later only follows from one of the shape's: something was left out for it."""
        return any(
            fault.path.startswith(wrong) or wrong.startswith(fault.path) for wrong in self._spelling.wrong if fault.path
        )


def read_request(document: Document) -> Reading:
    """Read a request in snake_case or PascalCase."""
    if not isinstance(document.value, Mapping):
        fault = Fault("", shown(document.value), "a mapping of request fields", document.place_of(()))
        return Reading(None, (fault,), _Spelling(document))
    spelling = _Spelling(document)
    value = spelling.plain(document.value, ())
    spelling.refuse_unbuilt(value)
    for _ in range(3):  # what is wrong is left out, and the rest read again: a union may show its next fault only then
        try:
            return Reading(BackfillRequest.model_validate(value), tuple(spelling.faults), spelling)
        except ValidationError as error:
            spelling.refuse_shape(error.errors())
            for step in sorted((step["loc"] for step in error.errors()), key=str, reverse=True):
                _leave_out(value, _steps(step))
            _stand_in(value)
    return Reading(None, tuple(spelling.faults), spelling)


def _leave_out(value: object, path: Path) -> None:
    """Remove what stands at a path; what is missing there stays missing."""
    for step in path[:-1]:
        value = value.get(step) if isinstance(value, dict) else value[int(step)] if isinstance(value, list) else None
    if isinstance(value, dict):
        value.pop(path[-1], None)
    elif isinstance(value, list) and isinstance(path[-1], int) and path[-1] < len(value):
        value.pop(path[-1])


def _stand_in(value: object) -> None:
    """A wrong name or type hides no other fault."""
    if isinstance(value, dict):
        value.setdefault("name", "?")
        value.setdefault("type", "SupplementData")


def snake(key: str) -> str:
    """The field that a PascalCase key means.

    >>> snake("RootTaskIds"), snake("name")
    ('root_task_ids', 'name')
    """
    return _HUMP.sub("_", key).lower() if key[:1].isupper() else key


class _Spelling:
    """The request in snake_case, and how the user spelled each path."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: list[Fault] = []
        self.wrong: set[str] = set()
        """Paths, in snake_case, that were left out because they are wrong."""
        self._given: dict[Path, Path] = {}
        self._by_text: dict[str, Path] = {}

    def plain(self, value: object, path: Path) -> object:
        """The value with PascalCase keys in snake_case."""
        if isinstance(value, Ambiguous):
            self._accuse(path, str(value), f'the same quoted ("{value}"), or a plain number, true or false')
            return None
        if isinstance(value, Mapping):
            return self._mapping(value, path)
        if isinstance(value, list):
            return [self.plain(item, self._step(path, number, number)) for number, item in enumerate(value)]
        return value

    def refuse_shape(self, errors: list[ErrorDetails]) -> None:
        """Faults of ours for the library's, less those already known."""
        for error in errors:
            fault = self._fault_of(error)
            if all(fault.path != known.path for known in self.faults):
                self.faults.append(fault)
                self.wrong.add(path_text(_steps(error["loc"])))

    def placed(self, fault: Fault) -> Fault:
        """The fault with its path as given, and where that stands; paths that are not there keep their end."""
        known, rest = fault.path, ""
        while known and known not in self._by_text:
            cut = max(known.rfind("."), known.rfind("["))
            known, rest = (known[:cut], known[cut:] + rest) if cut > 0 else ("", known + rest)
        given = self._by_text.get(known, ())
        text = path_text(given) + rest
        return Fault(text.removeprefix("."), fault.given, fault.allowed, self.document.place_of(given))

    def _fault_of(self, error: ErrorDetails) -> Fault:
        """Its path as given, and what is allowed."""
        loc = _steps(error["loc"])
        if error["type"] == "missing":
            return self._fault((*loc,), "nothing", "a value: this field is needed")
        if error["type"] == "extra_forbidden":
            return self._fault(loc, shown(error["input"]), self._known_fields(loc))
        return self._fault(loc, shown(error["input"]), _allowed(error))

    def refuse_unbuilt(self, value: object) -> None:
        """Fields that are there, but not at the only value that works today."""
        for dotted, only in NOT_BUILT.items():
            path: Path = tuple(dotted.split("."))
            found = _at(value, path)
            if found not in (_ABSENT, only, None if only is None else str(only).lower(), str(only)):
                allowed = "to be left out" if only is None else shown(only)
                self._accuse(path, shown(found), f"{allowed}; nothing else is built yet")
                _leave_out(value, path)

    def _mapping(self, value: Mapping[object, object], path: Path) -> dict[str, object]:
        result: dict[str, object] = {}
        free = bool(path) and path[0] in FREE
        for key, item in value.items():
            name = str(key) if free else snake(str(key))
            below = self._step(path, name, str(key))
            if name in result:
                self._accuse(below, shown(item), f"{name} only once, in one spelling")
            result[name] = self.plain(item, below)
        return result

    def _step(self, path: Path, name: str | int, given: str | int) -> Path:
        below = (*path, name)
        self._given[below] = (*self._given.get(path, path), given)
        self._by_text[path_text(below)] = self._given[below]
        return below

    def _accuse(self, path: Path, given: str, allowed: str) -> None:
        self.wrong.add(path_text(path))
        self.faults.append(self._fault(path, given, allowed))

    def _fault(self, path: Path, given: str, allowed: str) -> Fault:
        parent = self._given.get(path[:-1], path[:-1])
        spelled = self._given.get(path, (*parent, *path[-1:]))
        return Fault(path_text(spelled), given, allowed, self.document.place_of(spelled))

    def _known_fields(self, path: Path) -> str:
        form = _FORMS.get(tuple(step for step in path[:-1] if isinstance(step, str)), BackfillRequest)
        near = get_close_matches(str(path[-1])[:100], form.model_fields, n=1)
        return f"no such field; did you mean {near[0]}?" if near else "one of " + ", ".join(form.model_fields)


_ABSENT = object()


def _at(value: object, path: Path) -> object:
    for step in path:
        if not isinstance(value, Mapping) or step not in value:
            return _ABSENT
        value = value[step]
    return value


def _steps(loc: tuple[int | str, ...]) -> Path:
    """The library's path, less the steps that name a branch of a union and no field."""
    return tuple(step for step in loc if not _BRANCH.fullmatch(str(step)))


def _allowed(error: ErrorDetails) -> str:
    """What a field takes, in the words of people."""
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "literal_error":
            return str(context["expected"]).replace("'", "")
        case "int_type" | "int_parsing":
            return "an integer"
        case "greater_than_equal":
            return f"at least {context['ge']}"
        case "less_than_equal":
            return f"at most {context['le']}"
        case "too_long" | "string_too_long":
            return f"at most {context['max_length']:,} {'characters' if 'string' in error['type'] else 'items'}"
        case "too_short":
            return f"at least {context['min_length']} item"
        case "string_type":
            return "a text; quote it"
        case "list_type":
            return "a list"
        case "dict_type" | "model_type":
            return "a mapping"
        case _:
            return error["msg"]
