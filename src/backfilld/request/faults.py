"""Faults on their way: by field, before anybody asks how the user spelled it, and which of them prove nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backfilld.catalog.documents import Path, path_text, shown
from backfilld.errors import Fault, Place

_LONGEST_STEP, _LONGEST_TEXT = 60, 600


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with a field, its path in snake_case; it proves nothing if a field that it rests on is wrong."""

    path: Path
    given: str
    allowed: str
    rests_on: tuple[Path, ...] = ()

    def for_people(self, path: Path, place: Place | None = None) -> Fault:
        """The fault for people, at a path as they spell it, on one line of bounded length."""
        text = path_text(tuple(step if isinstance(step, int) else _step(step) for step in path))
        return Fault(text, _one_line(self.given), _one_line(self.allowed), place)


class WrongPaths:
    """Paths whose values are not to be relied on.

    >>> wrong = WrongPaths([("tags", 1)])
    >>> wrong.touch(("tags",)), wrong.touch(("tags", 1, "key")), wrong.touch(("tags", 10))
    (True, True, False)
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = frozenset(paths)
        self._around = frozenset(path[:length] for path in self._paths for length in range(len(path) + 1))

    def touch(self, path: Path) -> bool:
        """Whether the path, something in it, or something around it is wrong."""
        return path in self._around or any(path[:length] in self._paths for length in range(len(path)))


def _step(key: str) -> str:
    """A key that nobody would want to see whole, as a fault shows values."""
    return key if len(key) <= _LONGEST_STEP and key.isprintable() else _one_line(shown(key))


def _one_line(text: str) -> str:
    """Escapes what could move a terminal's cursor; cuts what nobody reads to the end."""
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]} ..."
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def standing(faults: Sequence[FieldFault]) -> list[FieldFault]:
    """The faults that do not only follow from another of them."""
    wrong = WrongPaths(fault.path for fault in faults)
    return [fault for fault in faults if not any(map(wrong.touch, fault.rests_on))]
