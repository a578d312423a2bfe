"""A plan as people read it: dates x tasks, then what is passed through or left out, then findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from rich.table import Table
from rich.text import Text

from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.output import console
from backfilld.interfaces.cli.words import period

Cells = dict[str, Counter[str]]
"""Instances of each task by column: a date, or a month or year where there are many. Empty: not known."""
COLUMNS, ROOM_BESIDE, GAP = 12, 50, 2
STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}


def show(view: dict[str, Any], cells: Cells) -> None:
    """Print the plan."""
    out, counts = console(), view["counts"]
    head = Text()
    for number, word in ((counts["dates"], "dates"), (counts["tasks"], "tasks"), (counts["instances"], "instances")):
        head.append(f"{number:,}", style="bold").append(f" {word}  ")
    if days := sorted(view["dates"]):
        head.append(f"{period(days[0], days[-1])}  ")
    out.print(head.append(f"plan {view['plan_hash'][:12]}  catalog {view['version_id'][:8]}"))
    out.print(_grid(view, cells))
    if view["bridged"]:
        out.print(Text(one_line(f"passed through (not run): {', '.join(view['bridged'])}")))
    for left in view["left_out"]:
        out.print(Text(one_line(f"left out: {left['task']}, {len(left['dates'])} dates ({left['why']})")))
    for finding in view["findings"]:
        line = f"{finding['severity']}: {finding['subject']}: {finding['message']} [{finding['code']}]"
        out.print(Text(one_line(line), style=STYLES[finding["severity"]]))


def labels(dates: Iterable[str]) -> list[str]:
    """The column of each date: the date itself, without its year, or its month, year or decade, so that they fit."""
    days = list(dates)
    forms = [days, [day[5:] for day in days], [day[:7] for day in days], [day[:4] for day in days]]
    one_year = len(set(forms[-1])) == 1
    for form in (form for form in forms if one_year or form is not forms[1]):
        room = (console().width - ROOM_BESIDE) // (max(map(len, form), default=1) + GAP)
        if len(set(form)) <= max(1, min(COLUMNS, room)):
            return form
    return [f"{day[:3]}0s" for day in days]


def _grid(view: dict[str, Any], cells: Cells) -> Table:
    columns = list(dict.fromkeys(label for counter in cells.values() for label in counter))
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("task", "why"):
        table.add_column(title, overflow="fold")
    for title in ("prio", "weight", *columns, "all"):
        table.add_column(title, justify="right", no_wrap=True)
    for task in view["tasks"]:
        row = cells.get(task["name"], Counter())
        numbers = [f"{row[label]:,}" if row[label] else "." for label in columns]
        fixed = (one_line(task["name"]), one_line(task["why"]), str(task["priority"]), str(task["weight"]))
        table.add_row(*map(Text, fixed), *numbers, f"{task['instances']:,}")
    return table
