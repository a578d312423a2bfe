"""Tasks x cycles of one date, with edges: the instances that dates of one pattern share (spec 4.5)."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import accumulate, chain, repeat

from backfilld.graph import find_loop
from backfilld.planning.bridging import Bits, bits
from backfilld.planning.calendar import DayCycles, latest_before

Spans = tuple[tuple[int, int], ...]
"""For each kept child cycle, the half-open range of kept parent cycles that it waits for."""
Kept = Sequence[tuple[int, tuple[int, ...]]]
"""By position of the task and ascending, the cycles of each task that has some."""


def parents_of(children: Sequence[int], parents: Sequence[int]) -> Spans:
    """Who waits for which cycle of the same date: the whole rule, over all cycles of both.

    >>> parents_of((0,), (0, 3600, 7200))       # a daily child waits for every hour
    ((0, 3),)
    >>> parents_of((0, 3600, 7200), (1800,))    # hourly children of a daily parent, due at half past zero
    ((0, 1), (0, 1), (0, 1))
    """
    if len(children) == len(parents):
        return tuple((number, number + 1) for number in range(len(children)))
    upto = [bisect_right(parents, child) for child in children]
    upto[-1] = len(parents)
    spans = []
    low = 0
    for high in upto:
        spans.append((low, high) if low < high else _nearest(high))
        low = high
    return tuple(spans)


def _nearest(upto: int) -> tuple[int, int]:
    """The latest parent among the first `upto`, else the first."""
    latest = max(upto - 1, 0)
    return latest, latest + 1


def same_spans(child: DayCycles, parent: DayCycles) -> Spans:
    """`parents_of` over all cycles; then pairs with a cycle outside the window are dropped."""
    before = parent.kept_before
    return tuple(
        (before[low], before[high])
        for number, (low, high) in enumerate(parents_of(child.every, parent.every))
        if child.kept_before[number] != child.kept_before[number + 1]
    )


def previous_spans(child: DayCycles, parent: DayCycles) -> Spans:
    """The latest kept parent cycle strictly before, where the date has one."""
    found = (latest_before(parent.kept, second) for second in child.kept)
    return tuple((last, last + 1) if last >= 0 else (0, 0) for last in found)


def all_spans(child: DayCycles, parent: DayCycles) -> Spans:
    """Every kept parent cycle."""
    return ((0, len(parent.kept)),) * len(child.kept)


@dataclass(frozen=True, slots=True)
class Join:
    """A task waits for another on the same date, cycle by cycle."""

    up: int
    down: int
    spans: Spans


class Layout:
    """All instances of a date, without their edges: ordinals run from 0, by task, then by cycle.

    `tasks` gives an ordinal's position in `Plan.tasks`, `cycles` its cycle time in seconds from midnight UTC of the
    business date.
    """

    __slots__ = ("_first", "_rank", "cycles", "size", "tasks")

    def __init__(self, kept: Kept) -> None:
        self._first = dict(
            zip((task for task, _ in kept), accumulate((len(c) for _, c in kept), initial=0), strict=False)
        )
        self.tasks = array("I", chain.from_iterable(repeat(task, len(cycles)) for task, cycles in kept))
        self.cycles = array("q", chain.from_iterable(cycles for _, cycles in kept))
        self.size = len(self.tasks)
        self._rank: dict[int, int] | None = None

    def placed(self, natural: Bits) -> Bits:
        """The ordinals of instances that are numbered by task, then by cycle."""
        return natural if self._rank is None else sum(1 << self._rank[number] for number in bits(natural))

    def natural(self, ordinals: Bits) -> Bits:
        """The way back: ordinals as numbers by task, then by cycle."""
        if self._rank is None:
            return ordinals
        return sum(1 << number for number, ordinal in self._rank.items() if ordinals >> ordinal & 1)

    def ordinals(self, task: int, start: int, stop: int) -> Sequence[int]:
        """The ordinals of a task's kept cycles `start` to `stop` (half-open)."""
        first = self._first[task]
        if self._rank is None:
            return range(first + start, first + stop)
        return [self._rank[number] for number in range(first + start, first + stop)]


