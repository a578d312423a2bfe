"""What an administrator asks `backfilld` beside running it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from backfilld.config.settings import Settings, load_settings
from backfilld.errors import Faulty
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import Exit, complain, console, faults_reported, print_json

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
        if faults := faults_of(found, os.environ, datetime.now(UTC)):
            raise Unfit(faults)
    console().print("settings, catalog and schedules are good")


def show(
    settings: SettingsFile = None, catalog: CatalogFolder = None, state: StateFolder = None, as_json: Json = False
) -> None:
    """Show every setting, its value, and where it comes from; secrets are not shown."""
    from rich.table import Table

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


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy to make.")],
    settings: SettingsFile = None,
    state: StateFolder = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it is there.")] = False,
) -> None:
    """Copy the store as it is at one moment, also while the daemon runs. Logs and catalog are not in it."""
    from backfilld.store.backups import backup, file_of

    with faults_reported():
        size = backup(file_of(_settings(settings, None, state).store_url), file, force=force)
    console().print(f"{file}: {size:,} bytes")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A copy that `backfilld backup` made.")],
    settings: SettingsFile = None,
    state: StateFolder = None,
    force: Annotated[bool, typer.Option("--force", help="Put aside the store that is there.")] = False,
) -> None:
    """Put a backup in the place of the store, while no daemon runs. What the host runs since then ends at the start."""
    from backfilld.store.backups import file_of, restore

    with faults_reported():
        database = file_of(_settings(settings, None, state).store_url)
        kept = restore(file, database, datetime.now(UTC), force=force)
    aside = f"; what was there is {kept}" if kept else ""
    console().print(f"{database} is {file} again{aside}")


def verify(settings: SettingsFile = None, state: StateFolder = None, as_json: Json = False) -> None:
    """Hold the store against itself, also while the daemon runs; changes nothing. Exit code 1 if something differs."""
    from backfilld.store.verifying import verified

    with faults_reported(), verified(_settings(settings, None, state).store_url) as found:
        count = 0
        for each in found:
            count += 1
            told = {"subject": each.subject, "kept": each.kept, "made_again": each.made_again}
            print_json(told) if as_json else complain(str(each))
    if not as_json:
        several = "" if count == 1 else "s"
        console().print(
            f"{count:,} difference{several}" if count else "counts, states, ledger and audit are as they should be"
        )
    raise typer.Exit(Exit.FAILED if count else Exit.OK)


def add_to(app: typer.Typer) -> None:
    """Make these commands of a program."""
    app.command()(check)
    app.command()(verify)
    app.command()(backup)
    app.command()(restore)
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
