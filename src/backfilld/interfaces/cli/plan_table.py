"""A plan as people read it: dates x tasks, then what is passed through or left out, then findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table
from rich.text import Text

from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.output import console
from backfilld.interfaces.cli.words import period
from backfilld.interfaces.pictures.reading import View, counted, spans

COLUMNS, ROOM_BESIDE, GAP = 12, 50, 2
SPELLED_OUT = 3
STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}


def show(view: View) -> None:
    """Print the plan, which has its grid."""
    out = console()
    out.print(_head(view))
    out.print(_table(view))
    for line in _aside(view):
        out.print(Text(one_line(line)))
    for finding in view["findings"]:
        line = f"{finding['severity']}: {finding['subject']}: {finding['message']} [{finding['code']}]"
        out.print(Text(one_line(line), style=STYLES[finding["severity"]]))
    for line in _since(view.get("difference")):
        out.print(Text(one_line(line)))


def _since(difference: View | None) -> Iterator[str]:
    """What has changed, if that was asked."""
    if difference is not None:
        yield f"since backfill {difference['against']}:" + ("" if difference["changed"] else " nothing has changed")
        yield from (f"  {sentence}" for sentence in difference["sentences"])


def _head(view: View) -> Text:
    head, counts = Text(), view["counts"]
    for key in ("dates", "tasks", "instances"):
        number, word = counted(counts[key], key.removesuffix("s")).split()
        head.append(number, style="bold").append(f" {word}  ")
    if counts["left_out"]:
        head.append(f"({counts['left_out']:,} of them left out)  ")
    if days := sorted(view["dates"]):
        head.append(f"{period(days[0], days[-1])}  ")
    return head.append(f"plan {view['plan_hash'][:12]}  catalog {view['version_id'][:8]}")


def _aside(view: View) -> Iterator[str]:
    """What does not run, and why."""
    closed: dict[str, list[str]] = {}
    for day in view["closed"]:
        closed.setdefault(day["why"], []).append(day["date"])
    for why, shut in closed.items():
        yield f"closed: {', '.join(shut) if len(shut) <= SPELLED_OUT else f'{len(shut):,} dates'} ({why})"
    if view["bridged"]:
        yield f"passed through (not run): {', '.join(view['bridged'])}"
    for left in view["left_out"]:
        cycles = "" if left["cycles"] is None else f"{counted(left['cycles'], 'cycle')} on "
        days = counted(sum(map(len, spans(left["dates"]))), "date")
        yield f"left out: {left['task']}, {cycles}{days} ({left['why']})"
    if view["not_permitted"]:
        yield f"left out: {counted(view['not_permitted'], 'task')} (not permitted)"


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


def _table(view: View) -> Table:
    columns = labels(view["dates"])
    names = list(dict.fromkeys(columns))
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("task", "why"):
        table.add_column(title, overflow="fold")
    for title in ("prio", "weight", *names, "all"):
        table.add_column(title, justify="right", no_wrap=True)
    for task, row in zip(view["tasks"], _counts(view, columns), strict=True):
        numbers = [f"{row[name]:,}" if row[name] else "." for name in names]
        fixed = (one_line(task["name"]), one_line(task["why"]), str(task["priority"]), str(task["weight"]))
        table.add_row(*map(Text, fixed), *numbers, f"{task['instances']:,}")
    return table


def _counts(view: View, columns: Sequence[str]) -> list[Counter[str]]:
    """The instances of each task by column; dates of one pattern have the same."""
    counts: list[Counter[str]] = [Counter() for _ in view["tasks"]]
    for (column, pattern), days in Counter(zip(columns, view["grid"]["pattern_of"], strict=True)).items():
        for row, instances in zip(counts, view["grid"]["counts"][pattern], strict=True):
            row[column] += days * instances
    return counts
