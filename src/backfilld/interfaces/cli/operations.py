"""`backfill operations` and `backfill operation`: what goes on after its answer, how far it is, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table
from rich.text import Text

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.completing import operation_ids
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.many import all_rejected, by_verdict, is_act, reasons, waited_for
from backfilld.interfaces.cli.options import PATIENCE, Json, Patience
from backfilld.interfaces.cli.output import Exit, console, print_json
from backfilld.interfaces.cli.progress import age
from backfilld.interfaces.cli.words import styled
from backfilld.interfaces.pictures.reading import counted


class Kind(StrEnum):
    """Of what operations there are."""

    ACT = "act"
    ACCEPTANCE = "acceptance"


Which = Annotated[Kind, typer.Option("--kind", help="Acts on many items, or acceptances of backfills.")]
Count = Annotated[int, typer.Option("--limit", "-n", min=1, help="The newest so many.")]
OperationId = Annotated[
    UUID,
    typer.Argument(metavar="ID", help="Its id, as `backfill operations` shows it.", autocompletion=operation_ids),
]
Wait = Annotated[bool, typer.Option("--wait", help="Stay until it has ended; exit code 1 if it failed then.")]
Stop = Annotated[bool, typer.Option("--stop", help="Have no more of an act done; what is done stays.")]


@with_daemon
def operations(daemon: Daemon, kind: Which = Kind.ACT, limit: Count = 20, as_json: Json = False) -> None:
    """List operations, the newest first: acts on many items, and how far each is."""
    found: list[View] = list(islice(daemon.items("/v1/operations", kind=kind.value), limit))
    if as_json:
        return print_json(found)
    if not found:
        return console().print("no operations of this kind")
    return console().print(_acts(found) if kind is Kind.ACT else _acceptances(found))


@with_daemon
def operation(
    daemon: Daemon,
    operation: OperationId,
    wait: Wait = False,
    stop: Stop = False,
    as_json: Json = False,
    patience: Patience = PATIENCE,
) -> None:
    """Show how far an operation is, how many items were answered how, and how it ended."""
    path = f"/v1/operations/{operation}"
    found: View = daemon.delete(path) if stop else daemon.get(path)
    if wait:
        found = waited_for(daemon, found, patience)
    if as_json:
        print_json(found)
    else:
        for line in _told(found):
            console().print(one_line(line))
    if wait and (found["status"] == "failed" or all_rejected(found.get("counts", {}))):
        raise typer.Exit(Exit.FAILED)


def _told(found: View) -> Iterator[str]:
    """An operation, a line each."""
    if not is_act(found):
        error = f": {found['error']}" if "error" in found else ""
        yield f"operation {found['id']}: backfill {found['backfill_id']}, {found['status']}{error}"
        return
    what = f"{_name(found)} on {_many(found)}, by {found['by']}"
    yield f"operation {found['id']}: {what}: {found['status']}, {found['done']:,} decided"
    if found["done"]:
        yield f"  {by_verdict(found['counts'])}"
    yield from reasons(found["refusals"])
    if "error" in found:
        yield f"  it ended early: {found['error']}"


def _many(act: View) -> str:
    return counted(act["total"], "date" if act["of"] == "run" else "task instance")


def _name(act: View) -> str:
    return str(act["act"]).replace("_", " ")


def _acts(found: list[View]) -> Table:
    table, now = _table("id", "act", "status", "done", "of", "verdicts", "by", "age"), datetime.now(UTC)
    for each in found:
        told = _many(each), by_verdict(each["counts"]), one_line(each["by"]), age(each["accepted_at"], now)
        table.add_row(each["id"], one_line(_name(each)), styled(each["status"]), f"{each['done']:,}", *map(Text, told))
    return table


def _acceptances(found: list[View]) -> Table:
    table = _table("id", "backfill", "status", "completed")
    for each in found:
        table.add_row(each["id"], str(each["backfill_id"]), styled(each["status"]), each.get("completed", ""))
    return table


def _table(*names: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        right = name in ("done", "backfill", "age")
        table.add_column(name, justify="right" if right else "left", no_wrap=name == "id", overflow="fold")
    return table
