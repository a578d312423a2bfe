"""`--version`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

import typer


def tell_version(program: str) -> Callable[[bool], None]:
    """A callback of the option: the program, its version, and nothing else."""

    def tell(asked: bool) -> None:
        if asked:
            typer.echo(f"{program} {version('backfilld')}")
            raise typer.Exit

    return tell
