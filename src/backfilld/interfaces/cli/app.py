"""The `backfill` command."""

from __future__ import annotations

from typing import Annotated

import typer

from backfilld.interfaces.cli.lazily import lazy
from backfilld.interfaces.cli.options import ContextName
from backfilld.interfaces.cli.output import EXIT_CODES
from backfilld.interfaces.cli.version import tell_version

COMMANDS = {
    "plan": "plan:plan",
    "submit": "submit:submit",
    "list": "listing:backfills",
    "show": "show:show",
    "watch": "submit:watch",
    "logs": "logs:logs",
    "explain": "explain:explain",
    "forecast": "forecast:forecast",
    "failures": "failures:failures",
    "gaps": "gaps:gaps",
    "start": "acts:start",
    "pause": "acts:pause",
    "resume": "acts:resume",
    "cancel": "acts:cancel",
    "rerun": "acts:rerun",
    "skip": "acts:skip",
    "hold": "acts:hold",
    "release": "acts:release",
    "trigger": "acts:trigger",
    "stop": "acts:stop",
    "set": "acts:set_",
    "set-state": "acts:set_state",
    "amend": "amend:amend",
    "cut": "amend:cut",
    "operations": "operations:operations",
    "operation": "operations:operation",
    "schedules": "schedules:schedules",
    "catalog": "catalog:catalog",
    "alerts": "alerts:alerts",
    "token": "tokens:tokens",
    "audit": "audit:audit",
    "context": "context:contexts",
    "schema": "schema:schema",
}
"""Each command, and where it is: it is loaded when it is called."""

app = typer.Typer(cls=lazy(COMMANDS), pretty_exceptions_enable=False, epilog=EXIT_CODES)


@app.callback()
def main(
    about: typer.Context,
    context: ContextName = None,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=tell_version("backfill"), help="Say which, and leave.")
    ] = False,
) -> None:
    """Plan, submit and watch backfills."""
    about.obj = context
