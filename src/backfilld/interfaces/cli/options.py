"""Arguments that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from backfilld.interfaces.cli.completing import backfill_ids, context_names

BackfillId = Annotated[
    int,
    typer.Argument(
        metavar="ID", min=1, help="The backfill's id, as `backfill list` shows it.", autocompletion=backfill_ids
    ),
]
ContextName = Annotated[
    str | None,
    typer.Option(
        "--context",
        envvar="BACKFILL_CONTEXT",
        metavar="NAME",
        help="The daemon of this context: see `context list`.",
        autocompletion=context_names,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text: one object or list.")]
PATIENCE = 300
Patience = Annotated[
    int, typer.Option(min=0, help="For how many seconds to try again while the daemon does not answer.")
]
