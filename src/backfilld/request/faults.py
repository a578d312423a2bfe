"""Faults on their way: by field, before anybody asks how the user spelled it, and which of them prove nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backfilld.catalog.documents import Path, path_text
from backfilld.errors import Fault


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with a field, its path in snake_case; it proves nothing if a field that it rests on is wrong."""

    path: Path
    given: str
    allowed: str
    rests_on: tuple[Path, ...] = ()

    def told(self) -> Fault:
        """The fault without a place, its path as the native form spells it."""
        return Fault(path_text(self.path), self.given, self.allowed)


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


def standing(faults: Sequence[FieldFault]) -> list[FieldFault]:
    """The faults that do not only follow from another of them."""
    wrong = WrongPaths(fault.path for fault in faults)
    return [fault for fault in faults if not any(map(wrong.touch, fault.rests_on))]
