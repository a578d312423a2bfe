"""How high each node of a layer stands: as near to its neighbours as order and distance allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

from backfilld.interfaces.pictures.rows import Rows, Threads

ROUNDS = 8
STRAIGHT = 8.0
"""How much more a line through two layers or more pulls than a box: long lines are drawn straight."""
IDLE_PULL = 0.05
"""Who has no neighbour stays where it is, but gives way."""
Apart = Callable[[int, int], float]
"""The least distance of the middles of two nodes that stand one above the other."""


def heights(graph: Threads, order: Rows, boxes: int, apart: Apart) -> list[float]:
    """The middle of each node; the first `boxes` nodes are boxes, the rest points."""
    y = [0.0] * len(graph.layer)
    gaps = [[apart(one, other) for one, other in pairwise(row)] for row in order]
    for row, distances in zip(order, gaps, strict=True):
        for node, place in zip(row, accumulate(distances, initial=-sum(distances) / 2), strict=True):
            y[node] = place
    both = [[*left, *right] for left, right in zip(graph.left, graph.right, strict=True)]
    ways = [graph.left, graph.right] * ROUNDS + [both] * 4
    for turn, beside in enumerate(ways):
        for number in range(len(order)) if turn % 2 == 0 else reversed(range(len(order))):
            _settle_row(order[number], gaps[number], beside, boxes, y)
    return y


def settle(wanted: Sequence[float], pull: Sequence[float], distances: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones (least squares, by pull) that keep the order and these distances.

    Taking the distances off leaves isotonic regression, solved by pooling neighbours that would overlap.

    >>> settle([5, 5], [1, 1], [4]), settle([0, 9], [1, 1], [4])
    ([3.0, 7.0], [0.0, 9.0])
    """
    offsets = list(accumulate(distances, initial=0.0))[: len(wanted)]
    pools: list[tuple[float, float, int]] = []
    for place, weight, offset in zip(wanted, pull, offsets, strict=True):
        pools.append(((place - offset) * weight, weight, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            last, before = pools.pop(), pools.pop()
            pools.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    means = (mean for total, weight, size in pools for mean in [total / weight] * size)
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _settle_row(
    row: Sequence[int], distances: Sequence[float], beside: Sequence[Sequence[int]], boxes: int, y: list[float]
) -> None:
    wanted, pulls = [], []
    for node in row:
        pull = [STRAIGHT if node >= boxes and other >= boxes else 1.0 for other in beside[node]]
        total = sum(pull)
        pulls.append(total or IDLE_PULL)
        wanted.append(
            sum(p * y[other] for p, other in zip(pull, beside[node], strict=True)) / total if pull else y[node]
        )
    for node, place in zip(row, settle(wanted, pulls, distances), strict=True):
        y[node] = place
