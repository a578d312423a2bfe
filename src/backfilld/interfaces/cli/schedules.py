"""`backfill schedules`: requests that are made again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.completing import schedule_names
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import console, print_json
from backfilld.interfaces.cli.request_text import yaml_of
from backfilld.interfaces.cli.submit import tell_accepted, written

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="The schedule's name, as `backfill schedules list` shows it.",
        autocompletion=schedule_names,
    ),
]
Count = Annotated[int, typer.Option("--count", "-n", min=1, max=1_000, help="How many times.")]

schedules = typer.Typer(no_args_is_help=True, help="Requests that are made again and again: when, and what came of it.")


@schedules.command("list")
@with_daemon
def list_schedules(daemon: Daemon, as_json: Json = False) -> None:
    """List schedules, each with its next and its latest firing."""
    found = daemon.get("/v1/schedules")["items"]
    if as_json:
        return print_json(found)
    if not found:
        return console().print("no schedules: the daemon reads them from the folder `schedules` beside its catalog")
    table = _table("name", "cron", "timezone", "next", "latest", "became")
    for each in found:
        latest = (each["last"]["moment"]["local"], _became(each["last"])) if each["last"] else ("", "")
        _row(table, each["name"], each["cron"], each["timezone"], _next(each), *latest)
    return console().print(table)


@schedules.command()
@with_daemon
def show(daemon: Daemon, name: Name, as_json: Json = False) -> None:
    """Show a schedule: its request, and what became of its latest firings."""
    found = daemon.get(_path(name))
    if as_json:
        return print_json(found)
    out = console()
    out.print(Text(one_line(f"{found['name']}: {found['cron']} ({found['timezone']})"), style="bold"))
    for told in _told(found):
        out.print(one_line(told))
    for line in yaml_of(found["request"]).splitlines():
        out.print(one_line(f"  {line}"))
    return _tell_firings(out, found["firings"])


@schedules.command()
@with_daemon
def pause(daemon: Daemon, name: Name, as_json: Json = False) -> None:
    """Have a schedule fire no more until it is resumed; what would have fired is not made up for."""
    _tell(daemon.post(f"{_path(name)}/pause"), as_json=as_json)


@schedules.command()
@with_daemon
def resume(daemon: Daemon, name: Name, as_json: Json = False) -> None:
    """Have a schedule fire again, from its next time on."""
    _tell(daemon.post(f"{_path(name)}/resume"), as_json=as_json)


@schedules.command()
@with_daemon
def fire(daemon: Daemon, name: Name, as_json: Json = False) -> None:
    """Have a schedule's request made now, with dates counted from now. With --json: the backfill."""
    backfill = written(daemon, daemon.post(f"{_path(name)}/fire"))
    if as_json:
        return print_json(backfill)
    return tell_accepted(backfill)


@schedules.command("next")
@with_daemon
def upcoming(daemon: Daemon, name: Name, count: Count = 5, as_json: Json = False) -> None:
    """Show when a schedule fires next, on its own clock and in UTC."""
    found = daemon.get(f"{_path(name)}/next", count=count)["items"]
    if as_json:
        return print_json(found)
    table = _table("local", "utc")
    for each in found:
        _row(table, each["local"], each["utc"])
    return console().print(table)


def _path(name: str) -> str:
    """Names have no characters that a path would need escaped; what has is the name of none."""
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or not name.isascii():
        raise typer.BadParameter("the name of a schedule has letters, digits, `_`, `.` and `-`")
    return f"/v1/schedules/{name}"


def _told(found: View) -> Iterator[str]:
    yield f"next: {_next(found)}"
    yield f"missed firings: {found['catch_up']}"
    yield f"from {found['file']}, known since {found['known_since']}"
    yield "asks for:"


def _next(found: View) -> str:
    if found["paused"]:
        return f"paused since {found['paused_at']}"
    return found["next"]["local"] if found["next"] else "never"


def _became(firing: View) -> str:
    asked = f", asked for by {firing['by']}" if firing["by"] else ""
    became = firing["reason"] if firing["status"] == "refused" else f"backfill {firing['backfill_id']}"
    return f"{'refused: ' if firing['status'] == 'refused' else ''}{became}{asked}"


def _tell(found: View, *, as_json: bool) -> None:
    if as_json:
        return print_json(found)
    return console().print(one_line(f"{found['name']}: {'' if found['paused'] else 'fires next '}{_next(found)}"))


def _tell_firings(out: Console, firings: list[View]) -> None:
    if not firings:
        return out.print("it has not fired yet")
    table = _table("moment", "became")
    for each in firings:
        _row(table, each["moment"]["local"], _became(each))
    return out.print(table)


def _table(*names: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _row(table: Table, *cells: str) -> None:
    table.add_row(*(Text(one_line(cell)) for cell in cells))
