"""The whole picture of a plan: its tasks, its dates, and what is to be said about it."""

from __future__ import annotations

from collections.abc import Iterator

import svg

from backfilld.interfaces.pictures.calendar import days_of
from backfilld.interfaces.pictures.calendar_panel import calendar_legend, calendar_panel
from backfilld.interfaces.pictures.document import document_of
from backfilld.interfaces.pictures.marks import PLAIN_LETTER, Panel, below, shortened, title, words
from backfilld.interfaces.pictures.reading import View, counted, task_graph
from backfilld.interfaces.pictures.task_panel import task_legend, task_panel

GAP = 16
LEAST, CALENDAR = 760, 1560
"""Pixels: the least width of a picture, and the most that months or years take beside each other."""
MOST_FINDINGS = 12


def plan_svg(view: View) -> str:
    """An SVG document of a plan view that has its grid; the same view, the same document."""
    graph, days = task_graph(view), days_of(view)
    tasks = task_panel(graph)
    width = max(LEAST, tasks.width)
    panels = [_head(view), tasks, task_legend(graph, width)]
    if days:
        panels += [calendar_panel(days, min(width, CALENDAR)), calendar_legend(days, width)]
    width = max(width, *(panel.width for panel in panels))
    page = below([*panels, *_remarks(view, min(width, CALENDAR))], GAP)
    return document_of(page, width, _summary(view))


def _head(view: View) -> Panel:
    hashes = f"plan {view['plan_hash'][:12]}, catalog {view['version_id'][:8]}"
    return Panel(0, 36, [words(0, 14, _summary(view), "title"), words(0, 33, hashes, "quiet")])


def _summary(view: View) -> str:
    counts, days = view["counts"], sorted(view["dates"])
    parts = [
        counted(counts[key], word) for key, word in (("tasks", "task"), ("dates", "date"), ("instances", "instance"))
    ]
    if counts["left_out"]:
        parts.append(f"{counts['left_out']:,} of them left out")
    if days:
        parts.append(days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}")
    newest = ["newest date first"] if len(days) > 1 and view["dates"][0] == days[-1] else []
    return ", ".join([*parts, *newest])


def _remarks(view: View, width: int) -> Iterator[Panel]:
    """The findings, the most severe first as the view has them, and how much the caller may not see."""
    if view["not_permitted"]:
        yield _line(f"{counted(view['not_permitted'], 'task')} left out: not permitted", "quiet")
    shown = view["findings"][:MOST_FINDINGS]
    lines = []
    for number, found in enumerate(shown):
        text = f"{found['severity']}: {found['subject']}: {found['message']} [{found['code']}]"
        line = words(0, 14 + 18 * number, shortened(text, int(width / PLAIN_LETTER)), found["severity"])
        lines.append(svg.G(elements=[title(text), line]))
    if more := len(view["findings"]) - len(shown):
        lines.append(svg.G(elements=[words(0, 14 + 18 * len(shown), f"and {counted(more, 'finding')} more", "quiet")]))
    if lines:
        yield Panel(0, 18 * len(lines), lines)


def _line(text: str, *classes: str) -> Panel:
    return Panel(0, 18, [words(0, 14, text, *classes)])