class Template(Layout):
    """All instances of a date, shared by the dates that look alike. Ordinals run from 0 in topological order.

    Instances that wait for each other raise `LoopOnDate`.
    """

    __slots__ = ("_down", "_down_at", "_up", "_up_at")

    def __init__(self, kept: Kept, joins: Sequence[Join]) -> None:
        super().__init__(kept)
        upstream = self._upstream(joins)
        if any(ups and ups[-1] >= ordinal for ordinal, ups in enumerate(upstream)):
            upstream = self._reorder(upstream)
        self._link(upstream)

    def upstream(self, ordinal: int) -> Sequence[int]:
        """Ordinals of the same date that this one waits for, each once, ascending."""
        return self._up[self._up_at[ordinal] : self._up_at[ordinal + 1]]

    def downstream(self, ordinal: int) -> Sequence[int]:
        """Ordinals of the same date that wait for this one, each once, ascending."""
        return self._down[self._down_at[ordinal] : self._down_at[ordinal + 1]]

    def without(self, edges: Collection[tuple[int, int]]) -> Template:
        """The same instances, less these edges (up, down)."""
        result = copy(self)
        result._link([[up for up in self.upstream(down) if (up, down) not in edges] for down in range(self.size)])
        return result

    def unmet(self) -> array[int]:
        """How many ordinals of the same date each one waits for; a copy to count down in."""
        return array("I", [self._up_at[n + 1] - self._up_at[n] for n in range(self.size)])

    @property
    def edges(self) -> int:
        """How many pairs of instances of one date wait for each other."""
        return len(self._up)

    def _link(self, upstream: Sequence[Sequence[int]]) -> None:
        self._up_at, self._up = _packed(upstream)
        self._down_at, self._down = _packed(_reversed(upstream))

    def _upstream(self, joins: Sequence[Join]) -> list[list[int]]:
        result: list[list[int]] = [[] for _ in range(self.size)]
        sources = [0] * self.size
        for join in joins:
            up, down = self._first[join.up], self._first[join.down]
            for child, (low, high) in enumerate(join.spans, down):
                if low < high:
                    result[child].extend(range(up + low, up + high))
                    sources[child] += 1
        for child, count in enumerate(sources):
            if count > 1:
                result[child] = sorted(set(result[child]))
        return result

    def _reorder(self, upstream: list[list[int]]) -> list[list[int]]:
        """Instances in topological order, ties by task, then cycle: an edge to an earlier cycle points backwards."""
        rank = _topological(upstream)
        if len(rank) < self.size:
            loop = find_loop(dict(enumerate(upstream))) or []
            raise LoopOnDate([(self.tasks[number], self.cycles[number]) for number in loop])
        order = sorted(range(self.size), key=rank.__getitem__)
        self._rank = rank
        self.tasks = array("I", [self.tasks[number] for number in order])
        self.cycles = array("q", [self.cycles[number] for number in order])
        return [sorted(rank[up] for up in upstream[number]) for number in order]


class LoopOnDate(Exception):
    """Instances of one date wait for each other; `path` is the ring as (task, cycle) pairs."""

    def __init__(self, path: Sequence[tuple[int, int]]) -> None:
        super().__init__(path)
        self.path = tuple(path)


def _topological(upstream: Sequence[Sequence[int]]) -> dict[int, int]:
    """Number -> its place; fewer places than numbers where some wait for each other."""
    downstream = _reversed(upstream)
    unmet = [len(ups) for ups in upstream]
    ready = [number for number, count in enumerate(unmet) if not count]
    heapify(ready)
    rank: dict[int, int] = {}
    while ready:
        number = heappop(ready)
        rank[number] = len(rank)
        for down in downstream[number]:
            unmet[down] -= 1
            if not unmet[down]:
                heappush(ready, down)
    return rank


def _reversed(upstream: Sequence[Sequence[int]]) -> list[list[int]]:
    downstream: list[list[int]] = [[] for _ in upstream]
    for number, ups in enumerate(upstream):
        for up in ups:
            downstream[up].append(number)
    return downstream


def _packed(lists: Sequence[Sequence[int]]) -> tuple[array[int], array[int]]:
    """Many short lists as two arrays: where each begins, and all of them in a row."""
    begins = array("I", accumulate((len(each) for each in lists), initial=0))
    row: array[int] = array("I")
    for each in lists:
        row.extend(each)
    return begins, row
