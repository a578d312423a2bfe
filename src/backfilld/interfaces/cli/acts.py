"""`backfill rerun`, `cancel`, `hold` and `release`: a whole backfill, one of its dates, or one task instance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from backfilld.errors import NotFound
from backfilld.interfaces.cli.client import Daemon
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.options import BackfillId, Json
from backfilld.interfaces.cli.output import console, print_json
from backfilld.interfaces.cli.progress import line

Run = Annotated[int | None, typer.Option("--run", min=1, help="Only the run of this id.")]
Date = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Only this business date.")]
Instance = Annotated[int | None, typer.Option("--instance", min=0, help="Only the task instance of this id.")]


def _act(name: str, promise: str) -> Callable[..., None]:
    """The command of an act; all of them are aimed alike."""

    def ask(
        daemon: Daemon,
        backfill: BackfillId,
        run: Run = None,
        date: Date = None,
        instance: Instance = None,
        as_json: Json = False,
    ) -> None:
        found = daemon.post(f"{_target(daemon, backfill, run, date, instance)}/{name}")
        if as_json:
            print_json(found)
        else:
            console().print(line(found))

    ask.__name__, ask.__doc__ = name, promise
    return with_daemon(ask)


rerun = _act("rerun", "Run again what failed, was lost or cancelled, and what waits for it.")
cancel = _act("cancel", "End what is not ended; what runs is stopped.")
hold = _act("hold", "Let nothing start that is not ended; what runs goes on, and its retry is held.")
release = _act("release", "Let go what is held, by an operator or by its `recurrence: Pause`.")


def _target(daemon: Daemon, backfill: int, run: int | None, date: datetime | None, instance: int | None) -> str:
    """The path of what is meant; what belongs to another backfill is not found."""
    if sum(each is not None for each in (run, date, instance)) > 1:
        raise typer.BadParameter("give only one of --run, --date and --instance")
    if instance is not None:
        if daemon.get(f"/v1/task_instances/{instance}")["backfill_id"] != backfill:
            raise NotFound(f"task instance {instance} in backfill", backfill)
        return f"/v1/task_instances/{instance}"
    if run is None and date is None:
        return f"/v1/backfills/{backfill}"
    day = date.date().isoformat() if date else None
    for each in daemon.items(f"/v1/backfills/{backfill}/runs"):
        if run == each["id"] or day == each["bizdate"]:
            return f"/v1/runs/{each['id']}"
    raise NotFound(f"run {run} in backfill" if run else f"business date {day} in backfill", backfill)
