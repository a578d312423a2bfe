"""What the client prints: tables for people, plain text in a pipe, faults one a line, exit codes for scripts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer
from rich.console import Console

from backfilld.errors import ProductError

PIPE_WIDTH = 200


class Exit(IntEnum):
    """Exit codes of `backfill`."""

    OK = 0
    FAILED = 1
    """The backfill failed or was cancelled."""
    FAULT = 2
    """What was given is wrong; nothing was done."""
    UNREACHABLE = 3
    """No daemon answers."""


def console() -> Console:
    """Standard output, wide where nobody has a screen."""
    wide = None if sys.stdout.isatty() else PIPE_WIDTH
    return Console(width=wide, highlight=False, soft_wrap=False)


def complain(*lines: str) -> None:
    """One line each on standard error."""
    for line in lines:
        typer.echo(line, err=True)


@contextmanager
def faults_told() -> Iterator[None]:
    """A `ProductError` becomes its lines on standard error and exit code 2."""
    try:
        yield
    except ProductError as error:
        complain(*(map(str, error.faults) if error.faults else [str(error)]))
        raise typer.Exit(Exit.FAULT) from None
