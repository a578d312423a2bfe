"""The options that say where the daemon is: one set, on every command that talks to it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from backfilld.interfaces.cli.client import Daemon
from backfilld.interfaces.cli.completing import context_names
from backfilld.interfaces.cli.meant import where_of
from backfilld.interfaces.cli.output import faults_reported

P = ParamSpec("P")
PANEL = "Where the daemon is"
Url = Annotated[
    str | None, typer.Option(envvar="BACKFILL_URL", rich_help_panel=PANEL, help="Its address, with --token.")
]
Token = Annotated[
    str | None,
    typer.Option(
        envvar="BACKFILL_TOKEN",
        rich_help_panel=PANEL,
        help="Its token; others on this host see what stands on a command line, so better by the environment.",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        envvar="BACKFILL_TOKEN_FILE", rich_help_panel=PANEL, help="A file that holds its token; wins over --token."
    ),
]
State = Annotated[
    Path | None,
    typer.Option(
        envvar="BACKFILL_STATE", rich_help_panel=PANEL, help="Its state folder; left out: this user's default."
    ),
]
Context = Annotated[
    str | None,
    typer.Option(rich_help_panel=PANEL, metavar="NAME", help="The one of this context.", autocompletion=context_names),
]
_OPTIONS = {"url": Url, "token": Token, "token_file": TokenFile, "state": State, "context": Context}


def with_daemon(command: Callable[Concatenate[Daemon, P], None]) -> Callable[..., None]:
    """The command with these options in place of its first parameter; its errors become lines and exit codes."""

    def connected(*, about: typer.Context, **given: Any) -> None:
        said = {name: given.pop(name) for name in _OPTIONS}
        with faults_reported(), Daemon(where_of(about, said)) as daemon:
            command(daemon, **given)  # type: ignore[call-arg]

    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    kind = inspect.Parameter.KEYWORD_ONLY
    asked = [inspect.Parameter(name, kind, default=None, annotation=of) for name, of in _OPTIONS.items()]
    asked.append(inspect.Parameter("about", kind, annotation=typer.Context))
    parameters = [*(each.replace(kind=kind) for each in own), *asked]
    connected.__name__, connected.__doc__ = command.__name__, command.__doc__
    connected.__annotations__ = {each.name: each.annotation for each in parameters}
    connected.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return connected
