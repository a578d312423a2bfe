"""`backfill catalog`: what could run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from backfilld.errors import Fault, InvalidRequest, NotFound
from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.completing import task_names
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.instances import id_of
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import console, print_json
from backfilld.interfaces.cli.words import facts
from backfilld.interfaces.pictures.reading import counted

catalog = typer.Typer(no_args_is_help=True, help="What could run: projects, workflows and tasks.")


class Kind(StrEnum):
    """What a catalog has."""

    PROJECTS = "projects"
    WORKFLOWS = "workflows"
    TASKS = "tasks"


What = Annotated[Kind, typer.Argument(metavar="KIND", help="projects, workflows or tasks.")]
Project = Annotated[str | None, typer.Option(help="Only of this project, by id or name.")]
Workflow = Annotated[str | None, typer.Option(help="Only of this workflow, by id, or by name with --project.")]
TaskRef = Annotated[
    str | None,
    typer.Argument(metavar="TASK", help="Its id, its name, or PROJECT/WORKFLOW/TASK.", autocompletion=task_names),
]
COLUMNS = {
    Kind.PROJECTS: ("id", "name", "timezone", "workflows"),
    Kind.WORKFLOWS: ("id", "project", "name", "type", "tasks"),
    Kind.TASKS: ("id", "project", "workflow", "name", "cron", "resource_group"),
}


@catalog.command("list")
@with_daemon
def list_(
    daemon: Daemon,
    kind: What = Kind.WORKFLOWS,
    project: Project = None,
    workflow: Workflow = None,
    as_json: Json = False,
) -> None:
    """List the workflows of the running catalog, or its projects or tasks."""
    given = {"project": project, "workflow": workflow}
    if wrong := [f"--{name}" for name, ref in given.items() if ref is not None and name not in _narrowing(kind)]:
        raise typer.BadParameter(f"{' and '.join(wrong)} says nothing about {kind.value}")
    asked = {name: ref for name, ref in given.items() if ref is not None}
    found = list(daemon.items(f"/v1/{kind.value}", **asked))
    if as_json:
        return print_json(found)
    return console().print(_table(found, COLUMNS[kind]) if found else f"no {kind.value}")


@catalog.command()
@with_daemon
def show(daemon: Daemon, task: TaskRef = None, as_json: Json = False) -> None:
    """Show a task of the running catalog, and what it waits for; without one, which catalog runs."""
    found = daemon.get("/v1/catalog") if task is None else daemon.get(f"/v1/tasks/{_task(daemon, task)}")
    if as_json:
        return print_json(found)
    if task is None:
        return console().print(_summary(found))
    return console().print(facts(_told(found)))


@catalog.command()
@with_daemon
def reload(daemon: Daemon, as_json: Json = False) -> None:
    """Have the daemon read catalog and schedules again: all of it is taken, or refused and what runs stays."""
    found = daemon.post("/v1/catalog/reload")
    return print_json(found) if as_json else console().print(_summary(found))


def _narrowing(kind: Kind) -> Sequence[str]:
    return {Kind.PROJECTS: (), Kind.WORKFLOWS: ("project",), Kind.TASKS: ("project", "workflow")}[kind]


def _task(daemon: Daemon, ref: str) -> int:
    """The id of a task; raises `NotFound`, and `InvalidRequest` where several have the name."""
    if (number := id_of(ref)) is not None:
        return number
    found = [each for each in daemon.items("/v1/tasks") if ref in (each["name"], _full_name(each))]
    if not found:
        raise NotFound("task", ref)
    if len(found) > 1:
        raise InvalidRequest([Fault("TASK", ref, f"one of: {', '.join(map(_full_name, found))}")])
    return int(found[0]["id"])


def _full_name(task: View) -> str:
    return f"{task['project']}/{task['workflow']}/{task['name']}"


def _summary(found: View) -> str:
    counts = ", ".join(counted(found[kind.value], kind.value[:-1]) for kind in Kind)
    return f"catalog {found['version_id']}: {counts}"


def _table(rows: Sequence[View], columns: Sequence[str]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:
        right = name in ("id", "workflows", "tasks")
        table.add_column(name.replace("_", " "), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(row[name])) for name in columns))
    return table


def _told(task: View) -> Iterator[tuple[str, object]]:
    yield "task", f"{_full_name(task)} ({task['id']})"
    after = counted(task["business_date_offset"], "day")
    yield "cycles", f"{task['cron']} ({task['timezone']}), {after} after the business date"
    yield "runs", task["command"] or task["python"] or "nothing: it succeeds at once"
    yield "retries", f"{task['retries']}, after {task['retry_delay']:g} s"
    if task["timeout"] is not None:
        yield "timeout", f"{task['timeout']:g} s"
    yield "resource group", task["resource_group"]
    for name in ("priority", "max_active", "owner", "description"):
        if task[name] is not None:
            yield name.replace("_", " "), task[name]
    if task["parameters"]:
        yield "parameters", ", ".join(f"{name}={value}" for name, value in task["parameters"].items())
    for end in ("upstream", "downstream"):
        yield end, ", ".join(map(_need, task[end])) or "nothing"


def _need(task: View) -> str:
    reach = {"previous": " (previous cycle)", "dates": f" (last {task['dates']} dates)"}.get(task["cycle"], "")
    return f"{_full_name(task)}{reach}"
