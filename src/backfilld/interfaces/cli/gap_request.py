"""From gaps in the ledger to the request that fills them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from backfilld.interfaces.cli.client import View

GAPS = frozenset({"never_run", "failed", "lost"})
MOST_RANGES = 7
NAMED = 3
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Filling:
    """A request that fills gaps: how many cycles it is for, and how many it leaves for the next."""

    request: Mapping[str, Any]
    cycles: int
    later: int
    """Failed after an earlier success: while others never succeeded, one request cannot mean both."""
    not_due: int
    """Cycles in it whose time has not come."""


def filling(ledger: View, name: str | None, parallelism: int | None) -> Filling | None:
    """The request for the gaps that no active backfill is to run; None if there are none.

    `Missing` runs what never succeeded. Where all gaps are failures after an earlier success, `Failed` runs these.
    """
    gaps = [(item, cycle) for item in ledger["items"] for cycle in item["cycles"] if is_open_gap(cycle)]
    missing = [(item, cycle) for item, cycle in gaps if not cycle["succeeded_once"]]
    chosen = missing or gaps
    if not chosen:
        return None
    items = [item for item in ledger["items"] if any(item is each for each, _ in chosen)]
    ranges = joined({date.fromisoformat(cycle["bizdate"]) for _, cycle in chosen})
    request = {
        "name": name or _name(items),
        "project_id": items[0]["project"],
        "env_type": ledger["env_type"],
        "type": "SupplementData",
        "periods": {"biz_dates": [{"start_biz_date": first, "end_biz_date": last} for first, last in ranges]},
        "default_run_properties": {**_tasks(items), **({} if parallelism is None else {"parallelism": parallelism})},
        "reprocess": "Missing" if missing else "Failed",
        "on_conflict": "Skip",
    }
    return Filling(request, len(chosen), len(gaps) - len(chosen), sum(_not_due(items, ranges)))


def is_open_gap(cycle: View) -> bool:
    """Whether the cycle has no good ending, and no active backfill is to run it."""
    return cycle["status"] in GAPS and cycle["held_by"] is None


def joined(days: Iterable[date], most: int = MOST_RANGES) -> list[tuple[date, date]]:
    """The days as at most so many ranges, both ends included; the nearest are joined.

    >>> [last.day for _, last in joined([date(2024, 1, day) for day in (1, 2, 4, 9)], most=2)]
    [4, 9]
    """
    ordered = sorted(days)
    spaces = [(later - day, number) for number, (day, later) in enumerate(pairwise(ordered), 1)]
    cuts = sorted(number for space, number in sorted(spaces, reverse=True)[: most - 1] if space > _DAY)
    return [(ordered[start], ordered[stop - 1]) for start, stop in zip([0, *cuts], [*cuts, len(ordered)], strict=True)]


def _tasks(items: Sequence[View]) -> dict[str, Any]:
    """Roots are of the request's project; with tasks of others beside them, the includes are what runs."""
    home = items[0]["project"]
    roots = [_reference(item, home) for item in items if item["project"] == home]
    if len(roots) == len(items):
        return {"root_task_ids": roots}
    return {"root_task_ids": roots, "include_task_ids": [_reference(item, home) for item in items]}


def _reference(item: View, home: str) -> str | dict[str, str]:
    """The bare name where it can only mean this task."""
    if item["project"] == home and item["task"] == item["name"]:
        return str(item["name"])
    return {"project": item["project"], "workflow": item["workflow"], "task": item["name"]}


def _name(items: Sequence[View]) -> str:
    names = ", ".join(item["name"] for item in items[:NAMED])
    more = f" and {len(items) - NAMED:,} more" if len(items) > NAMED else ""
    return f"gaps of {names}{more}"[:255]


def _not_due(items: Iterable[View], ranges: Iterable[tuple[date, date]]) -> Iterator[bool]:
    spans = [(first.isoformat(), last.isoformat()) for first, last in ranges]
    for item in items:
        for cycle in item["cycles"]:
            yield cycle["status"] == "not_due" and any(first <= cycle["bizdate"] <= last for first, last in spans)
