"""`backfill amend` and `backfill cut`: other terms, dates, windows and waits for a backfill that was accepted."""

from __future__ import annotations

from typing import Annotated

import typer

from backfilld.interfaces.cli.acts import KeepPlace, Parallelism
from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.instances import Instance, instance_of
from backfilld.interfaces.cli.legible import one_line
from backfilld.interfaces.cli.options import BackfillId, Json
from backfilld.interfaces.cli.output import console, print_json
from backfilld.interfaces.cli.progress import line, title
from backfilld.interfaces.cli.submit import size_of

DATES = "DATE[..DATE]"
Add = Annotated[
    list[str] | None,
    typer.Option(metavar=DATES, help="More business dates, such as 2024-02-01..2024-02-10; may be given again."),
]
Drop = Annotated[
    list[str] | None,
    typer.Option(metavar=DATES, help="Business dates of which nothing more is to start; may be given again."),
]
Window = Annotated[
    str | None,
    typer.Option(metavar="FROM-TO", help="Start only at these times of day, such as 22:00-06:00, instead of others."),
]
Weekend = Annotated[bool, typer.Option("--weekend", help="That window opens on Saturdays and Sundays only.")]
Immediately = Annotated[bool, typer.Option("--immediately", help="In that window cycle times are not waited for.")]
OwnWindows = Annotated[bool, typer.Option("--own-windows", help="Each task has its own window again.")]
Priority = Annotated[
    int | None, typer.Option("--priority", min=1, max=11, help="Who goes first between backfills: higher.")
]
ExpectPlan = Annotated[
    str | None, typer.Option(metavar="HASH", help="Refuse unless this is still the backfill's plan.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and do nothing.")]


@with_daemon
def amend(
    daemon: Daemon,
    backfill: BackfillId,
    add: Add = None,
    drop: Drop = None,
    window: Window = None,
    weekend: Weekend = False,
    immediately: Immediately = False,
    own_windows: OwnWindows = False,
    parallelism: Parallelism = None,
    priority: Priority = None,
    on_failure: KeepPlace = None,
    expect_plan: ExpectPlan = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Change a backfill while it runs: dates, windows, terms; all of it or nothing. What has started goes on."""
    if (weekend or immediately) and window is None:
        raise typer.BadParameter("--weekend and --immediately go with --window")
    if own_windows and window is not None:
        raise typer.BadParameter("give only one of --window and --own-windows")
    policy = None if window is None else _policy(window, weekend=weekend, immediately=immediately)
    windows = {"run_policy": policy} if policy or own_windows else {}
    terms = {"parallelism": parallelism, "priority": priority, "on_failure": on_failure, "expect_plan": expect_plan}
    dates = {"add_dates": _ranges(add), "drop_dates": _ranges(drop)}
    asked = {name: value for name, value in {**terms, **dates}.items() if value} | windows
    if not asked.keys() - {"expect_plan"}:
        raise typer.BadParameter("say what to change")
    _tell(daemon.patch(f"/v1/backfills/{backfill}", asked | ({"dry_run": True} if dry_run else {})), as_json=as_json)


@with_daemon
def cut(
    daemon: Daemon,
    instance: Instance,
    upstream: Annotated[
        list[str], typer.Option(metavar="INSTANCE", help="What it no longer waits for; may be given again.")
    ],
    as_json: Json = False,
) -> None:
    """Let a task instance no longer wait for some that it waits for."""
    ups = [instance_of(daemon, each) for each in upstream]
    found = daemon.post(f"/v1/task_instances/{instance_of(daemon, instance)}/cut", {"upstream": ups})
    _tell(found, as_json=as_json)


def _ranges(given: list[str] | None) -> list[dict[str, str]]:
    """Ranges as the daemon takes them.

    >>> [list(each.values()) for each in _ranges(["-7d .. yesterday", "2024-02-01"])]
    [['-7d', 'yesterday'], ['2024-02-01', '2024-02-01']]
    """
    found = [[part.strip() for part in each.split("..", 1)] for each in given or []]
    return [{"start_biz_date": each[0], "end_biz_date": each[-1]} for each in found]


def _policy(window: str, *, weekend: bool, immediately: bool) -> dict[str, object]:
    start, _, end = window.partition("-")
    kind = "Weekend" if weekend else "Daily"
    return {"type": kind, "start_time": _time(start), "end_time": _time(end), "immediately": immediately}


def _time(text: str) -> str:
    """To the second, as the daemon wants it.

    >>> _time("22:00 "), _time("06:00:59"), _time("6 am")
    ('22:00:00', '06:00:59', '6 am')
    """
    text = text.strip()
    return f"{text}:00" if text.count(":") == 1 else text


def _tell(found: View, *, as_json: bool) -> None:
    """What has become of it, in a sentence or two."""
    out = console()
    if as_json:
        print_json(found)
    elif found.get("dry_run"):
        for change in found["changes"] or ["nothing would change"]:
            out.print(one_line(f"  {change}"))
        out.print(f"{size_of(found)}, plan {found['plan_hash'][:12]}; nothing was done")
    else:
        out.print(f"amended ({len(found['amendments'])}): {title(found)}, {size_of(found)}")
        out.print(line(found))
