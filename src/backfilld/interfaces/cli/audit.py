"""`backfill audit`: who did what, and what became of backfills."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer
from rich.table import Table

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.legible import json_text, one_line
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import Exit, console, print_json

Count = Annotated[int, typer.Option("--limit", "-n", min=1, help="The newest so many entries.")]
Check = Annotated[bool, typer.Option("--check", help="Check instead that nothing was changed or taken out since.")]


@with_daemon
def audit(daemon: Daemon, limit: Count = 20, check: Check = False, as_json: Json = False) -> None:
    """List what operators did and what became of backfills, the newest first."""
    if check:
        return _check(daemon, as_json=as_json)
    found = list(islice(daemon.items("/v1/audit"), limit))
    if as_json:
        return print_json(found)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("id", "at", "by", "what", "counts", "about"):
        table.add_column(name, justify="right" if name == "id" else "left", overflow="fold")
    for each in found:
        table.add_row(*_cells(each))
    console().print(table)
    return None


def _cells(entry: View) -> tuple[str, ...]:
    counts = ", ".join(f"{number:,} {word.replace('_', ' ')}" for word, number in entry["counts"].items())
    told = one_line(json_text(entry["about"]))
    return str(entry["id"]), entry["at"], one_line(entry["by"]), one_line(entry["what"]), counts, told


def _check(daemon: Daemon, *, as_json: bool) -> None:
    found = daemon.get("/v1/audit/check")
    if as_json:
        print_json(found)
    elif found["whole"]:
        console().print("every entry is as it was written")
    else:
        console().print(f"entry {found['broken']} is not as it was written, or one before it is missing")
    if not found["whole"]:
        raise typer.Exit(Exit.FAILED)
