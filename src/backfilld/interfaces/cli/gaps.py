"""`backfill gaps`: what became of each cycle of some tasks, and the request that fills the gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal

import typer
from rich.text import Text

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.completing import task_names
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.gap_request import GAPS, Filling, filling
from backfilld.interfaces.cli.legible import legible
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import Exit, complain, console, print_json
from backfilld.interfaces.cli.request_text import json_of, yaml_of
from backfilld.interfaces.cli.strips import strips
from backfilld.interfaces.cli.submit import tell_accepted, written
from backfilld.interfaces.cli.words import period

WHICH, FILL = "Which cycles", "Fill the gaps"
UNFINISHED = GAPS | {"running"}
NOTHING = "no gaps to fill"


Tasks = Annotated[
    list[str],
    typer.Option(
        rich_help_panel=WHICH, help="An id, a name, or project/workflow/task; repeatable.", autocompletion=task_names
    ),
]
First = Annotated[
    str, typer.Option("--from", rich_help_panel=WHICH, help="The first business date: yyyy-mm-dd, -7d, yesterday.")
]
Last = Annotated[str, typer.Option("--to", rich_help_panel=WHICH, help="The last business date, included.")]
Project = Annotated[str | None, typer.Option(rich_help_panel=WHICH, help="Where names are looked up.")]
Workflow = Annotated[str | None, typer.Option(rich_help_panel=WHICH, help="The same, with --project.")]
Environment = Annotated[Literal["Prod", "Dev"], typer.Option(rich_help_panel=WHICH, help="The environment.")]
Upstream = Annotated[bool, typer.Option("--upstream", rich_help_panel=WHICH, help="Also all tasks upstream of these.")]
Submit = Annotated[
    bool, typer.Option("--submit", rich_help_panel=FILL, help="Have what never succeeded run, as a request.")
]
Request = Annotated[
    bool, typer.Option("--request", rich_help_panel=FILL, help="Print that request alone, to edit; send nothing.")
]
Name = Annotated[str | None, typer.Option(rich_help_panel=FILL, help="The request's name.")]
Parallelism = Annotated[int | None, typer.Option(min=1, rich_help_panel=FILL, help="Its business dates in flight.")]
Check = Annotated[bool, typer.Option("--check", help="Exit code 1 unless every cycle that is due succeeded.")]


@with_daemon
def gaps(
    daemon: Daemon,
    task: Tasks,
    first: First,
    last: Last,
    project: Project = None,
    workflow: Workflow = None,
    env: Environment = "Prod",
    upstream: Upstream = False,
    submit: Submit = False,
    request: Request = False,
    name: Name = None,
    parallelism: Parallelism = None,
    check: Check = False,
    as_json: Json = False,
) -> None:
    """Show what became of each cycle: never run, succeeded, failed, lost, running, or stale.

    Stale: it succeeded, but something upstream succeeded later. With --json: the ledger, and what --submit brought.
    """
    if submit and request:
        raise typer.BadParameter("--request only prints the request that --submit sends: give one of them")
    asked = {"task": task, "start_biz_date": first, "end_biz_date": last, "env_type": env, "upstream": upstream}
    narrowed = {"project": project, "workflow": workflow}
    ledger = daemon.get("/v1/ledger", **asked, **{key: ref for key, ref in narrowed.items() if ref is not None})
    filled = filling(ledger, name, parallelism)
    if request:
        _print_request(filled)
    elif as_json:
        print_json({**ledger, **_submitted(daemon, filled)} if submit else ledger)
    else:
        _show(ledger, filled, offer=not submit)
        if submit and filled:
            _submit(daemon, filled)
    if check and any(UNFINISHED & item["counts"].keys() for item in ledger["items"]):
        raise typer.Exit(Exit.FAILED)


def _print_request(filled: Filling | None) -> None:
    if filled is None:
        return complain(NOTHING)
    return typer.echo(legible(yaml_of(filled.request)))  # as it is: a folded line would be another request


def _submitted(daemon: Daemon, filled: Filling | None) -> dict[str, object]:
    """The request and the backfill that it became; null where there is nothing to run."""
    if filled is None:
        return {"request": None, "backfill": None}
    request = json_of(filled.request)
    return {"request": request, "backfill": written(daemon, daemon.post("/v1/backfills", request))}


def _submit(daemon: Daemon, filled: Filling) -> None:
    _print_request(filled)
    backfill = written(daemon, daemon.post("/v1/backfills", json_of(filled.request)))
    tell_accepted(backfill)
    console().print(f"to see it run: backfill watch {backfill['id']}")


def _show(ledger: View, filled: Filling | None, *, offer: bool) -> None:
    out = console()
    dates = period(ledger["start_biz_date"], ledger["end_biz_date"])
    out.print(Text(f"{ledger['env_type']}, business dates {dates}", style="bold"))
    for line in (*strips(ledger, out.width), *map(Text, _notes(ledger, filled))):
        out.print(line)
    if filled is None:
        out.print(NOTHING)
    elif offer:
        out.print(f"{filled.cycles:,} to run: --submit has them run, --request shows the request")


def _notes(ledger: View, filled: Filling | None) -> Iterator[str]:
    """What the strips do not say."""
    cycles = [cycle for item in ledger["items"] for cycle in item["cycles"]]
    held = Counter(each["held_by"] for each in cycles if each["status"] in GAPS and each["held_by"] is not None)
    for backfill, count in sorted(held.items()):
        yield f"{count:,} of the gaps are backfill {backfill}'s to run"
    if stale := sum(each["status"] == "stale" for each in cycles):
        yield f"{stale:,} stale: as they succeeded, only a request of these dates with `reprocess: All` runs them again"
    if filled and filled.later:
        yield f"{filled.later:,} failed after an earlier success: they are no part of the request; fill these after it"
    if filled and filled.not_due:
        yield f"{filled.not_due:,} whose time has not come are on the dates of the request, and wait for it"
