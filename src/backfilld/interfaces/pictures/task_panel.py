"""The tasks of a plan as boxes and arrows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import svg

from backfilld.interfaces.pictures.arrows import arrows_drawn
from backfilld.interfaces.pictures.layout import Hold, Link, Point, Room, arranged
from backfilld.interfaces.pictures.marks import LETTER, NOTE, Panel, columns, legend, shortened, title, words
from backfilld.interfaces.pictures.reading import Arrow, Box, Kind, Standing, TaskGraph

PAD = 8
MEANINGS: dict[Standing | Kind, str] = {
    Standing.ROOT: "root",
    Standing.SELECTED: "runs",
    Standing.IDLE: "selected, no instance",
    Standing.BRIDGED: "passed through, does not run",
    Standing.LEFT_OUT: "left out",
    Kind.SAME: "waits for, on the same business date",
    Kind.CROSS: "waits for earlier cycles",
    Kind.PASSED: "edge of the catalog, not of the plan",
}


@dataclass(frozen=True, slots=True)
class Scale:
    """How large boxes are drawn."""

    font: float
    height: int
    most: int
    """The columns of the longest name that is written out."""
    across: int
    between: int
    line: int
    stroke: float
    noted: bool
    """Whether there is room for notes and labels."""


SCALES = (
    (60, Scale(12, 38, 36, 64, 18, 12, 1.3, noted=True)),
    (250, Scale(10, 20, 40, 56, 8, 6, 1, noted=False)),
)
SMALL = Scale(7.5, 12, 44, 48, 4, 4, 0.6, noted=False)


def task_panel(graph: TaskGraph) -> Panel:
    """The picture of the tasks; every box and arrow says more beside the pointer."""
    scale = next((scale for most, scale in SCALES if len(graph.boxes) <= most), SMALL)
    room = Room(_width(graph.boxes, scale), scale.height, scale.across, scale.between, scale.line)
    layout = arranged(len(graph.boxes), links(graph), room)
    boxes = [_box(box, corner, room, scale) for box, corner in zip(graph.boxes, layout.corners, strict=True)]
    arrows = arrows_drawn(graph, layout, room, labelled=scale.noted)
    drawn = svg.G(
        transform=[svg.Translate(0, room.between)],  # a box's arrow to itself stands above it
        stroke_width=scale.stroke,
        elements=[*arrows, *boxes],
    )
    return Panel(layout.width + room.across, layout.height + room.between, [drawn])


def task_legend(graph: TaskGraph, width: int) -> Panel:
    """What the boxes and arrows of this picture mean."""
    used = {box.standing for box in graph.boxes} | {arrow.kind for arrow in graph.arrows}
    return legend([(_sample(what), meaning) for what, meaning in MEANINGS.items() if what in used], 26, width)


def links(graph: TaskGraph) -> list[Link]:
    """What the layout needs of the arrows.

    The plan's edges within a date decide on layers. Other edges may go round in a loop: they only say where a task
    stands that nothing else places.
    """
    placed = {arrow.down for arrow in graph.arrows if arrow.kind is Kind.SAME}
    return [Link(arrow.up, arrow.down, _hold(arrow, placed=arrow.down in placed)) for arrow in graph.arrows]


def _hold(arrow: Arrow, *, placed: bool) -> Hold:
    if arrow.kind is Kind.SAME:
        return Hold.FIRM
    return Hold.SOFT if arrow.kind is Kind.PASSED or not placed else Hold.NONE


def _width(boxes: Sequence[Box], scale: Scale) -> int:
    """Even, wide enough for the longest text that is written out."""
    texts = [columns(box.name) * scale.font for box in boxes]
    texts += [columns(box.note) * NOTE for box in boxes if scale.noted]
    letters = min(max(texts, default=0), scale.most * scale.font)
    return 2 * (PAD + ceil(letters * LETTER / 2))


def _box(box: Box, corner: Point, room: Room, scale: Scale) -> svg.G:
    x, y = corner
    name = words(
        x + PAD, y + (16 if scale.noted else round(room.height * 0.72)), shortened(box.name, scale.most), "name"
    )
    name.style = f"font-size:{scale.font}px"
    elements: list[svg.Element] = [
        title(box.name, *box.facts),
        svg.Rect(x=x, y=y, width=room.width, height=room.height, rx=min(5, room.height // 4)),
        name,
    ]
    if scale.noted:
        note = shortened(box.note, int((room.width - 2 * PAD) / LETTER / NOTE))
        elements.append(words(x + PAD, y + 30, note, "note"))
    return svg.G(class_=["task", box.standing.value], elements=elements)


def _sample(what: Standing | Kind) -> svg.Element:
    if isinstance(what, Kind):
        return svg.Line(x1=0, y1=8, x2=26, y2=8, class_=[what.value])
    return svg.G(class_=[what.value], elements=[svg.Rect(x=1, y=1.5, width=24, height=12, rx=3)])
