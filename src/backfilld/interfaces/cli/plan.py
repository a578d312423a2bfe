"""`backfill plan`: what a request would run, before anything runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from backfilld.catalog.parse import parse_catalog
from backfilld.config.documents import read_document, read_documents
from backfilld.interfaces.cli.output import Exit, complain, console, faults_told
from backfilld.interfaces.plan_view import plan_view
from backfilld.request.resolve import Circumstances
from backfilld.service.backfills import Preview, preview

COLUMNS = 12
STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}


def plan(
    file: Annotated[Path, typer.Argument(help="The request, YAML or JSON.")],
    catalog: Annotated[Path, typer.Option(help="Plan offline with the catalog in this folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    instances: Annotated[bool, typer.Option(help="With --json: every instance and what it waits for.")] = False,
) -> None:
    """Show what a request would run; nothing is written."""
    with faults_told():
        made = _offline(file, catalog)
        view = plan_view(made, instances=instances)
    if as_json:
        typer.echo(json.dumps(view, ensure_ascii=False))
    else:
        show(view, cells=_cells(made))
    if made.errors:
        complain(*(f"{finding.subject}: {finding.message} [{finding.code}]" for finding in made.errors))
        raise typer.Exit(Exit.FAULT)


def _offline(file: Path, folder: Path) -> Preview:
    catalog = parse_catalog(read_documents(folder))
    return preview(read_document(file), catalog, Circumstances(accepted_at=datetime.now(UTC)))


def show(view: dict[str, Any], cells: dict[str, Counter[str]]) -> None:
    """The plan for people: dates x tasks, then what is passed through or left out, then findings."""
    out = console()
    counts = view["counts"]
    out.print(f"[bold]{counts['dates']:,}[/] dates, [bold]{counts['tasks']:,}[/] tasks, ", end="")
    out.print(
        f"[bold]{counts['instances']:,}[/] instances   plan {view['plan_hash'][:12]}   catalog {view['version_id']}"
    )
    out.print(_grid(view, cells))
    if view["bridged"]:
        out.print(Text(f"passed through (not run): {', '.join(view['bridged'])}"))
    for left in view["left_out"]:
        out.print(Text(f"left out: {left['task']}, {len(left['dates'])} dates ({left['why']})"))
    for finding in view["findings"]:
        line = f"{finding['severity']}: {finding['subject']}: {finding['message']} [{finding['code']}]"
        out.print(Text(line, style=STYLES[finding["severity"]]))


def _grid(view: dict[str, Any], cells: dict[str, Counter[str]]) -> Table:
    columns = list(dict.fromkeys(label for counter in cells.values() for label in counter))
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("task", "why", "prio", "weight"):
        table.add_column(title, overflow="fold")
    for label in columns:
        table.add_column(label, justify="right")
    table.add_column("all", justify="right")
    for task in view["tasks"]:
        row = cells[task["name"]]
        numbers = [str(row[label]) if row[label] else "." for label in columns]
        fixed = (task["name"], task["why"], str(task["priority"]), str(task["weight"]))
        table.add_row(*map(Text, fixed), *numbers, f"{task['instances']:,}")
    return table


def _cells(made: Preview) -> dict[str, Counter[str]]:
    """Instances of each task by column: a date, or a month or year where there are many."""
    labels = _labels(made.plan.dates)
    calendar, clock_of = made.plan.templates.calendar, made.plan.templates.clock_of
    result: dict[str, Counter[str]] = {}
    for task, clock in zip(made.plan.tasks, clock_of, strict=True):
        counter = result[task.name] = Counter(dict.fromkeys(labels, 0))
        for label, pattern in zip(labels, calendar.pattern_of, strict=True):
            counter[label] += len(calendar.cycles(clock, pattern).kept)
    return result


def _labels(dates: Iterable[date]) -> list[str]:
    days = [day.isoformat() for day in dates]
    for length in (10, 7, 4):
        labels = [day[:length] for day in days]
        if len(set(labels)) <= COLUMNS:
            return labels
    return [f"{day[:3]}0s" for day in days]
