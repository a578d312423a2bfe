"""Usage errors in one line: `backfill` is used by scripts whose logs are read later."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from backfilld.interfaces.cli.output import Exit, complain

UsageError: type[Any] = typer.BadParameter.__mro__[1]
"""Typer names only this one of the errors that a command line can have."""


class Commands(TyperGroup):
    """A group of commands; without any it shows its help."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run and leave."""
        given = list(sys.argv[1:] if args is None else args)
        _leave(super().main, given or ["--help"], extra)


class Program(TyperGroup):
    """A program that does its work when no command is given."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run and leave."""
        _leave(super().main, list(sys.argv[1:] if args is None else args), extra)


def _leave(main: Callable[..., Any], args: list[str], extra: dict[str, Any]) -> NoReturn:
    try:
        sys.exit(main(args, **{**extra, "standalone_mode": False}) or Exit.OK)
    except OSError as error:  # a full disk behind the pipe
        complain(f"cannot go on: {error}")
        sys.exit(Exit.FAULT)
    except typer.Abort:
        sys.exit(Exit.INTERRUPTED)
    except UsageError as error:
        context, told = error.ctx, error.format_message()
        if told:  # a group without a command has shown its help instead
            complain(f"{told} (see: {context.command_path} --help)" if context else told)
        sys.exit(Exit.FAULT)
