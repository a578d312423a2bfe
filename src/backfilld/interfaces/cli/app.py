"""The `backfill` command."""

from __future__ import annotations

import typer

from backfilld.interfaces.cli.plan import plan

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Plan, submit and watch backfills.")


@app.callback()
def main() -> None:
    """Plan, submit and watch backfills."""


app.command()(plan)
