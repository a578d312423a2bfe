"""`backfill alerts`: what people were told, and whether a channel works."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer
from rich.table import Table

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import Exit, console, print_json

Count = Annotated[int, typer.Option("--limit", "-n", min=1, help="The newest so many.")]
About = Annotated[int | None, typer.Option("--backfill", metavar="ID", min=1, help="Only those about this one.")]
Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="Its name in the daemon's settings.")]

alerts = typer.Typer(no_args_is_help=True, help="Messages to people: what was sent, what waits, and why.")


@alerts.command("list")
@with_daemon
def list_alerts(daemon: Daemon, limit: Count = 20, backfill: About = None, as_json: Json = False) -> None:
    """List messages, the newest first: sent, waiting for the next try, or failed and given up."""
    about = {} if backfill is None else {"backfill": backfill}
    found = list(islice(daemon.items("/v1/alerts", **about), limit))
    if as_json:
        return print_json(found)
    if not found:
        return console().print("no alerts")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("id", "created", "channel", "state", "tries", "message"):
        table.add_column(name, justify="right" if name in ("id", "tries") else "left", overflow="fold")
    for each in found:
        table.add_row(*_cells(each))
    return console().print(table)


@alerts.command("test")
@with_daemon
def try_channel(daemon: Daemon, channel: Channel, as_json: Json = False) -> None:
    """Send a message through a channel now; the exit code says whether it was accepted."""
    found = daemon.post("/v1/alerts/test", {"channel": channel})
    if as_json:
        print_json(found)
    elif found["accepted"]:
        console().print(one_line(f"{channel} has accepted a message"))
    else:
        console().print(one_line(f"{channel} has accepted nothing: {found['error']}"))
    if not found["accepted"]:
        raise typer.Exit(Exit.FAILED)


def _cells(alert: View) -> tuple[str, ...]:
    told = alert["title"] if alert["error"] is None else f"{alert['title']}: {alert['error']}"
    state = f"{alert['state']} until {alert['next_try']}" if alert["tries"] and alert["next_try"] else alert["state"]
    return str(alert["id"]), alert["created_at"], one_line(alert["channel"]), state, str(alert["tries"]), one_line(told)
