"""A plan as JSON: one form for the command line and for HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from backfilld.catalog.models import PREVIOUS, SAME, LastDates
from backfilld.dates import Period, merged, utc_text
from backfilld.planning.plan import Plan, PlannedTask, instance_id
from backfilld.service.backfills import Preview

SPELLED_OUT = 366


def plan_view(preview: Preview, *, instances: bool = False) -> dict[str, Any]:
    """The plan as one object; with `instances` each with its cycle time and what it waits for."""
    plan, names = preview.plan, preview.catalog.short_names
    view: dict[str, Any] = {
        "version_id": str(plan.catalog_version),
        "plan_hash": plan.hash,
        "dates": [day.isoformat() for day in plan.dates],
        "tasks": [_task(task) for task in plan.tasks],
        "edges": [[a, b] for a, b, kind in _edges(plan) if kind == SAME],
        "previous_edges": [[a, b] for a, b, kind in _edges(plan) if kind == PREVIOUS],
        "dates_edges": [[a, b, kind.n] for a, b, kind in _edges(plan) if isinstance(kind, LastDates)],
        "bridged": [names[task] for task in preview.catalog.order if task in plan.bridged],
        "left_out": [
            {"task": names[left.task], "dates": _dates(left.dates), "why": left.why} for left in plan.cycles_left_out()
        ],
        "findings": [asdict(finding) for finding in plan.findings],
        "counts": {"dates": len(plan.dates), "tasks": len(plan.tasks), "instances": plan.size},
    }
    if instances:
        view["instances"] = list(_instances(plan))
    return view


def _task(task: PlannedTask) -> dict[str, Any]:
    return {
        "id": task.task.id,
        "name": task.name,
        "why": task.why,
        "priority": task.priority,
        "weight": task.weight,
        "instances": task.instances,
    }


def _dates(dates: Sequence[date]) -> list[str]:
    """ISO dates; more than a leap year has come as intervals `first/last` of dates that follow each other."""
    if len(dates) <= SPELLED_OUT:
        return [day.isoformat() for day in dates]
    return [
        period.first.isoformat() if len(period) == 1 else f"{period.first.isoformat()}/{period.last.isoformat()}"
        for period in merged(Period(day, day) for day in dates)
    ]


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
