"""What an act is aimed at: a whole backfill, one of its dates, one instance, or what passes a filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from backfilld.errors import NotFound
from backfilld.interfaces.cli.client import Daemon

Run = Annotated[int | None, typer.Option("--run", min=1, help="Only the run of this id.")]
Date = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Only this business date.")]
Instance = Annotated[int | None, typer.Option("--instance", min=0, help="Only the task instance of this id.")]
Tasks = Annotated[
    list[str] | None, typer.Option("--task", help="Only instances of this task, by name or id; may be given again.")
]
States = Annotated[
    list[str] | None,
    typer.Option("--in-state", help="Only instances in this state, such as failed; may be given again."),
]
AIM: Mapping[str, Any] = {"run": Run, "date": Date, "instance": Instance, "task": Tasks, "in_state": States}


@dataclass(frozen=True, slots=True)
class Aim:
    """The options by which an act is aimed."""

    run: int | None
    date: datetime | None
    instance: int | None
    task: list[str] | None
    in_state: list[str] | None

    @property
    def day(self) -> str | None:
        """The business date, ISO."""
        return self.date.date().isoformat() if self.date else None


def send(daemon: Daemon, backfill: int, aim: Aim, act: str, options: Mapping[str, object]) -> Any:
    """Ask for the act; the answer. What belongs to another backfill is not found."""
    if aim.task or aim.in_state:
        return daemon.post(f"/v1/backfills/{backfill}/acts", {"act": act, "filter": _filter(aim), **options})
    return daemon.post(f"{_target(daemon, backfill, aim)}/{act}", dict(options))


def _filter(aim: Aim) -> dict[str, object]:
    if aim.run is not None or aim.instance is not None:
        raise typer.BadParameter("--task and --in-state go with --date, not with --run or --instance")
    given = {"tasks": aim.task, "states": aim.in_state, "start_biz_date": aim.day, "end_biz_date": aim.day}
    return {name: value for name, value in given.items() if value}


def _target(daemon: Daemon, backfill: int, aim: Aim) -> str:
    """The path of what is meant."""
    if sum(each is not None for each in (aim.run, aim.date, aim.instance)) > 1:
        raise typer.BadParameter("give only one of --run, --date and --instance")
    if aim.instance is not None:
        if daemon.get(f"/v1/task_instances/{aim.instance}")["backfill_id"] != backfill:
            raise NotFound(f"task instance {aim.instance} in backfill", backfill)
        return f"/v1/task_instances/{aim.instance}"
    if aim.run is None and aim.date is None:
        return f"/v1/backfills/{backfill}"
    for each in daemon.items(f"/v1/backfills/{backfill}/runs"):
        if aim.run == each["id"] or aim.day == each["bizdate"]:
            return f"/v1/runs/{each['id']}"
    raise NotFound(f"run {aim.run} in backfill" if aim.run else f"business date {aim.day} in backfill", backfill)
