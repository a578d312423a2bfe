"""What is left out is passed through (spec 4.4), on bitsets: bit i stands for the task at position i.

Two steps. `Bridge` passes through what is never in the plan and leaves the graph of the run set. `without` passes
through tasks of the run set that have no cycle on a date. Walking up, a cross-date edge is taken at most once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from backfilld.catalog.models import SAME, Catalog, Reach, Task, TaskId

Bits = int
Crossing = dict[Reach, Bits]
_FLAGS = bytes.maketrans(b"01", b"\0\1")


@dataclass(frozen=True, slots=True)
class Upstream:
    """Who waits for whom, by positions in topological order of the same-cycle edges; `same[v]` has a bit for each u."""

    same: tuple[Bits, ...]
    cross: tuple[Crossing, ...]
    """Cross-date edges, less a task's own edge to itself."""
    own: tuple[frozenset[Reach], ...]
    """A task's own edges to itself: not followed while it is passed through."""

    def crossing(self, task: int) -> Crossing:
        """All cross-date edges of a task that is in the plan, its own edges to itself included."""
        return merged(self.cross[task], dict.fromkeys(self.own[task], 1 << task))


@dataclass(frozen=True, slots=True)
class Bridged:
    """Edges after bridging, which tasks a bridge passes, and where one ended at a second cross-date edge."""

    upstream: Upstream
    passed: frozenset[TaskId]
    ended: tuple[tuple[TaskId, TaskId], ...]
    """(task in the plan, task whose second cross-date edge was not taken)"""


def bits(value: Bits) -> Iterator[int]:
    """The positions of the set bits, ascending.

    >>> list(bits(0b10110))
    [1, 2, 4]
    """
    while value:
        low = value & -value
        yield low.bit_length() - 1
        value ^= low


def flags(value: Bits) -> bytes:
    """A byte a position, up to the highest set bit: 1 where the bit is set.

    >>> list(flags(0b10110))
    [0, 1, 1, 0, 1]
    """
    return f"{value:b}"[::-1].encode().translate(_FLAGS)


def union(sets: Iterable[Bits]) -> Bits:
    """What is in any of them."""
    together = 0
    for each in sets:
        together |= each
    return together


def merged(one: Mapping[Reach, Bits], other: Mapping[Reach, Bits]) -> Crossing:
    """Both sets of edges."""
    result = dict(one)
    for kind, found in other.items():
        result[kind] = result.get(kind, 0) | found
    return result


def bridge(catalog: Catalog, order: Sequence[Task], selected: frozenset[TaskId]) -> Bridged:
    """The edges of the run set, in the order given: through every task that is not selected."""
    return _Walk(catalog, order, selected).result()


def without(upstream: Upstream, absent: Bits) -> Upstream:
    """The edges among the rest when the tasks of `absent` have no cycle.

    After a cross-date edge an absent task is an end like any other: it has cycles on other dates.
    """
    through, crossed = _through(upstream, absent)
    same, cross = list(upstream.same), list(upstream.cross)
    for task, ups in enumerate(upstream.same):
        gone = ups & absent
        if gone and not absent >> task & 1:
            same[task] &= ~absent
            for gap in bits(gone):
                same[task] |= through[gap]
                cross[task] = merged(cross[task], crossed[gap])
    return Upstream(tuple(same), tuple(cross), upstream.own)


def passed(upstream: Upstream, downstream: Sequence[Bits], absent: Bits) -> Bits:
    """The tasks of `absent` that a bridge passes: something above, and something below that has cycles.

    `downstream` are the same-cycle edges seen from above.
    """
    fed = below = 0
    gaps = list(bits(absent))
    for gap in gaps:
        ups = upstream.same[gap]
        if upstream.cross[gap] or ups & ~absent or ups & fed:
            fed |= 1 << gap
    for gap in reversed(gaps):
        downs = downstream[gap]
        if downs & ~absent or downs & below:
            below |= 1 << gap
    return fed & below


def transposed(same: Sequence[Bits]) -> list[Bits]:
    """The same edges seen from above: who waits for each."""
    downstream = [0] * len(same)
    for down, ups in enumerate(same):
        for up in bits(ups):
            downstream[up] |= 1 << down
    return downstream


