"""A plan as JSON: one form for the command line and for HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from typing import Any

from backfilld.catalog.models import PREVIOUS, SAME, LastDates, TaskId
from backfilld.dates import utc_text
from backfilld.planning.difference import Difference, sentences
from backfilld.planning.plan import Plan, PlannedTask, instance_id
from backfilld.service.book import Entry
from backfilld.service.previews import Preview

SPELLED_OUT = 366
STRETCHES_KEPT = 4096


def plan_view(preview: Preview, *, instances: bool = False, grid: bool = False) -> dict[str, Any]:
    """The plan as one object.

    With `instances` each with its cycle time and what it waits for; with `grid` how many each task has on each date.
    """
    plan, names = preview.plan, preview.catalog.short_names
    dates = lru_cache(None)(_dates)  # many tasks are left out on the same ones
    left_out = plan.cycles_left_out()
    aside = plan.bridged | {left.task for left in plan.excluded}
    view: dict[str, Any] = {
        "version_id": str(plan.catalog_version),
        "plan_hash": plan.hash,
        "dates": [day.isoformat() for day in plan.dates],
        "closed": [{"date": day.isoformat(), "why": why} for day, why in plan.closed.items()],
        "tasks": [_task(task) for task in plan.tasks],
        "edges": [[a, b] for a, b, kind in _edges(plan) if kind == SAME],
        "previous_edges": [[a, b] for a, b, kind in _edges(plan) if kind == PREVIOUS],
        "dates_edges": [[a, b, kind.n] for a, b, kind in _edges(plan) if isinstance(kind, LastDates)],
        "bridged": [names[task] for task in preview.catalog.order if task in plan.bridged],
        "passed_edges": [[names[a], names[b]] for a, b in _passed_edges(preview, aside)],
        "left_out": [
            {"task": names[left.task], "dates": dates(left.dates), "cycles": left.cycles, "why": left.why}
            for left in left_out
        ],
        "not_permitted": plan.not_permitted,
        "findings": [asdict(finding) for finding in preview.findings],
        "counts": {
            "dates": len(plan.dates),
            "tasks": len(plan.tasks),
            "instances": plan.size,
            "left_out": plan.size - plan.to_run,
        },
    }
    if instances:
        view["instances"] = list(_instances(plan))
    if grid:
        view["grid"] = _grid(plan)
    return view


def stored_plan_view(entry: Entry) -> dict[str, Any]:
    """The plan of an accepted backfill as one object, with the run of each date; it names no task that is hidden."""
    plan, names = entry.plan, entry.catalog.short_names
    hidden = {names[task] for task in names if not entry.sees(task)}
    edges = [(up, down, kind) for up, down, kind in _edges(plan) if not {up, down} & hidden]
    return {
        "version_id": str(plan.catalog_version),
        "plan_hash": plan.hash,
        "dates": [day.isoformat() for day in plan.dates],
        "runs": list(entry.stored.runs),
        "tasks": [_task(each) | _why(each, hidden) for each in plan.tasks if each.name not in hidden],
        "edges": [[up, down] for up, down, kind in edges if kind == SAME],
        "previous_edges": [[up, down] for up, down, kind in edges if kind == PREVIOUS],
        "dates_edges": [[up, down, kind.n] for up, down, kind in edges if isinstance(kind, LastDates)],
        "bridged": [names[task] for task in entry.catalog.order if task in plan.bridged and entry.sees(task)],
        "left_out": [
            {"task": names[left.task], "dates": _dates(left.dates), "cycles": left.cycles, "why": left.why}
            for left in plan.cycles_left_out()
            if names[left.task] not in hidden
        ],
        "counts": {"dates": len(plan.dates), "tasks": len(plan.tasks), "instances": plan.size, "to_run": plan.to_run},
    }


def _why(task: PlannedTask, hidden: set[str]) -> dict[str, Any]:
    """What it is downstream of may be hidden itself."""
    return {"why": task.why.partition(" of ")[0]} if hidden else {}


def difference_view(backfill: int, difference: Difference) -> dict[str, Any]:
    """What has changed since a backfill's plan: all of it, and in short sentences."""
    whole: dict[str, Any] = json.loads(json.dumps(asdict(difference), default=str))
    return {"against": backfill, "changed": bool(difference), "sentences": sentences(difference), **whole}


def _passed_edges(preview: Preview, aside: frozenset[TaskId]) -> Iterator[tuple[TaskId, TaskId]]:
    """The catalog's edges that touch a task which is passed through or left out, among those that the plan names."""
    named = aside | {task.task.id for task in preview.plan.tasks}
    for task in (preview.catalog.tasks[task] for task in preview.catalog.order if task in named):
        for up in dict.fromkeys(need.task for need in task.depends_on):
            if up in named and up != task.id and (up in aside or task.id in aside):
                yield up, task.id


def _grid(plan: Plan) -> dict[str, Any]:
    """The pattern of each date, the instances of each task on dates of each pattern, and how many a date leaves out."""
    calendar, clock_of = plan.templates.calendar, plan.templates.clock_of
    rows = []
    for pattern in range(len(calendar.patterns)):
        counts = [len(calendar.cycles(clock, pattern).kept) for clock in range(len(calendar.clocks))]
        rows.append([counts[clock] for clock in clock_of])
    left_out = [plan.left_out.get(position, 0).bit_count() for position in range(len(plan.dates))]
    return {"pattern_of": list(calendar.pattern_of), "counts": rows, "left_out": left_out}


def _task(task: PlannedTask) -> dict[str, Any]:
    return {
        "id": task.task.id,
        "name": task.name,
        "why": task.why,
        "priority": task.priority,
        "weight": task.weight,
        "instances": task.instances,
    }


def _dates(dates: tuple[date, ...]) -> list[str]:
    """ISO dates; more than a leap year has come as intervals `first/last` of dates that follow each other."""
    if len(dates) <= SPELLED_OUT:
        return [day.isoformat() for day in dates]
    days = sorted(day.toordinal() for day in dates)
    first = [day for day, before in zip(days, [0, *days], strict=False) if day - 1 != before]
    last = [day for day, after in zip(days, [*days[1:], 0], strict=True) if day + 1 != after]
    return [_stretch(*ends) for ends in zip(first, last, strict=True)]


@lru_cache(STRETCHES_KEPT)
def _stretch(first: int, last: int) -> str:
    """Dates that follow each other, told by the ordinals of the first and the last."""
    begin = date.fromordinal(first).isoformat()
    return begin if first == last else f"{begin}/{date.fromordinal(last).isoformat()}"


def _edges(plan: Plan) -> Iterator[tuple[str, str, object]]:
    for edge in plan.edges:
        yield plan.tasks[edge.up].name, plan.tasks[edge.down].name, edge.kind


def _instances(plan: Plan) -> Iterator[dict[str, Any]]:
    for position, day in enumerate(plan.dates):
        template, waits = plan.template(position), plan.waits_for(position)
        for ordinal in range(template.size):
            yield {
                "id": instance_id(position, ordinal),
                "task": plan.tasks[template.tasks[ordinal]].name,
                "bizdate": day.isoformat(),
                "cycle_time": utc_text(plan.cycle_time(position, ordinal)),
                "waits_for": waits[ordinal],
            }
