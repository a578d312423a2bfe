"""`backfill list`: the newest backfills, one a row."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import console, print_json
from backfilld.interfaces.cli.progress import Progress, age
from backfilld.interfaces.cli.words import period, styled


@with_daemon
def backfills(
    daemon: Daemon,
    as_json: Json = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
) -> None:
    """List backfills, the newest first."""
    found: list[View] = list(islice(daemon.items("/v1/backfills"), limit))
    if as_json:
        return print_json(found)
    if not found:
        return console().print("no backfills yet: backfill submit FILE")
    return console().print(_table(found, datetime.now(UTC)))


def _table(found: list[View], now: datetime) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("id", justify="right", no_wrap=True)
    table.add_column("name", overflow="fold")
    table.add_column("status", no_wrap=True)
    table.add_column("dates", no_wrap=True)
    for title in ("done", "of", "failed", "age"):
        table.add_column(title, justify="right", no_wrap=True)
    for each in found:
        at = Progress.of(each["counts"])
        table.add_row(
            str(each["id"]),
            Text(one_line(each["name"])),
            styled(each["status"]).append(", expired" if each["expired_at"] else ""),
            period(each["dates"]["first"], each["dates"]["last"]),
            at.percent,
            f"{at.total:,}",
            f"{at.failed:,}" if at.failed else ".",
            age(each["accepted_at"], now),
        )
    return table
