"""A value less what is wrong in it, so that the rest can still be judged."""

from __future__ import annotations

from collections.abc import Iterable

from backfilld.catalog.documents import Path
from backfilld.request.faults import WrongPaths


class Sieve:
    """What is left of a value, and where the items of its shortened lists stood before."""

    def __init__(self, value: object, wrong: Iterable[Path]) -> None:
        self._wrong = frozenset(wrong)
        self._touched = WrongPaths(self._wrong)
        self._kept: dict[Path, list[int]] = {}
        self.rest = self._rest(value, ())

    def lost(self, path: Path) -> bool:
        """Whether something at, in or around this path of the whole value was left out."""
        return self._touched.touch(path)

    def origin(self, path: Path) -> Path:
        """Where that which now stands at a path stood in the whole value."""
        old: Path = ()
        for step in path:
            kept = self._kept.get(old, [])
            old = (*old, kept[step] if isinstance(step, int) and step < len(kept) else step)
        return old

    def _rest(self, value: object, path: Path) -> object:
        if not self.lost(path):
            return value
        if isinstance(value, dict):
            return {
                key: self._rest(item, (*path, key)) for key, item in value.items() if (*path, key) not in self._wrong
            }
        if isinstance(value, list):
            kept = self._kept[path] = [number for number in range(len(value)) if (*path, number) not in self._wrong]
            return [self._rest(value[number], (*path, number)) for number in kept]
        return value
