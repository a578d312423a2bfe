"""Acts on many items: by_verdict first, confirmed where they are very many, followed to their end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Annotated, Any

import typer

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.endpoint import Unreachable
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.output import complain, console

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
REASONS_SHOWN = 10
_GOING = ("pending", "running")


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
    """The answer itself; that of an operation once it has ended, and before that how to follow it from elsewhere."""
    if not is_act(answer):
        return answer
    if answer["status"] in _GOING:
        number = answer["id"]
        complain(f"operation {number} goes on by itself; to see how far it is: backfill operation {number} --wait")
    return waited_for(daemon, answer)


def waited_for(daemon: Daemon, operation: View, patience: int = 0) -> View:
    """An operation once it has ended, with the progress of an act on a terminal.

    Raises `Unreachable` for a daemon that is silent for longer than `patience` seconds.
    """
    pause, heard = FIRST_PAUSE, time.monotonic()
    with _bar(operation) as bar:
        while operation["status"] in _GOING:
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            try:
                operation, heard = daemon.get(f"/v1/operations/{operation['id']}"), time.monotonic()
            except Unreachable:
                if time.monotonic() - heard > patience:
                    raise
            if bar is not None:
                bar.update(bar.task_ids[0], completed=operation["done"])
    return operation


def is_act(answer: View) -> bool:
    """Whether it is an act that goes on, or has, as an operation."""
    return "refusals" in answer


def by_verdict(counts: View) -> str:
    """How many items were answered how, those that any were."""
    return ", ".join(f"{number:,} {word.replace('_', ' ')}" for word, number in counts.items() if number)


def all_rejected(counts: View) -> bool:
    """Whether items were meant, and each of them was rejected."""
    return bool(counts.get("rejected")) and not any(number for word, number in counts.items() if word != "rejected")


def reasons(verdicts: Sequence[View]) -> Iterator[str]:
    """Why an act was not done to items, or not at once: a line for each of the first."""
    found = [each for each in verdicts if each["verdict"] in ("rejected", "later")]
    for each in found[:REASONS_SHOWN]:
        seconds = f" (up to {each['seconds']} s)" if each["seconds"] is not None else ""
        yield one_line(f"  {each['of']} {each['id']}: {each['reason']}{seconds}")
    if len(found) > REASONS_SHOWN:
        yield f"  and {len(found) - REASONS_SHOWN:,} more"


def as_act(answer: View, name: str) -> dict[str, Any]:
    """Counts and verdicts as every act tells them."""
    if not is_act(answer):
        found = {"counts": answer["counts"], "verdicts": answer["verdicts"], "operation_id": answer["operation_id"]}
    else:
        found = {"counts": answer["counts"], "verdicts": answer["refusals"], "operation_id": answer["id"]}
    return {"name": name, **found, **({"error": answer["error"]} if "error" in answer else {})}


def _bar(operation: View) -> Any:
    if not is_act(operation) or not sys.stdout.isatty():
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
