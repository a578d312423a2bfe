"""A graph of anything, and the same without loops."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

N = TypeVar("N", bound=Hashable)


class Graph(Generic[N]):
    """Who is upstream of whom; loops are allowed. Built from `{node: its upstream nodes}` naming every node.

    >>> chain = Graph({"load": ["clean"], "clean": ["extract"], "extract": []})
    >>> sorted(chain.descendants("clean"))
    ['clean', 'load']
    """

    def __init__(self, upstream: Mapping[N, Iterable[N]]) -> None:
        self.upstream: dict[N, tuple[N, ...]] = {node: tuple(dict.fromkeys(ups)) for node, ups in upstream.items()}
        downstream: dict[N, list[N]] = {node: [] for node in self.upstream}
        for node, ups in self.upstream.items():
            for up in ups:
                downstream[up].append(node)
        self.downstream: dict[N, tuple[N, ...]] = {node: tuple(downs) for node, downs in downstream.items()}

    def ancestors(self, *nodes: N) -> frozenset[N]:
        """The nodes and all upstream of them."""
        return _reach(self.upstream, nodes)

    def descendants(self, *nodes: N) -> frozenset[N]:
        """The nodes and all downstream of them."""
        return _reach(self.downstream, nodes)


class Dag(Graph[N]):
    """A graph without loops; `ordered` names every upstream node first, ties in the order given."""

    def roots(self) -> list[N]:
        """The nodes without upstream, in the order given."""
        return [node for node, ups in self.upstream.items() if not ups]

    def ordered(self) -> list[N]:
        """Topological order; ties keep the order given.

        >>> Dag({"b": [], "a": ["c"], "c": []}).ordered()
        ['b', 'c', 'a']
        """
        position = {node: number for number, node in enumerate(self.upstream)}
        unmet = {node: len(ups) for node, ups in self.upstream.items()}
        ready = [position[node] for node in self.roots()]
        heapify(ready)
        nodes = list(self.upstream)
        result = []
        while ready:
            node = nodes[heappop(ready)]
            result.append(node)
            for down in self.downstream[node]:
                unmet[down] -= 1
                if not unmet[down]:
                    heappush(ready, position[down])
        return result


def find_loop(upstream: Mapping[N, Iterable[N]]) -> list[N] | None:
    """One ring of nodes that wait for each other, first node repeated at the end, in upstream-first order; or None.

    >>> find_loop({"a": ["b"], "b": ["a"]})
    ['a', 'b', 'a']
    >>> find_loop({"a": ["b"], "b": []}) is None
    True
    """
    done: set[N] = set()
    for start in upstream:
        path: list[N] = []
        on_path: set[N] = set()
        stack = [(start, iter(upstream[start]))] if start not in done else []
        while stack:
            node, ups = stack[-1]
            if node not in on_path:
                path.append(node)
                on_path.add(node)
            for up in ups:
                if up in on_path:
                    return [up, *reversed(path[path.index(up) :])]
                if up not in done:
                    stack.append((up, iter(upstream[up])))
                    break
            else:
                done.add(node)
                on_path.discard(node)
                path.pop()
                stack.pop()
    return None


def _reach(neighbours: Mapping[N, tuple[N, ...]], nodes: Iterable[N]) -> frozenset[N]:
    seen = set(nodes)
    stack = list(seen)
    while stack:
        for neighbour in neighbours[stack.pop()]:
            if neighbour not in seen:
                seen.add(neighbour)
                stack.append(neighbour)
    return frozenset(seen)
