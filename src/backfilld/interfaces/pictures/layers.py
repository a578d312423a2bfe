"""Layers of a graph, left to right by longest path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backfilld.graph import Dag, Graph

Pair = tuple[int, int]
"""(upstream, downstream)"""


def layers(count: int, firm: Sequence[Pair], soft: Sequence[Pair]) -> list[int]:
    """The layer of each of `count` nodes, from 0: every firm pair leads to a later layer, and firm pairs have no loop.

    Soft pairs do so where they lie on no loop. What has nothing upstream stands right before the first that needs it.

    >>> layers(4, [(0, 1), (1, 2), (3, 2)], [(2, 0)])
    [0, 1, 2, 1]
    """
    loops = _on_loops(count, [*firm, *soft])
    kept = [*firm, *((up, down) for up, down in soft if not {up, down} <= loops)]
    graph = Dag(_upstream(count, kept))
    layer = [0] * count
    for node in graph.ordered():
        layer[node] = max((layer[up] + 1 for up in graph.upstream[node]), default=0)
    for node in graph.roots():
        layer[node] = min((layer[down] for down in graph.downstream[node]), default=1) - 1
    return layer


def parts(count: int, pairs: Sequence[Pair]) -> list[list[int]]:
    """The nodes of each connected part, ascending.

    >>> parts(4, [(3, 1)])
    [[0], [1, 3], [2]]
    """
    graph = Graph(_upstream(count, [*pairs, *((down, up) for up, down in pairs)]))
    seen: set[int] = set()
    found = []
    for node in range(count):
        if node not in seen:
            found.append(sorted(graph.descendants(node)))
            seen.update(found[-1])
    return found


def _on_loops(count: int, pairs: Sequence[Pair]) -> set[int]:
    """The nodes that lie on a loop, or between two: neither order, from above or from below, gets to them."""
    from_above = Dag(_upstream(count, pairs)).ordered()
    from_below = Dag(_upstream(count, [(down, up) for up, down in pairs])).ordered()
    return set(range(count)).difference(from_above, from_below)


def _upstream(count: int, pairs: Iterable[Pair]) -> dict[int, list[int]]:
    upstream: dict[int, list[int]] = {node: [] for node in range(count)}
    for up, down in pairs:
        upstream[down].append(up)
    return upstream
