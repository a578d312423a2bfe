"""JSON to a document, strictly: what the standard library accepts beyond the standard is refused, keys come once."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import NoReturn

from backfilld.catalog.documents import Document
from backfilld.config.builder import Builder
from backfilld.errors import InvalidRequest, Place

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 40
_WORDS = {"true": True, "false": False, "null": None}
_DECODER = json.JSONDecoder()


def json_document(text: str, file: str) -> Document:
    """The document of a JSON text, with the place of every key path. Raises `InvalidRequest`."""
    return _Reader(text, file).document()


class _Reader:
    """One pass over the text; the builder bounds how deep it goes."""

    def __init__(self, text: str, file: str) -> None:
        self._text, self._at = text, 0
        self._builder = Builder(file)
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def document(self) -> Document:
        self._value()
        if self._peek():
            self._fail("nothing after the value")
        return self._builder.document()

    def _value(self) -> None:
        match self._peek():
            case "{":
                self._collection({}, "}")
            case "[":
                self._collection([], "]")
            case '"':
                place = self._place()
                self._builder.scalar(self._string(), place)
            case _:
                self._plain()

    def _collection(self, container: dict[str, object] | list[object], closer: str) -> None:
        self._builder.start(container, self._place())
        self._at += 1
        while self._peek() != closer:
            if container:
                self._expect(",")
            if closer == "}":
                self._key()
            self._value()
        self._at += 1
        self._builder.end()

    def _key(self) -> None:
        if self._peek() != '"':
            self._fail("a key in double quotes")
        place = self._place()
        self._builder.key(self._string(), place)
        self._expect(":")

    def _string(self) -> str:
        try:
            text, self._at = _DECODER.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            self._at = error.pos
            self._fail(f"JSON text ({error.msg.lower()})")
        return str(text)

    def _plain(self) -> None:
        place = self._place()
        for word, value in _WORDS.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return self._builder.scalar(value, place)
        number = _NUMBER.match(self._text, self._at)
        if not number or number.end() - number.start() > _LONGEST_NUMBER:
            self._fail("a JSON value: an object, a list, a text in double quotes, a number, true, false or null")
        self._at = number.end()
        figure = float(number[0]) if number[1] or number[2] else int(number[0])
        if figure in (float("inf"), float("-inf")):
            self._builder.refuse(number[0], "a number within the range of a double", place)
        return self._builder.scalar(figure, place)

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            self._fail(f"{character!r} here")
        self._at += 1

    def _peek(self) -> str:
        """The next character that counts, or nothing at the end."""
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at
        return self._text[self._at : self._at + 1]

    def _place(self) -> Place:
        line = bisect_right(self._lines, self._at)
        return Place(self._builder.file, line, self._at - self._lines[line - 1] + 1)

    def _fail(self, allowed: str) -> NoReturn:
        rest = self._text[self._at : self._at + 20].split("\n")[0]
        self._builder.refuse(rest or "the end of the text", allowed, self._place())
        raise InvalidRequest(self._builder.faults)
