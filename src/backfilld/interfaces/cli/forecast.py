"""`backfill forecast`: when a request or a backfill will be done, and what would be if."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from backfilld.errors import Fault
from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.drawing import NotWritten, write_whole
from backfilld.interfaces.cli.expected import shown
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import Exit, console, print_json
from backfilld.interfaces.cli.progress import moment
from backfilld.interfaces.cli.sending import placed_in, plain, read_file

_RANGE = re.compile(r"(\d{1,4})(?:\.\.(\d{1,4}))?", re.ASCII)
WHAT_IF = "What if"


What = Annotated[str, typer.Argument(metavar="FILE|ID", help="A request, YAML or JSON, or the id of a backfill.")]
Parallelism = Annotated[
    str | None,
    typer.Option(rich_help_panel=WHAT_IF, metavar="N|N..M", help="So many dates in flight, or each of a range."),
]
Windows = Annotated[
    list[str] | None,
    typer.Option(
        rich_help_panel=WHAT_IF, metavar="HH:MM-HH:MM", help="Starting in these hours alone, daily; repeatable."
    ),
]
Begin = Annotated[
    str | None,
    typer.Option(
        "--from", rich_help_panel=WHAT_IF, metavar="MOMENT", help="Accepted then: 2024-03-01T20:00:00Z; for a FILE."
    ),
]
Deadline = Annotated[
    str | None,
    typer.Option(metavar="MOMENT", help="Name the first that ends by then, nine of ten; exit code 1 if none does."),
]
Timeline = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Draw dates, or variants, over open hours into this file, as SVG."),
]


@with_daemon
def forecast(
    daemon: Daemon,
    what: What,
    parallelism: Parallelism = None,
    window: Windows = None,
    begin: Begin = None,
    deadline: Deadline = None,
    plot: Timeline = None,
    as_json: Json = False,
) -> None:
    """Say when it will be done: half of the time, nine of ten times, in how many nights. Nothing is written."""
    query: dict[str, Any] = {"parallelism": _numbers(parallelism), "window": window or []}
    due = None if deadline is None else _moment("--deadline", deadline)
    found = _asked(daemon, what, query, None if begin is None else _moment("--from", begin))
    if plot:
        _draw(plot, found)
    meets = next((each for each in found["courses"] if due and _meets(each, due)), None)
    if as_json:
        print_json(found)
    else:
        _show(found, due, meets)
    if due and meets is None:
        raise typer.Exit(Exit.FAILED)


def _asked(daemon: Daemon, what: str, query: dict[str, Any], begin: datetime | None) -> View:
    view: View
    if what.isascii() and what.isdigit():
        if begin:
            raise typer.BadParameter("--from is for a FILE: a backfill goes on from where it is")
        view = daemon.get(f"/v1/backfills/{what}/forecast", **query)
    else:
        document, moment = read_file(Path(what)), {"from": begin.isoformat()} if begin else {}
        with placed_in(document):
            view = daemon.post("/v1/forecasts", plain(document), **query, **moment)
    return view


def _numbers(text: str | None) -> list[int]:
    if text is None:
        return []
    found = _RANGE.fullmatch(text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last:
        raise typer.BadParameter(f"{text!r}: a number of dates, or a range such as 1..10", param_hint="--parallelism")
    return list(range(first, last + 1))


def _moment(option: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise typer.BadParameter(f"{text!r}: a moment with a zone, such as 2024-03-01T20:00:00Z", param_hint=option)
    return found


def _meets(course: View, due: datetime) -> bool:
    end = course["p90"]["end"]
    return end is not None and moment(end) <= due


def _draw(file: Path, found: View) -> None:
    # drawing is a heavy import that only pictures need
    from backfilld.interfaces.pictures.timeline import timeline_svg

    try:
        write_whole(file, timeline_svg(found))
    except OSError as error:
        raise NotWritten([Fault("--plot", str(file), f"a file that can be written ({error.strerror})")]) from None


def _show(found: View, due: datetime | None, meets: View | None) -> None:
    out, courses = console(), found["courses"]
    out.print(one_line(f"{found['name']}: {found['note']}"))
    out.print(_table(courses))
    for said in dict.fromkeys(_stalls(courses)):
        out.print(one_line(f"never ends: {said}"))
    if outlasting := [each for course in courses for each in course["dates"] or () if each["outlasts_window"]]:
        named = ", ".join(each["bizdate"] for each in outlasting[:5])
        more = f" and {len(outlasting) - 5:,} more" if len(outlasting) > 5 else ""
        out.print(f"go on after the close of the window in which they began: {named}{more}")
    if due:
        out.print(f"the first to end by {due:%Y-%m-%d %H:%M %Z}: {_variant(meets) if meets else 'none'}")


def _stalls(courses: list[View]) -> Iterator[str]:
    for course in courses:
        if stall := course["p50"]["stall"] or course["p90"]["stall"]:
            yield f"{stall['message']} (from {shown(stall['since'])} on)"


def _table(courses: list[View]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    keys = [key for key in ("parallelism", "window") if any(each[key] for each in courses)]
    for name in (*keys, "end (p50)", "end (p90)", "nights"):
        table.add_column(name, no_wrap=True, justify="right" if name in ("parallelism", "nights") else "left")
    for each in courses:
        few, many = each["p50"]["nights"], each["p90"]["nights"]
        nights = "." if not many else str(few) if few == many else f"{few} to {many}"
        ends = (shown(each[pace]["end"]) if each[pace]["end"] else "never" for pace in ("p50", "p90"))
        table.add_row(*(str(each[key]) for key in keys), *ends, nights)
    return table


def _variant(course: View) -> str:
    given = [f"{key} {course[key]}" for key in ("parallelism", "window") if course[key]]
    return f"{', '.join(given) or 'as asked'}, at {shown(course['p90']['end'])}"
