"""`backfill show`: one backfill, and each of its dates with its word and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from rich.table import Table
from rich.text import Text

from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.expected import latest_of, sentence
from backfilld.interfaces.cli.options import BackfillId, Json
from backfilld.interfaces.cli.output import console, print_json
from backfilld.interfaces.cli.progress import Progress, by_state, title
from backfilld.interfaces.cli.words import facts, period, styled
from backfilld.interfaces.pictures.reading import counted

ONE_BY_ONE = 31
"""More dates than a month has are shown as stretches of the same word."""
MOST_ROWS = 60


@with_daemon
def show(daemon: Daemon, backfill: BackfillId, as_json: Json = False) -> None:
    """Show a backfill and its dates. With --json: the backfill, in `run_list` all its runs, and its latest forecast."""
    found = daemon.get(f"/v1/backfills/{backfill}")
    runs: list[View] = list(daemon.items(f"/v1/backfills/{backfill}/runs"))
    latest = latest_of(daemon, found)
    if as_json:
        return print_json({**found, "run_list": runs, "forecast": latest})
    out = console()
    out.print(Text.assemble(title(found), ": ", styled(found["status"])))
    out.print(facts(_told(found, latest)))
    rows = list(_rows(runs))
    out.print(_table(rows[:MOST_ROWS]))
    if len(rows) > MOST_ROWS:
        out.print(f"{len(rows) - MOST_ROWS:,} more rows: backfill show {backfill} --json")
    return None


def _told(found: View, latest: View | None) -> Iterator[tuple[str, object]]:
    at = Progress.of(found["counts"])
    if found["reason"]:
        yield "why", found["reason"]["message"]
    yield "catalog", f"{found['project']} / {found['workflow'] or 'all workflows'} ({found['env_type']})"
    yield "instances", f"{at.done:,} of {at.total:,} done ({at.percent}): {by_state(found)}"
    yield "how", ", ".join(_manners(found))
    yield "accepted", found["accepted_at"]
    if found["done_at"]:
        yield "done", found["done_at"]
    if found["expired_at"]:
        yield "expired", f"{found['expired_at']}: instances, attempts and logs are not kept any more"
    if latest:
        yield "end", sentence(latest)
    yield "plan", f"{found['plan_hash'][:12]} of catalog {found['version_id']}"
    if amendments := found["amendments"]:
        times, last = counted(len(amendments), "time"), amendments[-1]
        yield "amended", f"{times}, last at {last['at']} by {last['by']}: {', '.join(last['what'])}"
    if found["schedule"]:
        yield "schedule", found["schedule"]
    if found["tags"]:
        yield "tags", ", ".join(f"{tag['key']}={tag['value']}" for tag in found["tags"])
    if found["comment"]:
        yield "comment", found["comment"]


def _manners(found: View) -> Iterator[str]:
    at_once = found["parallelism"]
    if found["type"] != "SupplementData":
        yield found["type"]
    yield f"{at_once} date{'s' if at_once > 1 else ''} at a time"
    yield {"Asc": "oldest first", "Desc": "newest first"}.get(found["order"], str(found["order"]))
    if found["priority"] is not None:
        yield f"priority {found['priority']}"
    if policy := found["run_policy"]:
        ahead = ", also before its cycle times" if policy["immediately"] else ""
        yield f"starts {policy['type']} from {policy['start_time']} to {policy['end_time']}{ahead}"
    yield f"on failure {found['on_failure']}"
    if found["reprocess"] != "All":
        yield f"only what is {found['reprocess'].lower()}"
    yield f"on conflict {found['on_conflict']}"


def _rows(runs: list[View]) -> Iterator[tuple[str, int, str, Counter[str]]]:
    """Dates, how many, their word, their counts: each alone, or a stretch of the same word in run order."""
    key = "bizdate" if len(runs) <= ONE_BY_ONE else "status"
    for _, stretch in groupby(runs, lambda run: run[key]):
        same = list(stretch)
        counts: Counter[str] = Counter()
        for run in same:
            counts.update(run["counts"])
        yield period(same[0]["bizdate"], same[-1]["bizdate"]), len(same), same[0]["status"], counts


def _table(rows: list[tuple[str, int, str, Counter[str]]]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    several = any(many > 1 for _, many, _, _ in rows)
    for name in ("date", *(["dates"] if several else []), "status", "done", "of", "running", "failed"):
        left = name in ("date", "status")
        table.add_column(name, justify="left" if left else "right", no_wrap=True)
    for dates, many, word, counts in rows:
        at = Progress.of(counts)
        cells = [f"{number:,}" if number else "." for number in (at.running, at.failed)]
        table.add_row(dates, *([f"{many:,}"] if several else []), styled(word), f"{at.done:,}", f"{at.total:,}", *cells)
    return table
