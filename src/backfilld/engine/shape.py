"""What all dates of one pattern share in the engine."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from weakref import WeakValueDictionary

from backfilld.planning.plan import RUN_BITS, PlannedTask, Template

WEIGHTS = 1 << 2 * RUN_BITS
"""One of weight in the keys that sort."""


class Shape:
    """A template with its unmet counts and the order of its instances; one a template, however many dates run.

    `keys[ordinal] | position << 20` sorts the ready instances of a backfill as spec 4.6 says: weight, date in run
    order, longest remaining path, ordinal; `by_rank[key & ORDINAL_MASK]` is the ordinal again. `priorities` are those
    of the tasks, which are a part of their weights.
    """

    __slots__ = (
        "__weakref__",
        "_downstream",
        "_unmet",
        "by_rank",
        "keys",
        "priorities",
        "roots",
        "size",
        "tasks",
        "template",
    )

    def __init__(self, template: Template, planned: Sequence[PlannedTask], heaviest: int) -> None:
        self.template, self.size, self.tasks = template, template.size, template.tasks
        self.priorities = [each.priority for each in planned]
        self._downstream: list[tuple[int, ...] | None] = [None] * self.size
        self._unmet = template.unmet()
        self.roots = [ordinal for ordinal, count in enumerate(self._unmet) if not count]
        tasks = self.tasks
        by_path = sorted(range(self.size), key=lambda ordinal: (-planned[tasks[ordinal]].remaining, ordinal))
        self.by_rank = array("I", by_path)
        self.keys = array("Q", bytes(8 * self.size))
        for rank, ordinal in enumerate(self.by_rank):
            self.keys[ordinal] = (heaviest - planned[tasks[ordinal]].weight) * WEIGHTS | rank

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
        self._tasks, self._heaviest = tasks, max((task.weight for task in tasks), default=0)
        self._known: WeakValueDictionary[int, Shape] = WeakValueDictionary()

    def of(self, template: Template) -> Shape:
        """The template's shape. A shape holds its template, so no other can have the same `id` meanwhile."""
        shape = self._known.get(id(template))
        if shape is None:
            shape = self._known[id(template)] = Shape(template, self._tasks, self._heaviest)
        return shape
