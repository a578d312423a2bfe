"""Acts on many items: counted first, confirmed where they are very many, followed to their end."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Annotated, Any

import typer

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.output import console

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say how many are meant, and what the first would be answered.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Without asking, however many they are.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the audit.")]
CONFIRMED_FROM, TYPED_FROM = 1_000, 10_000
"""Above so many items somebody has to say yes, above so many by typing their number."""
AT_ONCE = 1_000
"""The most that the daemon answers one by one."""
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0


def act_on_many(daemon: Daemon, path: str, body: Mapping[str, object], *, yes: bool) -> Any:
    """Have the act done to what the filter finds, once that was confirmed; the answer, or the operation's end."""
    asked = dict(body)
    if not yes:
        count = look(daemon, path, body)["count"]
        if count > CONFIRMED_FROM:
            _confirm(count)
            asked["expect_count"] = count
    return followed(daemon, daemon.post(path, {**asked, "limit": AT_ONCE}))


def look(daemon: Daemon, path: str, body: Mapping[str, object]) -> View:
    """How many items are meant, and what the first of them would be answered."""
    found: View = daemon.post(path, {**body, "dry_run": True})
    return found


def followed(daemon: Daemon, answer: View) -> View:
    """The answer itself; that of an operation once it has ended, with its progress on a terminal."""
    if "refusals" not in answer:
        return answer
    with _bar(answer) as bar:
        pause = FIRST_PAUSE
        while answer["status"] in ("pending", "running"):
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            answer = daemon.get(f"/v1/operations/{answer['id']}")
            if bar is not None:
                bar.update(bar.task_ids[0], completed=answer["done"])
    return answer


def as_act(answer: View, name: str) -> dict[str, Any]:
    """Counts and verdicts as every act tells them."""
    if "refusals" not in answer:
        found = {"counts": answer["counts"], "verdicts": answer["verdicts"], "operation_id": answer["operation_id"]}
    else:
        found = {"counts": answer["counts"], "verdicts": answer["refusals"], "operation_id": answer["id"]}
    return {"name": name, **found, **({"error": answer["error"]} if "error" in answer else {})}


def _bar(operation: View) -> Any:
    if not sys.stdout.isatty():
        return nullcontext()
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn(operation["act"].replace("_", " ")),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(),
        transient=True,
    )
    bar.add_task("", total=operation["total"])
    return bar


def _confirm(count: int) -> None:
    """Ask on a terminal; elsewhere nobody can say yes."""
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"{count:,} are meant: add --yes")
    if count > TYPED_FROM:
        typed = typer.prompt(f"{count:,} are meant; type their number to go on", default="", show_default=False)
        if typed.replace(",", "").replace(" ", "") == str(count):
            return
    elif typer.confirm(f"{count:,} are meant. Go on?"):
        return
    raise typer.BadParameter("not confirmed; nothing was done")
