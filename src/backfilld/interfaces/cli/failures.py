"""`backfill failures`: what failed, each error once, and the last lines that it wrote."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.legible import legible, one_line
from backfilld.interfaces.cli.options import BackfillId, Json
from backfilld.interfaces.cli.output import console, print_json
from backfilld.interfaces.cli.words import period

PARTS = 6
"""How many tasks, and how many periods, the heading of a group names."""


@with_daemon
def failures(daemon: Daemon, backfill: BackfillId, as_json: Json = False) -> None:
    """Show what failed or was lost, grouped by the last line of the log, and the newest of each group.

    Numbers, dates and hexadecimal make no difference. With --json: `groups`, and in `items` the newest, at most 100.
    """
    found = daemon.get(f"/v1/backfills/{backfill}/failures")
    if as_json:
        return print_json(found)
    out = console()
    for group in found["groups"]:
        out.print(_heading(group))
        out.print(describe(group["newest"]))
    if found["total"] > found["grouped"]:
        out.print(f"these are the newest {found['grouped']:,} of {found['total']:,} failures")
    if not found["groups"]:
        out.print(f"nothing failed in backfill {backfill}")
    return None


def describe(failure: View) -> Text:
    """One failure: which instance, how it ended, and the tail of its log below."""
    instance, code = failure["instance"], failure["exit_code"]
    how = "" if code is None else f", exit code {code}"
    head = (
        f"{instance['state']}: {instance['task']} {instance['bizdate']}, cycle {instance['cycle_time']}, "
        f"attempt {failure['attempt']}{how}  (backfill logs {instance['id']})"
    )
    text = Text(one_line(head), style="bold red")
    for written in legible(failure["log_tail"] or "").split("\n"):
        if written.strip():
            text.append(f"\n  | {written}", style="not bold default")
    return text


def _heading(group: View) -> Text:
    """How many, the line, and where: tasks with their counts, dates as periods."""
    tasks = [f"{each['task']} ({each['count']:,})" for each in group["tasks"]]
    dates = [period(each["first"], each["last"]) for each in group["dates"]]
    where = f"{', '.join(_some(tasks))} on {', '.join(_some(dates))}"
    return Text(f"{group['count']:,} x {one_line(group['line'])}\n  {one_line(where)}", style="bold")


def _some(parts: list[str]) -> Iterator[str]:
    yield from parts[:PARTS]
    if len(parts) > PARTS:
        yield f"{len(parts) - PARTS:,} more"
