"""`backfill explain`: why a task instance does not run yet, or what a backfill waits for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.instances import id_of, instance_of
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import console, print_json

FIRST_INSTANCE = 2**20
"""Instances are numbered from here on (run number x 2^20 + ordinal): a smaller number is a backfill's."""
NAMED = 3
"""How many upstream instances the sentence names itself."""


@with_daemon
def explain(
    daemon: Daemon,
    what: Annotated[
        str,
        typer.Argument(
            metavar="INSTANCE",
            help="A task instance: its id, or BACKFILL/TASK/DATE, and /HH:MM for one cycle (UTC). Or a backfill's id.",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Say why a task instance does not run yet; of a backfill, how many of them wait for what."""
    number = id_of(what)
    whole = number is not None and number < FIRST_INSTANCE
    path = f"backfills/{number}" if whole else f"task_instances/{instance_of(daemon, what)}"
    found = daemon.get(f"/v1/{path}/explain")
    if as_json:
        return print_json(found)
    out = console()
    for line in _of_backfill(found) if whole else _of_instance(found):
        out.print(one_line(line))
    return None


def _of_instance(found: View) -> Iterator[str]:
    reason = found["reason"]
    yield f"{found['task']} of {found['bizdate']}, cycle {found['cycle_time']}: {reason['message']}"
    for up in reason["waits_for"] if len(reason["waits_for"]) > NAMED else ():
        yield f"  {up['task']} of {up['bizdate']}, cycle {up['cycle_time']}: {up['state']}"
    if reason["more"]:
        yield f"  and {reason['more']:,} more"


def _of_backfill(found: View) -> Iterator[str]:
    waiting = found["reasons"]
    yield f"backfill {found['backfill_id']} {found['name']}: {found['status']}{'' if waiting else ', nothing waits'}"
    counts = [f"{'at least ' if each['at_least'] else ''}{each['count']:,}" for each in waiting]
    width = max(map(len, counts), default=0)
    for count, each in zip(counts, waiting, strict=True):
        such = f"  (such as {each['instance_id']})" if each["instance_id"] is not None else ""
        yield f"  {count:>{width}}  {each['message']}{such}"
    if found["next"]:
        yield f"next by itself: {found['next']}"
