"""Arrows: smooth lines along their routes, with a word where they reach across business dates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import svg

from backfilld.interfaces.pictures.layout import Layout, Point, Room, Route
from backfilld.interfaces.pictures.marks import title, words
from backfilld.interfaces.pictures.reading import Arrow, Kind, TaskGraph

BULGE = 0.7
"""How far an arrow within a layer goes aside, as a share of the way to the next layer."""
OWN = 20
"""How wide an arrow from a box to itself is."""
Path = Iterator[svg.PathData]


def arrows_drawn(graph: TaskGraph, layout: Layout, room: Room, *, labelled: bool) -> list[svg.Element]:
    """Every arrow of the graph along its route; lines that share a way are drawn once there."""
    lines, labels = list[svg.Element](), list[svg.Element]()
    there: set[tuple[Kind, Point, Point]] = set()
    for arrow, route in zip(graph.arrows, _routes(graph, layout, room), strict=True):
        steps = [(arrow.kind, *step) for step in pairwise(route)]
        new = next((number for number, step in enumerate(steps) if step not in there), 0)
        there.update(steps)
        path = _smooth(route[new:], room) if steps else _loop(route[0], room)
        lines.append(svg.Path(d=list(path), class_=[arrow.kind.value], elements=[title(_said(graph, arrow))]))
        if labelled and arrow.label:
            labels.append(_label(arrow.label, route, room))
    return [*lines, *labels]


def _routes(graph: TaskGraph, layout: Layout, room: Room) -> Iterator[Route]:
    """Across dates a little lower: between the same two boxes there may be an edge within the date.

    An arrow from a box to itself has the box's upper right corner for a route.
    """
    for arrow, route in zip(graph.arrows, layout.routes, strict=True):
        if not route:
            x, y = layout.corners[arrow.up]
            yield ((x + room.width, y),)
        elif arrow.kind is Kind.CROSS:
            yield (_lower(route[0], room), *route[1:-1], _lower(route[-1], room))
        else:
            yield route


def _lower(point: Point, room: Room) -> Point:
    return point[0], point[1] + room.height // 4


def _said(graph: TaskGraph, arrow: Arrow) -> str:
    up, down = graph.boxes[arrow.up].name, graph.boxes[arrow.down].name
    if arrow.kind is Kind.PASSED:
        return f"in the catalog {down} depends on {up}"
    return f"{down} waits for {up}" + (f", {arrow.label}" if arrow.label else "")


def _smooth(route: Route, room: Room) -> Path:
    """Curves between layers, straight through layers; level where they meet."""
    yield svg.M(*route[0])
    for number, ((x, y), (to_x, to_y)) in enumerate(pairwise(route)):
        if number % 2:
            yield svg.H(to_x)
        elif x == to_x:
            yield svg.C(x + _bulge(room), y, x + _bulge(room), to_y, to_x, to_y)
        else:
            yield svg.C((x + to_x) // 2, y, (x + to_x) // 2, to_y, to_x, to_y)


def _loop(corner: Point, room: Room) -> Path:
    x, y = corner
    yield svg.M(x - OWN - 6, y)
    yield svg.C(x - OWN - 6, y - room.between, x - 6, y - room.between, x - 6, y)


def _bulge(room: Room) -> int:
    return round(room.across * BULGE)


def _label(text: str, route: Sequence[Point], room: Room) -> svg.Text:
    """In the middle of the way; beside an arrow from a box to itself."""
    if len(route) == 1:
        x, y = route[0]
        return words(x - OWN - 10, y - 4, text, "reach", "before")
    (x, y), (to_x, to_y) = route[len(route) // 2 - 1 : len(route) // 2 + 1]
    aside = _bulge(room) * 3 // 4 if x == to_x else 0
    return words((x + to_x) // 2 + aside, (y + to_y) // 2 + 3, text, "reach")
