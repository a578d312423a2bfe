"""Instances that wait for each other: they can only do so within one date, and only where tasks do (spec 4.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from backfilld.catalog.models import Previous, Task
from backfilld.errors import DependencyLoop
from backfilld.planning.draft import Draft
from backfilld.planning.expansion import LoopOnDate
from backfilld.planning.templates import edges_of


def refuse_loops(draft: Draft) -> None:
    """Raise `DependencyLoop` with a ring of instances, if there is one.

    A ring has to come back to the cycle where it began. Along `previous` it goes to an earlier one; so where every ring
    of tasks has such an edge, and the others in it never go to a later cycle, no instances need be made.
    """
    edges = list(edges_of(draft.bridged.upstream))
    between = [(up, down) for up, down, kind in edges if up != down or not isinstance(kind, Previous)]
    if all(up < down for up, down in between):
        return
    others = [(up, down) for up, down, kind in edges if not isinstance(kind, Previous)]
    ring, unbroken = sum(1 << task for task in on_rings(between)), on_rings(others)
    for pattern in range(len(draft.templates.calendar.patterns)) if ring else ():
        if unbroken or draft.templates.goes_back(pattern, ring):
            _refuse_loop(draft, pattern)


def on_rings(edges: Sequence[tuple[int, int]]) -> frozenset[int]:
    """The nodes of (up, down) edges on rings, and those on paths between rings.

    >>> sorted(on_rings([(0, 1), (1, 2), (2, 1), (2, 3)]))
    [1, 2]
    """
    waiting = _without_ends(edges)
    return _without_ends([(down, up) for up, down in edges if up in waiting and down in waiting])


def _without_ends(edges: Sequence[tuple[int, int]]) -> frozenset[int]:
    """What is left when nodes that wait for nothing are taken away, again and again."""
    unmet = Counter(down for _, down in edges)
    downstream: dict[int, list[int]] = {}
    for up, down in edges:
        downstream.setdefault(up, []).append(down)
    free = [node for node in downstream if not unmet[node]]
    while free:
        for down in downstream.get(free.pop(), ()):
            unmet[down] -= 1
            if not unmet[down]:
                free.append(down)
    return frozenset(node for node, count in unmet.items() if count)


def _refuse_loop(draft: Draft, pattern: int) -> None:
    try:
        draft.templates.build(pattern)
    except LoopOnDate as loop:
        raise DependencyLoop([_at(draft.tasks[task], second) for task, second in loop.path]) from None


def _at(task: Task, second: int) -> str:
    sign, (minutes, seconds) = ("-" if second < 0 else "+"), divmod(abs(second), 60)
    return f"{task.name}@{sign}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
