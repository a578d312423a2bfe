"""A plan for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backfilld.interfaces.pictures.layout import Hold
from backfilld.interfaces.pictures.marks import AMBER, BLUE, EDGE, LINE, PALE, QUIET
from backfilld.interfaces.pictures.reading import Kind, Standing, View, printable, task_graph
from backfilld.interfaces.pictures.task_panel import links

BOXES: Mapping[Standing, str] = {
    Standing.ROOT: f'fillcolor="{BLUE}", color="{BLUE}", fontcolor="#ffffff"',
    Standing.SELECTED: f'fillcolor="{PALE}", color="{BLUE}"',
    Standing.IDLE: f'color="{BLUE}"',
    Standing.BRIDGED: f'style="rounded,dashed", color="{QUIET}", fontcolor="{QUIET}"',
    Standing.LEFT_OUT: f'style="rounded", color="{LINE}", fontcolor="{QUIET}"',
}
ARROWS: Mapping[Kind, str] = {
    Kind.SAME: f'color="{EDGE}"',
    Kind.CROSS: f'style="dashed", color="{AMBER}", fontcolor="{AMBER}"',
    Kind.PASSED: f'style="dotted", color="{LINE}"',
}


def plan_dot(view: View) -> str:
    """A digraph in Graphviz' language; its nodes are the tasks' names. The same view, the same text."""
    return "".join(f"{line}\n" for line in _lines(view))


def quoted(text: str) -> str:
    r"""The text as a quoted string: a backslash and a quote lose their meaning.

    >>> print(quoted('say "hi" \\N'))
    "say \"hi\" \\N"
    """
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def label(*lines: str) -> str:
    r"""Lines as a label; Graphviz reads entities of HTML in it.

    >>> print(label("a&lt;b", "root"))
    "a&amp;lt;b\nroot"
    """
    return '"' + r"\n".join(quoted(line.replace("&", "&amp;"))[1:-1] for line in lines) + '"'


def _lines(view: View) -> Iterator[str]:
    graph = task_graph(view)
    yield "digraph plan {"
    yield '  rankdir=LR; node [shape=box, style="rounded,filled", fillcolor="#ffffff"];'
    for box in graph.boxes:
        said = f"label={label(box.name, box.note)}, tooltip={label(box.name, *box.facts)}"
        yield f"  {quoted(box.name)} [{said}, {BOXES[box.standing]}];"
    for arrow, link in zip(graph.arrows, links(graph), strict=True):
        up, down = quoted(graph.boxes[arrow.up].name), quoted(graph.boxes[arrow.down].name)
        said = f"label={label(arrow.label)}, " if arrow.label else ""
        free = ", constraint=false" if link.hold is Hold.NONE else ""
        yield f"  {up} -> {down} [{said}{ARROWS[arrow.kind]}{free}];"
    yield "}"
