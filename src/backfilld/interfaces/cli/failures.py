"""`backfill failures`: what failed, and the last lines that it wrote."""

from __future__ import annotations

from rich.text import Text

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.legible import legible, one_line
from backfilld.interfaces.cli.options import BackfillId, Json
from backfilld.interfaces.cli.output import console, print_json


@with_daemon
def failures(daemon: Daemon, backfill: BackfillId, as_json: Json = False) -> None:
    """Show the task instances that failed or were lost, at most 100, with the last lines of their logs."""
    found = daemon.get(f"/v1/backfills/{backfill}/failures")["items"]
    if as_json:
        return print_json(found)
    out = console()
    for failure in found:
        out.print(describe(failure))
    if not found:
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
