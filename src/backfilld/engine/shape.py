"""What all dates of one pattern share in the engine."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from weakref import WeakValueDictionary

from backfilld.planning.plan import RUN_BITS, PlannedTask, Template

_ORDINAL = (1 << RUN_BITS) - 1


class Shape:
    """A template with its unmet counts and the order of its instances; one a template, however many dates run.

    `keys[ordinal] | position << 20` sorts the ready instances of a backfill as spec 4.6 says: weight, date in run
    order, longest remaining path, ordinal.
    """

    __slots__ = ("__weakref__", "_by_rank", "_unmet", "downstream", "keys", "roots", "size", "tasks", "template")

    def __init__(self, template: Template, weight_ranks: Sequence[int], remaining: Sequence[float]) -> None:
        self.template, self.size, self.tasks = template, template.size, template.tasks
        self.downstream = template.downstream
        self._unmet = template.unmet()
        self.roots = [ordinal for ordinal, count in enumerate(self._unmet) if not count]
        tasks = self.tasks
        self._by_rank = array("I", sorted(range(self.size), key=lambda ordinal: (-remaining[tasks[ordinal]], ordinal)))
        self.keys = array("Q", bytes(8 * self.size))
        for rank, ordinal in enumerate(self._by_rank):
            self.keys[ordinal] = weight_ranks[tasks[ordinal]] << 2 * RUN_BITS | rank

    def unmet(self) -> array[int]:
        """How many instances of the same date each ordinal waits for; a copy to count down in."""
        return self._unmet[:]

    def ordinal(self, key: int) -> int:
        """The ordinal that a key was made from."""
        return self._by_rank[key & _ORDINAL]


class Shapes:
    """The shapes of a plan; one is kept only while a run needs it."""

    def __init__(self, tasks: Sequence[PlannedTask]) -> None:
        ranks = {weight: rank for rank, weight in enumerate(sorted({task.weight for task in tasks}, reverse=True))}
        self._weight_ranks = [ranks[task.weight] for task in tasks]
        self._remaining = [task.remaining for task in tasks]
        self._known: WeakValueDictionary[int, Shape] = WeakValueDictionary()

    def of(self, template: Template) -> Shape:
        """The template's shape. A shape holds its template, so no other can have the same `id` meanwhile."""
        shape = self._known.get(id(template))
        if shape is None:
            shape = self._known[id(template)] = Shape(template, self._weight_ranks, self._remaining)
        return shape


def position_of(key: int) -> int:
    """The position of the date that a key was made for."""
    return key >> RUN_BITS & _ORDINAL
