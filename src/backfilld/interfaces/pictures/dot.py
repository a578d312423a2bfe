"""A plan for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backfilld.interfaces.pictures.reading import Kind, Standing, View, task_graph

BOXES: Mapping[Standing, str] = {
    Standing.ROOT: 'fillcolor="#1f56d6", color="#1f56d6", fontcolor="#ffffff"',
    Standing.SELECTED: 'fillcolor="#dbe7fd", color="#1f56d6"',
    Standing.IDLE: 'color="#1f56d6"',
    Standing.BRIDGED: 'style="rounded,dashed", color="#5b6472", fontcolor="#5b6472"',
    Standing.LEFT_OUT: 'style="rounded", color="#9aa4b2", fontcolor="#5b6472"',
}
ARROWS: Mapping[Kind, str] = {
    Kind.SAME: 'color="#64748b"',
    Kind.CROSS: 'style="dashed", color="#b45309", fontcolor="#b45309", constraint=false',
    Kind.PASSED: 'style="dotted", color="#9aa4b2"',
}


def plan_dot(view: View) -> str:
    """A digraph in Graphviz' language; its nodes are the tasks' names. The same view, the same text."""
    return "".join(f"{line}\n" for line in _lines(view))


def quoted(text: str) -> str:
    r"""The text as a quoted string: a backslash and a quote lose their meaning.

    >>> print(quoted('say "hi" \\N'))
    "say \"hi\" \\N"
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


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
    for arrow in graph.arrows:
        up, down = quoted(graph.boxes[arrow.up].name), quoted(graph.boxes[arrow.down].name)
        said = f"label={label(arrow.label)}, " if arrow.label else ""
        yield f"  {up} -> {down} [{said}{ARROWS[arrow.kind]}];"
    yield "}"
