"""The `backfilld` command: it hands its settings to whoever can run a daemon or a runner."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from backfilld.config.runner_settings import RunnerSettings, load_runner_settings
from backfilld.config.settings import Settings, load_settings
from backfilld.interfaces.cli import upkeep
from backfilld.interfaces.cli.output import Exit, complain, faults_reported
from backfilld.interfaces.cli.usage import Program
from backfilld.interfaces.cli.version import tell_version

T = TypeVar("T")
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="A TOML file; left out: the system's.")]

Version = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=tell_version("backfilld"), help="Say which, and leave.")
]


def daemon_app(run: Callable[[Settings], int], run_runner: Callable[[RunnerSettings], int]) -> typer.Typer:
    """The program; both answer the exit code."""
    app = typer.Typer(cls=Program, pretty_exceptions_enable=False, add_completion=False)

    @app.callback(invoke_without_command=True)
    def start(
        context: typer.Context,
        settings: SettingsFile = None,
        catalog: Annotated[Path | None, typer.Option(help="The folder of the catalog.")] = None,
        state: Annotated[Path | None, typer.Option(help="The folder of database, spool and token.")] = None,
        port: Annotated[int | None, typer.Option(help="The port on loopback; 0 takes any free one.")] = None,
        version: Version = False,
    ) -> None:
        """The backfill scheduler daemon: without a command it runs until SIGTERM. SIGHUP reads its files again."""
        given = _given(settings=settings, catalog_dir=catalog, state_dir=state, port=port)
        if context.invoked_subcommand is None:
            with faults_reported():
                raise typer.Exit(_ran(run, load_settings(given.pop("settings", None), **given)))
        if given:
            complain(f"options of `{context.invoked_subcommand}` go behind it")
            raise typer.Exit(Exit.FAULT)

    @app.command()
    def runner(
        settings: SettingsFile = None,
        spool: Annotated[Path | None, typer.Option(help="The folder of run records and logs.")] = None,
        socket: Annotated[Path | None, typer.Option(help="Where the daemon finds it.")] = None,
    ) -> None:
        """Run tasks for a daemon whose settings say `executor = "socket"`, until SIGTERM; what runs then goes on."""
        given = _given(spool_dir=spool, socket=socket)
        with faults_reported():
            raise typer.Exit(_ran(run_runner, load_runner_settings(settings, **given)))

    upkeep.add_to(app)
    return app


def _given(**options: Any) -> dict[str, Any]:
    """Those of the options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def _ran(run: Callable[[T], int], settings: T) -> int:
    """The exit code of what runs until it is told to end."""
    try:
        return run(settings)
    except OSError as error:
        complain(f"cannot start: {error}")
        return Exit.FAILED
