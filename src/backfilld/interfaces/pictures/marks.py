"""What all panels are drawn with: colours, the style sheet, text that is safe to draw, and boxes of a known size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import combining, east_asian_width

import svg

from backfilld.interfaces.pictures.reading import printable

INK, QUIET, FAINT = "#111827", "#5b6472", "#eceff3"
LINE, HATCH, EDGE = "#9aa4b2", "#c3cad4", "#64748b"
BLUE, PALE, AMBER, RED = "#1f56d6", "#dbe7fd", "#b45309", "#b91c1c"
SHADES = ("#cfe0fc", "#9dc0f8", "#6496ee", "#2f68d8", "#163f94")
"""From few to many: one hue, so that lightness alone tells them apart."""
NOTE = 10
"""The size of the letters below a name."""
LETTER = 0.61
"""The width of a letter of the names' font, in font sizes."""
SHADE_RULES = " ".join(f".shade{number} {{ fill: {shade}; }}" for number, shade in enumerate(SHADES))
PLAIN_LETTER = 6.3
"""The width of a letter of plain text, about; pixels."""
STYLE = f"""
.plan {{ font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: {INK}; }}
.title {{ font-size: 17px; font-weight: 600; }} .head {{ font-size: 13px; font-weight: 600; }}
.quiet {{ fill: {QUIET}; }} .error {{ fill: {RED}; }} .warning {{ fill: {AMBER}; }} .info {{ fill: {QUIET}; }}
.name {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }}
.root rect {{ fill: {BLUE}; stroke: {BLUE}; }} .root text {{ fill: #fff; }}
.selected rect {{ fill: {PALE}; stroke: {BLUE}; }}
.idle rect {{ fill: #fff; stroke: {BLUE}; }}
.bridged rect {{ fill: #fff; stroke: {QUIET}; stroke-dasharray: 4 3; }} .bridged text {{ fill: {QUIET}; }}
.left_out rect {{ fill: #fff; stroke: {LINE}; }} .left_out text {{ fill: {QUIET}; }}
.left_out .name {{ text-decoration: line-through; }}
.same, .cross, .passed {{ fill: none; }}
.same {{ stroke: {EDGE}; marker-end: url(#backfilld-same); }}
.cross {{ stroke: {AMBER}; stroke-dasharray: 5 3; marker-end: url(#backfilld-cross); }}
.passed {{ stroke: {LINE}; stroke-dasharray: 2 3; marker-end: url(#backfilld-passed); }}
.reach {{ font-size: 10px; fill: {AMBER}; stroke: #fff; stroke-width: 3px; paint-order: stroke;
  text-anchor: middle; }} .before {{ text-anchor: end; }}
{SHADE_RULES}
.some {{ fill: {AMBER}; stroke: #fff; stroke-width: 0.5px; }}
.faint {{ fill: {FAINT}; }} .number {{ font-size: 10px; text-anchor: middle; }} .upon {{ fill: #fff; }}
.closed {{ fill: url(#backfilld-closed); stroke: {HATCH}; }} .none {{ fill: #fff; stroke: {BLUE}; }}
.small {{ font-size: 10px; }} .note {{ font-size: {NOTE}px; }}
"""


@dataclass(frozen=True, slots=True)
class Panel:
    """Elements within a size in pixels, from the upper left."""

    width: int
    height: int
    elements: Sequence[svg.Element]

    def at(self, x: int, y: int) -> svg.G:
        """The panel with its upper left corner there."""
        return svg.G(transform=[svg.Translate(x, y)], elements=list(self.elements))


def below(panels: Sequence[Panel], gap: int) -> Panel:
    """The panels one below the other."""
    y, placed = 0, []
    for panel in panels:
        placed.append(panel.at(0, y))
        y += panel.height + gap
    return Panel(max((panel.width for panel in panels), default=0), max(0, y - gap), placed)


def legend(keys: Sequence[tuple[svg.Element, str]], sample: int, width: int) -> Panel:
    """Samples that are so wide and 14 pixels high, each with its meaning beside it, in lines of about that width."""
    x, y, elements = 0, 0, list[svg.Element]()
    for drawn, meaning in keys:
        wide = sample + 24 + round(columns(meaning) * PLAIN_LETTER)
        if x and x + wide > width:
            x, y = 0, y + 20
        elements.append(
            svg.G(transform=[svg.Translate(x, y)], elements=[drawn, words(sample + 8, 12, meaning, "quiet")])
        )
        x += wide
    return Panel(min(width, x if not y else width), y + 16, elements)


def words(x: float, y: float, text: str, *classes: str) -> svg.Text:
    """A line of text whose base line starts there."""
    return svg.Text(x=x, y=y, text=safe(text), class_=list(classes) or None)


def title(*lines: str) -> svg.Title:
    """What is shown beside the pointer."""
    return svg.Title(text="\n".join(map(safe, lines)))


def safe(text: str) -> str:
    r"""The text as XML takes it: the drawing library escapes nothing, and XML has no control characters at all.

    >>> safe('<b> & "\x1b"')
    '&lt;b&gt; &amp; &quot;\\x1b&quot;'
    """
    return escape(printable(text))


def columns(text: str) -> int:
    """How many columns the text takes in letters of one width.

    >>> columns("load"), columns("東京")
    (4, 4)
    """
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def shortened(text: str, room: int) -> str:
    """The text in at most so many columns, its middle left out: names differ at their ends.

    >>> shortened("stg__mitxonline__users", 11), shortened("load", 11)
    ('stg__…users', 'load')
    """
    if columns(text) <= room:
        return text
    tail = _fitting(reversed(text), room - 1 - room // 2)[::-1]
    return f"{_fitting(text, room // 2)}…{tail}"


def _fitting(text: Iterable[str], room: int) -> str:
    """The first characters that fit."""
    kept: list[str] = []
    for char in text:
        room -= columns(char)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept)


def definitions() -> Iterator[svg.Element]:
    """The style sheet, the heads of arrows and the hatching of closed days."""
    yield svg.Style(text=STYLE)
    heads = [_head(name, colour) for name, colour in (("same", EDGE), ("cross", AMBER), ("passed", LINE))]
    hatch = svg.Pattern(
        id="backfilld-closed",
        width=4,
        height=4,
        patternUnits="userSpaceOnUse",
        patternTransform=[svg.Rotate(45)],
        elements=[
            svg.Rect(width=4, height=4, fill="#fff"),
            svg.Rect(width=1.2, height=4, fill=HATCH),
        ],
    )
    yield svg.Defs(elements=[*heads, hatch])


def _head(name: str, colour: str) -> svg.Marker:
    return svg.Marker(
        id=f"backfilld-{name}",
        viewBox=svg.ViewBoxSpec(0, 0, 8, 8),
        refX=7.5,
        refY=4,
        markerWidth=7,
        markerHeight=7,
        markerUnits="userSpaceOnUse",
        orient="auto",
        elements=[svg.Path(d=[svg.M(0, 1), svg.L(8, 4), svg.L(0, 7), svg.Z()], fill=colour)],
    )
