"""What a shell offers where a word is begun: asked of the daemon, quickly, and never an error."""

from __future__ import annotations

from typing import Any

import typer

from backfilld.errors import ProductError
from backfilld.interfaces.cli.legible import one_line

MOST = 50
Offers = list[tuple[str, str]]
"""Words, and what each is."""


def backfill_ids(ctx: typer.Context, incomplete: str) -> Offers:
    """The newest backfills whose id begins so, with name and word."""
    found = _items(ctx, "/v1/backfills", limit=MOST)
    return _offered(incomplete, ((each["id"], f"{each['name']}, {each['status']}") for each in found))


def schedule_names(ctx: typer.Context, incomplete: str) -> Offers:
    """Schedules whose name begins so."""
    return _offered(incomplete, ((each["name"], each["cron"]) for each in _items(ctx, "/v1/schedules")))


def operation_ids(ctx: typer.Context, incomplete: str) -> Offers:
    """The newest acts on many items whose id begins so, with the act and its word."""
    found = _items(ctx, "/v1/operations", kind="act", limit=MOST)
    return _offered(incomplete, ((each["id"], f"{each['act']}, {each['status']}") for each in found))


def task_names(ctx: typer.Context, incomplete: str) -> Offers:
    """Tasks of the running catalog whose name begins so."""
    found = _items(ctx, "/v1/tasks", limit=1000)
    return _offered(incomplete, ((each["name"], f"{each['project']}/{each['workflow']}") for each in found))


def context_names(incomplete: str) -> list[str]:
    """Contexts whose name begins so."""
    from backfilld.interfaces.cli.contexts import read_contexts

    try:
        return [name for name in read_contexts().named if name.startswith(incomplete)]
    except ProductError:
        return []


def _items(ctx: typer.Context, path: str, **query: Any) -> list[dict[str, Any]]:
    """The first page of a listing; nothing from a daemon that does not answer at once."""
    # heavy imports that the start of every command would wait for
    from backfilld.interfaces.cli.client import QUICK, Daemon
    from backfilld.interfaces.cli.meant import where_of

    try:
        with Daemon(where_of(ctx, ctx.params), QUICK) as daemon:
            found: list[dict[str, Any]] = daemon.get(path, **query)["items"]
            return found
    except (ProductError, KeyError, TypeError):
        return []


def _offered(incomplete: str, words: Any) -> Offers:
    """Those that begin so, each once; what others wrote cannot move the cursor."""
    told = {one_line(word): one_line(about) for word, about in words}
    return [(word, about) for word, about in told.items() if word.startswith(incomplete)]
