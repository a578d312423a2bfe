"""The `backfilld` command: it hands its settings to whoever can run a daemon."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from backfilld.config.settings import Settings, load_settings
from backfilld.interfaces.cli.output import Exit, complain, faults_reported
from backfilld.interfaces.cli.usage import Command
from backfilld.interfaces.cli.version import tell_version

SettingsFile = Annotated[Path | None, typer.Option("--settings", help="A TOML file; left out: the system's.")]

Version = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=tell_version("backfilld"), help="Say which, and leave.")
]


def daemon_app(run: Callable[[Settings], int]) -> typer.Typer:
    """The command; `run` answers the exit code."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False, help="The backfill scheduler daemon.")

    @app.command(cls=Command)
    def start(
        settings: SettingsFile = None,
        catalog: Annotated[Path | None, typer.Option(help="The folder of the catalog.")] = None,
        state: Annotated[Path | None, typer.Option(help="The folder of database, spool and token.")] = None,
        port: Annotated[int | None, typer.Option(help="The port on loopback; 0 takes any free one.")] = None,
        version: Version = False,
    ) -> None:
        """Run until SIGTERM. SIGHUP reads the catalog again."""
        given = {"catalog_dir": catalog, "state_dir": state, "port": port}
        with faults_reported():
            found = load_settings(settings, **{key: value for key, value in given.items() if value is not None})
            try:
                code = run(found)
            except OSError as error:
                complain(f"cannot start: {error}")
                code = Exit.FAILED
        raise typer.Exit(code)

    return app
