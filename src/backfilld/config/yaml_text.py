"""YAML to documents, event by event, with our own reading of plain scalars. The one importer of the YAML library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import yaml

from backfilld.catalog.documents import Ambiguous, Document
from backfilld.config.builder import Builder
from backfilld.errors import Fault, InvalidRequest, Place

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,29})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OLD_READERS = yaml.SafeLoader.yaml_implicit_resolvers  # first character -> what YAML 1.1 takes for something else
_OTHER_READERS = re.compile(r"[yYnN]|[-+]?[0-9][0-9_]*([eE][-+]?[0-9]+)?|[-+]?0[ob][0-9_]+|[-+]?0[xX][0-9a-fA-F_]+")


def yaml_documents(text: str, file: str) -> list[Document]:
    """The documents of a text, empty ones left out. Anchors, aliases, tags and merge keys are refused.

    Raises `InvalidRequest` with every fault, after a syntax error with those before it.
    """
    builders = [Builder(file)]
    documents = []
    for event in _events(text, builders):
        match event:
            case yaml.DocumentStartEvent():
                builders.append(Builder(file))
            case yaml.DocumentEndEvent() if not builders[-1].faults:
                documents.append(builders[-1].document())
            case _:
                _take(event, builders[-1])
    if faults := [fault for builder in builders for fault in builder.faults]:
        raise InvalidRequest(faults)
    return [document for document in documents if document.value is not None]


def plain(text: str) -> object:
    """What a scalar without quotes is; `Ambiguous` where readers of YAML 1.1 and 1.2 would disagree.

    >>> plain("10"), plain("true"), plain("2013-01-01"), plain("flights_daily")
    (10, True, datetime.date(2013, 1, 1), 'flights_daily')
    >>> [type(plain(trap)).__name__ for trap in ("22:00:00", "010", "on", "1e3", "1_000", "n")]
    ['Ambiguous', 'Ambiguous', 'Ambiguous', 'Ambiguous', 'Ambiguous', 'Ambiguous']
    """
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _DATE.fullmatch(text):
        return _date(text)
    return Ambiguous(text) if _other_readers_differ(text) else text


def _date(text: str) -> object:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return Ambiguous(text)


def _other_readers_differ(text: str) -> bool:
    old = _OLD_READERS.get(text[0], [])
    return any(pattern.match(text) for _, pattern in old) or bool(_OTHER_READERS.fullmatch(text))


def _events(text: str, builders: list[Builder]) -> Iterator[yaml.Event]:
    """The parser's events; a syntax error ends them with a fault that joins those found before."""
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        given = ", ".join(filter(None, [error.context, error.problem]))
        place = _place(builders[-1], mark) if mark else None
        builders[-1].faults.append(Fault("", given, "YAML", place))
    except yaml.reader.ReaderError as error:  # its own position counts bytes in one loader, characters in the other
        before = text[: text.index(chr(error.character))]
        place = Place(builders[-1].file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        builders[-1].faults.append(Fault("", f"the character U+{error.character:04X}", "printable text", place))


def _take(event: yaml.Event, builder: Builder) -> None:
    if not isinstance(event, yaml.NodeEvent):
        if isinstance(event, yaml.CollectionEndEvent):
            builder.end()
        return
    place = _place(builder, event.start_mark)
    _refuse_cleverness(event, builder, place)
    match event:
        case yaml.ScalarEvent() if builder.awaits_key:
            _take_key(event, builder, place)
        case yaml.CollectionStartEvent() | yaml.AliasEvent() if builder.awaits_key:
            builder.refuse("a key that is not a text", "a text as key", place)
            raise InvalidRequest(builder.faults)
        case yaml.ScalarEvent():
            builder.scalar(plain(event.value) if event.implicit[0] else event.value, place)
        case yaml.AliasEvent():
            builder.scalar(None, place)
        case yaml.MappingStartEvent():
            builder.start({}, place)
        case _:
            builder.start([], place)


def _take_key(event: yaml.ScalarEvent, builder: Builder, place: Place) -> None:
    key = plain(event.value) if event.implicit[0] else event.value
    if event.implicit[0] and event.value == "<<":
        builder.refuse("a merge key", "the keys themselves, written out", place)
    elif not isinstance(key, str | int) or isinstance(key, bool | Ambiguous):
        builder.refuse(f"the key {event.value}", f'a text as key; quote it: "{event.value}"', place)
    builder.key(event.value, place)


def _refuse_cleverness(event: yaml.NodeEvent, builder: Builder, place: Place) -> None:
    if isinstance(event, yaml.AliasEvent):
        builder.refuse(f"the alias *{event.anchor}", "the value itself, written out", place)
    elif event.anchor:
        builder.refuse(f"the anchor &{event.anchor}", "values without anchors", place)
    if tag := getattr(event, "tag", None):
        builder.refuse(f"the tag {tag}", "values without tags", place)


def _place(builder: Builder, mark: Any) -> Place:
    return Place(builder.file, mark.line + 1, mark.column + 1)
