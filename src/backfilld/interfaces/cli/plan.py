"""`backfill plan`: what a request would run, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from backfilld.config.documents import read_documents
from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.drawing import Dot, Pictures, Plot
from backfilld.interfaces.cli.output import Exit, complain, print_json
from backfilld.interfaces.cli.plan_table import show
from backfilld.interfaces.cli.sending import document_in, placed_in, plain, read_file

OFFLINE = "Offline, without a daemon"
File = Annotated[Path, typer.Argument(help="The request, YAML or JSON; - reads standard input.")]
Against = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="ID",
        help="Also what has changed since the plan of this backfill. Without FILE: its own request, planned again.",
    ),
]


@with_daemon
def plan(
    daemon: Daemon,
    file: Annotated[Path | None, typer.Argument(help="The request, YAML or JSON; - reads standard input.")] = None,
    against: Against = None,
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
    plot: Plot = None,
    dot: Dot = None,
) -> None:
    """Show what a request would run; nothing is written but the pictures asked for."""
    pictures = Pictures(plot, dot)
    if pictures.on_stdout and as_json:
        raise typer.BadParameter("--json and --dot - both write to standard output: name a file for one of them")
    if against is not None and (catalog or settings):
        raise typer.BadParameter("--against asks the daemon: leave --catalog and --settings out")
    asked = {"instances": instances and as_json, "grid": not as_json or plot is not None}
    if catalog or settings:
        view = _offline(_needed(file), catalog, settings, asked)
    else:
        view = _by_daemon(daemon, file, against, asked)
    pictures.write(view)
    if as_json:
        print_json({key: value for key, value in view.items() if key != "grid"})
    elif not pictures.on_stdout:
        show(view)
    if errors := [finding for finding in view["findings"] if finding["blocks"]]:
        complain(*(f"{found['subject']}: {found['message']} [{found['code']}]" for found in errors))
        raise typer.Exit(Exit.FAULT)


def _offline(file: Path, folder: Path | None, settings_file: Path | None, asked: Mapping[str, bool]) -> View:
    # planning and settings are heavy imports that only this way needs
    from backfilld.catalog.parse import parse_catalog
    from backfilld.config.settings import load_settings
    from backfilld.interfaces.plan_view import plan_view
    from backfilld.request.resolve import Circumstances
    from backfilld.service.previews import preview

    now = datetime.now(UTC)
    if settings_file is None and folder is not None:
        catalog, given = parse_catalog(read_documents(folder)), Circumstances(accepted_at=now)
    else:
        settings = load_settings(settings_file)
        groups = frozenset(settings.resource_groups)
        catalog = parse_catalog(read_documents(folder or settings.catalog_dir), groups)
        given = Circumstances(accepted_at=now, limits=settings.limits.of_request(), resource_groups=groups)
    return plan_view(preview(document_in(file), catalog, given), **asked)


def _by_daemon(daemon: Daemon, file: Path | None, against: int | None, asked: Mapping[str, bool]) -> View:
    query = asked if against is None else {**asked, "against": against}
    if file is None and against is not None:
        request = daemon.get(f"/v1/backfills/{against}/request")
        again: View = daemon.post("/v1/plans", {key: request[key] for key in request if key != "expect_plan"}, **query)
        return again
    document = read_file(_needed(file))
    with placed_in(document):
        view: View = daemon.post("/v1/plans", plain(document), **query)
    return view


def _needed(file: Path | None) -> Path:
    if file is None:
        raise typer.BadParameter("a request file, or --against ID", param_hint="FILE")
    return file