def _through(upstream: Upstream, absent: Bits) -> tuple[dict[int, Bits], dict[int, Crossing]]:
    """For each absent task, what is reached through it: on the same date, and over one cross-date edge."""
    through: dict[int, Bits] = {}
    crossed: dict[int, Crossing] = {}
    for task in bits(absent):
        gone = upstream.same[task] & absent
        through[task] = upstream.same[task] & ~absent
        crossed[task] = dict(upstream.cross[task])
        for gap in bits(gone):
            through[task] |= through[gap]
            crossed[task] = merged(crossed[task], crossed[gap])
    return through, crossed


class _Walk:
    """One bridging over what is not selected."""

    def __init__(self, catalog: Catalog, order: Sequence[Task], selected: frozenset[TaskId]) -> None:
        self.order, self.selected = order, selected
        self.tasks = [task for task in order if task.id in selected]
        self.bit = {task.id: 1 << number for number, task in enumerate(self.tasks)}
        self.fed = catalog.graph.descendants(*selected)
        self.through: dict[TaskId, Bits] = {}
        self.crossed: dict[TaskId, Crossing] = {}
        self.second: dict[TaskId, TaskId | None] = {}
        self.ends: dict[TaskId, TaskId | None] = {}
        self._climb()

    def result(self) -> Bridged:
        return Bridged(
            Upstream(
                same=tuple(self.through[task.id] for task in self.tasks),
                cross=tuple(self.crossed[task.id] for task in self.tasks),
                own=tuple(
                    frozenset(need.cycle for need in task.depends_on if need.task == task.id) for task in self.tasks
                ),
            ),
            self._passed(),
            tuple((task.id, end) for task in self.tasks if (end := self.ends[task.id]) is not None),
        )

    def _climb(self) -> None:
        """Upstream first: what each task reaches through tasks that are not selected."""
        for task in self.order:
            reached: Bits = 0
            for need in task.depends_on:
                if need.cycle == SAME:
                    reached |= self.bit.get(need.task) or self.through[need.task]
            self.through[task.id] = reached
            self.second[task.id] = self._second_crossing(task)
        for task in self.order:
            self.crossed[task.id], self.ends[task.id] = self._cross(task)

    def _second_crossing(self, task: Task) -> TaskId | None:
        """A task, this one or one it passes through on the same date, with a cross-date edge that leads to the plan."""
        for need in task.depends_on:
            if need.cycle != SAME and need.task != task.id and need.task in self.fed:
                return task.id
            if need.cycle == SAME and need.task not in self.selected and self.second[need.task] is not None:
                return self.second[need.task]
        return None

    def _cross(self, task: Task) -> tuple[Crossing, TaskId | None]:
        """Cross-date edges of the task and of what it passes through on the same date, less its own to itself."""
        found: Crossing = {}
        end: TaskId | None = None
        for need in task.depends_on:
            chosen = need.task in self.selected
            if need.cycle != SAME and need.task != task.id:
                found = merged(found, {need.cycle: self.bit.get(need.task) or self.through[need.task]})
                end = end or (None if chosen else self.second[need.task])
            elif need.cycle == SAME and not chosen:
                found = merged(found, self.crossed[need.task])
                end = end or self.ends[need.task]
        return {kind: reached for kind, reached in found.items() if reached}, end

    def _passed(self) -> frozenset[TaskId]:
        """Tasks inside a bridge: something of the plan below, something above, at most one cross-date edge."""
        before, past = self._below(), set[TaskId]()
        for task in reversed(self.order):
            if task.id in before:
                past.update(n.task for n in task.depends_on if n.cycle != SAME and n.task != task.id)
        past -= self.selected
        for task in reversed(self.order):
            if task.id in past:
                past.update(n.task for n in task.depends_on if n.cycle == SAME and n.task not in self.selected)
        before -= self.selected
        return frozenset(
            {task for task in before if self.through[task] or self.crossed[task]}
            | {task for task in past if self.through[task]}
        )

    def _below(self) -> set[TaskId]:
        """The plan's tasks and what they reach upwards on the same date through tasks that are not selected."""
        reached = set(self.selected)
        for task in reversed(self.order):
            if task.id in reached:
                reached.update(n.task for n in task.depends_on if n.cycle == SAME and n.task not in self.selected)
        return reached
