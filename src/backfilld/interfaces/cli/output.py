"""What the client prints: tables for people, plain text in a pipe, faults one a line, exit codes for scripts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

import typer

from backfilld.errors import ProductError
from backfilld.interfaces.cli.legible import json_text, one_line

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 100_000
"""Nothing is folded where nobody has a screen: one row stays one line."""


class Exit(IntEnum):
    """Exit codes of `backfill`."""

    OK = 0
    """The act was done; with `watch` and `submit --watch`: the backfill succeeded."""
    FAILED = 1
    """The backfill failed or was cancelled; an act was rejected for all that was meant, or ended early; with `gaps
    --check`: a cycle that is due has not succeeded; with `audit --check`: an entry was changed."""
    FAULT = 2
    """What was given is wrong; nothing was done."""
    UNREACHABLE = 3
    """No daemon answers, or it is in trouble."""
    REFUSED = 4
    """There is no token, or the daemon refused it."""
    INTERRUPTED = 130
    """Ctrl-C; the backfill goes on."""


EXIT_CODES = (
    "Exit codes: 0 done (watch, submit --watch: the backfill succeeded); 1 the backfill failed or was cancelled "
    "(an act: all was rejected, or it ended early; gaps --check: a cycle that is due has not succeeded; "
    "audit --check: changed); 2 what was given is wrong; 3 no daemon answers; "
    "4 no token, or refused; 130 Ctrl-C (the backfill goes on)."
)
_EXIT_BY_CODE = {
    "daemon_unreachable": Exit.UNREACHABLE,
    "token_refused": Exit.REFUSED,
    "came_to_nothing": Exit.FAILED,
}


def console() -> Console:
    """Standard output: with colours on a terminal alone, whatever the environment says about forcing them."""
    from rich.console import Console  # the daemon has no use for it, and starts without

    screen = sys.stdout.isatty()
    return Console(width=None if screen else PIPE_WIDTH, force_terminal=screen, highlight=False, markup=False)


def complain(*lines: str) -> None:
    """One line each on standard error."""
    for line in lines:
        typer.echo(one_line(line), err=True)


def print_json(value: object) -> None:
    """One JSON value on one line."""
    typer.echo(json_text(value))


@contextmanager
def faults_reported() -> Iterator[None]:
    """A `ProductError` becomes its lines on standard error and the exit code of its kind."""
    try:
        yield
    except ProductError as error:
        complain(*(map(str, error.faults) if error.faults else str(error).splitlines()))
        raise typer.Exit(_EXIT_BY_CODE.get(error.code, Exit.FAULT)) from None
