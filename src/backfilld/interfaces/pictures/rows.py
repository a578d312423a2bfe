"""The order within layers: long lines are cut by points, then a few sweeps take crossings out."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from backfilld.interfaces.pictures.layers import Pair

SWEEPS = 12
Rows = list[list[int]]
"""The nodes of each layer, from top to bottom."""


@dataclass(frozen=True, slots=True)
class Threads:
    """A layered graph whose lines lead from one layer to the next: the nodes given, then points that cut long lines.

    `threads` has the nodes on the way of each pair given, left to right; none for two nodes of one layer.
    """

    layer: list[int]
    threads: list[tuple[int, ...]]
    left: list[list[int]]
    right: list[list[int]]
    """The neighbours of each node in the layer before, and in the layer behind."""


def threaded(layer: Sequence[int], pairs: Sequence[Pair], bundles: Sequence[Hashable]) -> Threads:
    """The pairs as threads, each from its left node to its right one, whichever is upstream.

    Threads of one bundle that start at the same node share the points that they pass, and part where they must.

    >>> threaded([0, 2, 3], [(1, 0), (0, 2)], "aa").threads
    [(0, 3, 1), (0, 3, 4, 2)]
    """
    at, points = list(layer), dict[Hashable, int]()
    threads = []
    for pair, bundle in zip(pairs, bundles, strict=True):
        first, last = sorted(pair, key=layer.__getitem__)
        thread = [first]
        for between in range(layer[first] + 1, layer[last]):
            thread.append(points.setdefault((first, bundle, between), len(at)))
            at += [between] * (thread[-1] == len(at))
        threads.append((*thread, last) if layer[first] < layer[last] else ())
    left: list[list[int]] = [[] for _ in at]
    right: list[list[int]] = [[] for _ in at]
    for one, other in dict.fromkeys(step for thread in threads for step in pairwise(thread)):
        right[one].append(other)
        left[other].append(one)
    return Threads(at, threads, left, right)


def rows(graph: Threads) -> Rows:
    """The layers in the order with the fewest crossings that the sweeps have met; the same graph, the same order."""
    best = now = _first_order(graph)
    fewest = crossings(graph, best)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        now = _swept(now, graph.left) if sweep % 2 == 0 else _swept(now[::-1], graph.right)[::-1]
        if (found := crossings(graph, now)) < fewest:
            best, fewest = now, found
    return best


def crossings(graph: Threads, order: Rows) -> int:
    """How many pairs of lines cross.

    >>> graph = threaded([0, 0, 1, 1], [(0, 3), (1, 2)], "aa")
    >>> crossings(graph, [[0, 1], [2, 3]]), crossings(graph, [[0, 1], [3, 2]])
    (1, 0)
    """
    place = {node: number for row in order for number, node in enumerate(row)}
    total = 0
    for row in order:
        ends: list[int] = []
        for node in row:
            new = sorted(place[other] for other in graph.right[node])
            total += sum(len(ends) - bisect_right(ends, end) for end in new)
            for end in new:
                insort(ends, end)
    return total


def _first_order(graph: Threads) -> Rows:
    """Depth first, so that what belongs together starts together."""
    order: Rows = [[] for _ in range(max(graph.layer, default=-1) + 1)]
    seen: set[int] = set()
    stack = sorted(range(len(graph.layer)), key=lambda node: (-graph.layer[node], -node))
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            order[graph.layer[node]].append(node)
            stack += reversed(graph.right[node])
    return order


def _swept(order: Rows, beside: Sequence[Sequence[int]]) -> Rows:
    """Each layer in turn by the middle of its neighbours in the one before it."""
    place: dict[int, int] = {}
    result = []
    for row in order:
        row = sorted(row, key=_middle(row, beside, place))
        place |= {node: number for number, node in enumerate(row)}
        result.append(row)
    return result


def _middle(row: list[int], beside: Sequence[Sequence[int]], place: dict[int, int]) -> Callable[[int], float]:
    """What has no neighbour there keeps its place."""
    own = {node: float(number) for number, node in enumerate(row)}
    for node in row:
        if found := beside[node]:
            own[node] = sum(place[other] for other in found) / len(found)
    return own.__getitem__
