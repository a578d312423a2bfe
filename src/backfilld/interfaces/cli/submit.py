"""`backfill submit` and `backfill watch`."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from backfilld.errors import ProductError
from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.endpoint import Unreachable
from backfilld.interfaces.cli.options import PATIENCE, BackfillId, Json, Patience
from backfilld.interfaces.cli.output import console, print_json
from backfilld.interfaces.cli.plan import File
from backfilld.interfaces.cli.progress import title
from backfilld.interfaces.cli.sending import placed_in, plain, read_file
from backfilld.interfaces.cli.watch import watch_to_end
from backfilld.interfaces.pictures.reading import counted

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0


class CameToNothing(ProductError):
    """The request was accepted, but its runs could not be written."""

    code = "came_to_nothing"


@with_daemon
def submit(
    daemon: Daemon,
    file: File,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay until it is done; exit code 0 only if it succeeded.")
    ] = False,
    expect_plan: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="Refuse, with what has changed, unless this plan is still what would run."),
    ] = None,
    as_json: Json = False,
    patience: Patience = PATIENCE,
) -> None:
    """Have a request run. With --json: the backfill; with --watch as well, the backfill at its end."""
    document = read_file(file)
    with placed_in(document):
        operation = daemon.post("/v1/backfills", _expecting(plain(document), expect_plan))
    backfill = written(daemon, operation)
    if as_json and not watch:
        return print_json(backfill)
    if not as_json:
        tell_accepted(backfill)
    if watch:
        return watch_to_end(daemon, backfill["id"], as_json=as_json, patience=patience)
    return console().print(f"to see it run: backfill watch {backfill['id']}")


@with_daemon
def watch(daemon: Daemon, backfill: BackfillId, as_json: Json = False, patience: Patience = PATIENCE) -> None:
    """Follow a backfill until it is done; exit code 0 only if it succeeded. Ctrl-C leaves it running."""
    watch_to_end(daemon, backfill, as_json=as_json, patience=patience)


def _expecting(request: object, plan: str | None) -> object:
    """The request, with the plan that was seen."""
    return {**request, "expect_plan": plan} if plan and isinstance(request, dict) else request


def tell_accepted(backfill: View) -> None:
    """One line: which backfill it became, and how large."""
    console().print(f"accepted: {title(backfill)}, {size_of(backfill)}")


def size_of(backfill: View) -> str:
    """How much of a backfill will run."""
    left_out = backfill["instances"] - backfill["to_run"]
    aside = f" ({counted(left_out, 'other')} left out)" if left_out else ""
    to_run, dates = counted(backfill["to_run"], "task instance"), counted(backfill["dates"]["count"], "date")
    return f"{to_run}{aside} on {dates}"


def written(daemon: Daemon, operation: View) -> Any:
    """The accepted backfill, once its runs are written."""
    pause = FIRST_PAUSE
    try:
        while operation["status"] in ("pending", "running"):
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            operation = daemon.get(f"/v1/operations/{operation['id']}")
        if operation["status"] == "failed":
            raise CameToNothing(f"the backfill came to nothing: {operation['error']}")
        return daemon.get(f"/v1/backfills/{operation['backfill_id']}")
    except Unreachable as error:
        raise Unreachable(f"backfill {operation['backfill_id']} was accepted, but then: {error}") from None
