"""Where the boxes and lines of a graph go: layers left to right, then the parts that hang together side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from math import floor, sqrt

from backfilld.interfaces.pictures.layers import Pair, layers, parts
from backfilld.interfaces.pictures.places import heights
from backfilld.interfaces.pictures.rows import Threads, rows, threaded

SHAPE = 1.6
"""Parts are put side by side until the whole is about so much wider than high."""
Point = tuple[int, int]
Route = tuple[Point, ...]


class Hold(Enum):
    """Whether a link decides on layers."""

    FIRM = auto()
    """It leads to a later layer. Firm links have no loop."""
    SOFT = auto()
    """It does where it lies on no loop."""
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Link:
    """From one box to another, both by number."""

    up: int
    down: int
    hold: Hold


@dataclass(frozen=True, slots=True)
class Room:
    """The size of a box, and the least distance between layers, between boxes of a layer, and beside a line; pixels."""

    width: int
    height: int
    across: int
    between: int
    line: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Pixels from the upper left: `corners` has the upper left corner of each box, `routes` a line for each link.

    A route has the point where it leaves the upstream box, the points where it enters and leaves each layer that it
    passes, and where it meets the downstream box. It leaves to the right and meets from the left; against the flow the
    other way round; within a layer it is on the right of both. A box's link to itself has no points.
    """

    width: int
    height: int
    corners: tuple[Point, ...]
    routes: tuple[Route, ...]


def arranged(count: int, links: Sequence[Link], room: Room) -> Layout:
    """The layout of boxes numbered from 0 to `count`; the same input, the same layout."""
    nodes = parts(count, [(link.up, link.down) for link in links])
    part_of = {node: number for number, part in enumerate(nodes) for node in part}
    within: list[list[int]] = [[] for _ in nodes]
    for number, link in enumerate(links):
        within[part_of[link.up]].append(number)
    drawn = [_Part(part, numbers, links, room) for part, numbers in zip(nodes, within, strict=True)]
    drawn.sort(key=lambda part: -part.height)
    corners: list[Point] = [(0, 0)] * count
    routes: list[Route] = [()] * len(links)
    shifts = list(_packed([(part.width, part.height) for part in drawn], room))
    for part, shift in zip(drawn, shifts, strict=True):
        for node, corner in zip(part.nodes, part.corners(), strict=True):
            corners[node] = _moved(corner, shift)
        for number, route in zip(part.numbers, part.routes(), strict=True):
            routes[number] = tuple(_moved(point, shift) for point in route)
    width = max((x + part.width for part, (x, _) in zip(drawn, shifts, strict=True)), default=0)
    height = max((y + part.height for part, (_, y) in zip(drawn, shifts, strict=True)), default=0)
    return Layout(width, height, tuple(corners), tuple(routes))


class _Part:
    """Boxes that hang together, in pixels of their own."""

    def __init__(self, nodes: Sequence[int], numbers: Sequence[int], links: Sequence[Link], room: Room) -> None:
        self.nodes, self.numbers, self.room = nodes, numbers, room
        local = {node: number for number, node in enumerate(nodes)}
        self.pairs = [(local[links[number].up], local[links[number].down]) for number in numbers]
        self.graph = self._graph([links[number].hold for number in numbers])
        middles = heights(self.graph, rows(self.graph), len(nodes), self._apart)
        top = min(middle - self._half(node) for node, middle in enumerate(middles))
        self.middle = [floor(middle - top + 0.5) for middle in middles]
        self.height = max(middle + self._half(node) for node, middle in enumerate(self.middle))
        self.width = self._left(max(self.graph.layer)) + room.width

    def corners(self) -> Iterator[Point]:
        """The upper left corner of each box."""
        for node in range(len(self.nodes)):
            yield self._left(self.graph.layer[node]), self.middle[node] - self._half(node)

    def routes(self) -> Iterator[Route]:
        """The line of each link."""
        for (up, down), thread in zip(self.pairs, self.graph.threads, strict=True):
            if thread:
                route = self._along(thread)
                yield route if thread[0] == up else route[::-1]
            else:
                yield () if up == down else (self._leaving(up), self._leaving(down))

    def _graph(self, holds: Sequence[Hold]) -> Threads:
        by_hold: dict[Hold, list[Pair]] = {hold: [] for hold in Hold}
        for pair, hold in zip(self.pairs, holds, strict=True):
            if pair[0] != pair[1]:
                by_hold[hold].append(pair)
        return threaded(layers(len(self.nodes), by_hold[Hold.FIRM], by_hold[Hold.SOFT]), self.pairs, holds)

    def _along(self, thread: Sequence[int]) -> Route:
        first, *points, last = thread
        between = [place for point in points for place in (self._entering(point), self._leaving(point))]
        return (self._leaving(first), *between, self._entering(last))

    def _entering(self, node: int) -> Point:
        return self._left(self.graph.layer[node]), self.middle[node]

    def _leaving(self, node: int) -> Point:
        return self._left(self.graph.layer[node]) + self.room.width, self.middle[node]

    def _left(self, layer: int) -> int:
        return layer * (self.room.width + self.room.across)

    def _half(self, node: int) -> int:
        return self.room.height // 2 if node < len(self.nodes) else self.room.line // 2

    def _apart(self, one: int, other: int) -> int:
        boxes = (one < len(self.nodes)) + (other < len(self.nodes))
        return self._half(one) + self._half(other) + (self.room.between if boxes == 2 else self.room.line)


def _packed(sizes: Sequence[tuple[int, int]], room: Room) -> Iterator[Point]:
    """Where each part goes: in shelves, beside what is not much higher."""
    area = sum((width + room.across) * (height + room.between) for width, height in sizes)
    wide = max(sqrt(SHAPE * area), max((width for width, _ in sizes), default=0))
    x = y = shelf = 0
    for width, height in sizes:
        if x and (x + width > wide or 2 * height < shelf):
            x, y, shelf = 0, y + shelf + room.between, 0
        yield x, y
        x, shelf = x + width + room.across, max(shelf, height)


def _moved(point: Point, by: Point) -> Point:
    return point[0] + by[0], point[1] + by[1]
