"""`backfill plan`: what a request would run, before anything runs."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from backfilld.config.documents import read_document, read_documents
from backfilld.interfaces.cli.client import Daemon
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.output import Exit, complain, print_json
from backfilld.interfaces.cli.plan_table import Cells, labels, show
from backfilld.interfaces.cli.sending import placed_in, plain, read_file

OFFLINE = "Offline, without a daemon"
COUNTED_ONE_BY_ONE = 25_000
"""Up to so many instances the daemon is asked for each of them, to say how many fall on which date."""
File = Annotated[Path, typer.Argument(help="The request, YAML or JSON.")]


@with_daemon
def plan(
    daemon: Daemon,
    file: File,
    catalog: Annotated[
        Path | None, typer.Option(rich_help_panel=OFFLINE, help="Plan with the catalog in this folder.")
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=OFFLINE,
            help="Plan with the resource groups and limits of this file, and its catalog unless --catalog.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    instances: Annotated[
        bool, typer.Option("--instances", help="With --json: every instance and what it waits for.")
    ] = False,
) -> None:
    """Show what a request would run; nothing is written."""
    if catalog or settings:
        view, cells = _offline(file, catalog, settings, instances=instances and as_json)
    else:
        view, cells = _by_daemon(daemon, file, instances=instances and as_json, table=not as_json)
    if as_json:
        print_json(view)
    else:
        show(view, cells)
    if errors := [finding for finding in view["findings"] if finding["severity"] == "error"]:
        complain(*(f"{found['subject']}: {found['message']} [{found['code']}]" for found in errors))
        raise typer.Exit(Exit.FAULT)


def _offline(
    file: Path, folder: Path | None, settings_file: Path | None, *, instances: bool
) -> tuple[dict[str, Any], Cells]:
    # planning and settings are heavy imports that only this way needs
    from backfilld.catalog.parse import parse_catalog
    from backfilld.config.settings import load_settings
    from backfilld.interfaces.plan_view import plan_view
    from backfilld.request.resolve import Circumstances
    from backfilld.service.backfills import preview

    now = datetime.now(UTC)
    if settings_file is None and folder is not None:
        catalog, given = parse_catalog(read_documents(folder)), Circumstances(accepted_at=now)
    else:
        settings = load_settings(settings_file)
        groups = frozenset(settings.resource_groups)
        catalog = parse_catalog(read_documents(folder or settings.catalog_dir), groups)
        given = Circumstances(accepted_at=now, limits=settings.limits.of_request(), resource_groups=groups)
    made = preview(read_document(file), catalog, given)
    days = labels(day.isoformat() for day in made.plan.dates)
    calendar, clock_of = made.plan.templates.calendar, made.plan.templates.clock_of
    cells: Cells = {}
    for task, clock in zip(made.plan.tasks, clock_of, strict=True):
        counter = cells[task.name] = Counter(dict.fromkeys(days, 0))
        for label, pattern in zip(days, calendar.pattern_of, strict=True):
            counter[label] += len(calendar.cycles(clock, pattern).kept)
    return plan_view(made, instances=instances), cells


def _by_daemon(daemon: Daemon, file: Path, *, instances: bool, table: bool) -> tuple[dict[str, Any], Cells]:
    document = read_file(file)
    with placed_in(document):
        view = daemon.post("/v1/plans", plain(document), instances=instances)
        if not table:
            return view, {}
        if view["counts"]["instances"] > COUNTED_ONE_BY_ONE:
            return view, {}
        return view, _counted(daemon.post("/v1/plans", plain(document), instances=True))


def _counted(view: dict[str, Any]) -> Cells:
    label_of = dict(zip(view["dates"], labels(view["dates"]), strict=True))
    cells: Cells = {task["name"]: Counter(dict.fromkeys(label_of.values(), 0)) for task in view["tasks"]}
    for instance in view["instances"]:
        cells[instance["task"]][label_of[instance["bizdate"]]] += 1
    return cells
