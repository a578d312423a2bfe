"""What an administrator asks `backfilld` beside running it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from backfilld.config.settings import Settings, load_settings
from backfilld.errors import Faulty
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import console, faults_reported, print_json

SettingsFile = Annotated[Path | None, typer.Option("--settings", help="A TOML file; left out: the system's.")]
CatalogFolder = Annotated[Path | None, typer.Option("--catalog", help="The folder of the catalog.")]
StateFolder = Annotated[Path | None, typer.Option("--state", help="The folder of database, spool and token.")]


class Unfit(Faulty):
    """Something that the daemon would read at its start is wrong."""

    code = "unfit"


def check(settings: SettingsFile = None, catalog: CatalogFolder = None, state: StateFolder = None) -> None:
    """Judge settings, catalog, schedules and files of secrets without starting. Exit code 2 and every fault, or 0."""
    from backfilld.config.checking import faults_of

    with faults_reported():
        found = _settings(settings, catalog, state)
        if faults := faults_of(found, os.environ):
            raise Unfit(faults)
    console().print("settings, catalog and schedules are good")


def show(
    settings: SettingsFile = None, catalog: CatalogFolder = None, state: StateFolder = None, as_json: Json = False
) -> None:
    """Show every setting, its value, and where it comes from; secrets are not shown."""
    from backfilld.config.origins import shown_settings

    with faults_reported():
        found = shown_settings(settings, _given(catalog, state))
    if as_json:
        print_json([{"setting": each.setting, "value": each.value, "source": each.source} for each in found])
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("setting", "value", "from"):
        table.add_column(name, overflow="fold")
    for each in found:
        table.add_row(one_line(each.setting), one_line(_text(each.value)), one_line(each.source))
    console().print(table)


def add_to(app: typer.Typer) -> None:
    """Make these commands of a program."""
    app.command()(check)
    config = typer.Typer(help="What the settings say.", no_args_is_help=True)
    config.command()(show)
    config.callback()(lambda: None)
    app.add_typer(config, name="config")


def _settings(file: Path | None, catalog: Path | None, state: Path | None) -> Settings:
    return load_settings(file, **_given(catalog, state))


def _given(catalog: Path | None, state: Path | None) -> dict[str, Any]:
    given = {"catalog_dir": catalog, "state_dir": state}
    return {name: value for name, value in given.items() if value is not None}


def _text(value: object) -> str:
    if value is None:
        return "left out"
    return ", ".join(value) if isinstance(value, list) else str(value)
