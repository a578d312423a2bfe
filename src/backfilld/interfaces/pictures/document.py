"""A panel as a file of its own."""

from __future__ import annotations

import svg

from backfilld.interfaces.pictures.marks import Panel, definitions, safe

MARGIN = 24
"""Pixels on each side."""


def document_of(page: Panel, width: float, summary: str, style: str = "") -> str:
    """An SVG document of the panel on white paper; `summary` is read out to who does not see it."""
    wide, high = width + 2 * MARGIN, page.height + 2 * MARGIN
    styles = [svg.Style(text=style)] if style else []
    paper = svg.Rect(width=wide, height=high, fill="#fff")
    document = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, wide, high),
        width=wide,
        height=high,
        class_=["plan"],
        extra={"role": "img", "aria-label": safe(summary)},
        elements=[*definitions(), *styles, paper, page.at(MARGIN, MARGIN)],
    )
    return f"{document}\n"
