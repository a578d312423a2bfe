"""What all dates of one pattern share in the engine."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from weakref import WeakValueDictionary

from backfilld.planning.plan import RUN_BITS, PlannedTask, Template


class Shape:
    """A template with its unmet counts and the order of its instances; one a template, however many dates run.

    `keys[ordinal] | position << 20` sorts the ready instances of a backfill as spec 4.6 says: weight, date in run
    order, longest remaining path, ordinal; `by_rank[key & ORDINAL_MASK]` is the ordinal again.
    """

    __slots__ = ("__weakref__", "_downstream", "_unmet", "by_rank", "keys", "roots", "size", "tasks", "template")

    def __init__(self, template: Template, weight_ranks: Sequence[int], remaining: Sequence[float]) -> None:
        self.template, self.size, self.tasks = template, template.size, template.tasks
        self._downstream: list[tuple[int, ...] | None] = [None] * self.size
        self._unmet = template.unmet()
        self.roots = [ordinal for ordinal, count in enumerate(self._unmet) if not count]
        tasks = self.tasks
        self.by_rank = array("I", sorted(range(self.size), key=lambda ordinal: (-remaining[tasks[ordinal]], ordinal)))
        self.keys = array("Q", bytes(8 * self.size))
        for rank, ordinal in enumerate(self.by_rank):
            self.keys[ordinal] = weight_ranks[tasks[ordinal]] << 2 * RUN_BITS | rank

    def unmet(self) -> array[int]:
        """How many instances of the same date each ordinal waits for; a copy to count down in."""
        return self._unmet[:]

    def downstream(self, ordinal: int) -> tuple[int, ...]:
        """Who waits for the ordinal on its own date, kept once asked: every date of the pattern asks again."""
        known = self._downstream[ordinal]
        if known is None:
            known = self._downstream[ordinal] = tuple(self.template.downstream(ordinal))
        return known


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
