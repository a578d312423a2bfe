"""What an act is aimed at: a whole backfill, one of its dates, one instance, or what passes a filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from backfilld.errors import NotFound
from backfilld.interfaces.cli.client import Daemon
from backfilld.interfaces.cli.completing import task_names
from backfilld.interfaces.cli.many import DryRun, Reason, Yes, act_on_many, as_act, followed, look

Run = Annotated[int | None, typer.Option("--run", min=1, help="Only the run of this id.")]
Date = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Only this business date.")]
Instance = Annotated[int | None, typer.Option("--instance", min=0, help="Only the task instance of this id.")]
Tasks = Annotated[
    list[str] | None,
    typer.Option(
        "--task", help="Only instances of this task, by name or id; may be given again.", autocompletion=task_names
    ),
]
States = Annotated[
    list[str] | None,
    typer.Option("--in-state", help="Only instances in this state, such as failed; may be given again."),
]
ONE_OF = "give only one of --run, --date and --instance"
AIM: Mapping[str, Any] = {"run": Run, "date": Date, "instance": Instance, "task": Tasks, "in_state": States}

CARE: Mapping[str, Any] = {"dry_run": DryRun, "yes": Yes, "reason": Reason}
"""Of commands whose act is done to each item."""


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


@dataclass(frozen=True, slots=True)
class Care:
    """How carefully an act is asked for."""

    dry_run: bool = False
    yes: bool = False
    reason: str | None = None


def send(daemon: Daemon, backfill: int, aim: Aim, care: Care, act: str, options: Mapping[str, object]) -> Any:
    """Ask for the act; the backfill after it, and what became of each item. What is another backfill's is not found.

    Of a dry run, what it would come to.
    """
    if aim.task or aim.in_state or care.dry_run or care.reason:
        path, wanted = _filter(backfill, aim)
        reason = {"reason": care.reason} if care.reason else {}
        body = {"act": act, "filter": wanted, **options, **reason}
        if care.dry_run:
            foreseen = look(daemon, path, body)
            _refuse_strangers(daemon, backfill, aim, foreseen["count"])
            return {"act": {"name": act, "dry_run": True, **foreseen}}
        answer = act_on_many(daemon, path, body, yes=care.yes)
        _refuse_strangers(daemon, backfill, aim, sum(answer["counts"].values()))
    else:
        answer = followed(daemon, daemon.post(f"{_target(daemon, backfill, aim)}/{act}", dict(options)))
        if isinstance(answer["act"], Mapping):
            return answer
    return {**daemon.get(f"/v1/backfills/{backfill}"), "act": as_act(answer, act)}


def _filter(backfill: int, aim: Aim) -> tuple[str, dict[str, object]]:
    """What is meant as a filter, and the path where such are taken: instances where any are named, else runs."""
    if sum(each is not None for each in (aim.run, aim.date, aim.instance)) > 1:
        raise typer.BadParameter(ONE_OF)
    if (aim.task or aim.in_state) and (aim.run is not None or aim.instance is not None):
        raise typer.BadParameter("--task and --in-state go with --date, not with --run or --instance")
    wanted: dict[str, object] = {"backfill": {"any_": [backfill]}}
    of_instances = bool(aim.task or aim.in_state or aim.instance is not None)
    number = aim.instance if aim.instance is not None else aim.run
    asked = {"id": number, "business_date": aim.day, "task": aim.task, "state": aim.in_state}
    wanted |= {
        name: {"any_": value if isinstance(value, list) else [value]}
        for name, value in asked.items()
        if value not in (None, [])
    }
    return f"/v1/{'task_instances' if of_instances else 'runs'}/bulk_set_state", wanted


def _refuse_strangers(daemon: Daemon, backfill: int, aim: Aim, meant: int) -> None:
    """Raise `NotFound` where nothing is meant because the backfill has no such date, or task."""
    if meant:
        return
    plan = daemon.get(f"/v1/backfills/{backfill}/plan")
    if aim.day is not None and aim.day not in plan["dates"]:
        raise NotFound(f"business date {aim.day} in backfill", backfill)
    known = {str(task["id"]) for task in plan["tasks"]} | {_last_word(task["name"]) for task in plan["tasks"]}
    for ref in aim.task or ():
        if _last_word(ref) not in known:
            raise NotFound(f"task {ref} in backfill", backfill)


def _last_word(name: str) -> str:
    """Of a full name, which a plan has only for tasks that share their own."""
    return name.rpartition("/")[2]


def _target(daemon: Daemon, backfill: int, aim: Aim) -> str:
    """The path of what is meant."""
    if sum(each is not None for each in (aim.run, aim.date, aim.instance)) > 1:
        raise typer.BadParameter(ONE_OF)
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
