"""Plan views as the daemon would send them, written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

FIRST = date(2024, 1, 1)


def plan_view(tasks: Iterable[str | dict[str, Any]] = (), days: int = 2, **changed: Any) -> dict[str, Any]:
    """A view of these tasks, one instance each on each of the days; what is changed replaces what is usual."""
    made = [task_view(task, days) if isinstance(task, str) else task for task in tasks]
    view: dict[str, Any] = {
        "version_id": "aee2ca32-0d33-5a84-ad43-9203fe9ea0a9",
        "plan_hash": "f00dec6e05ba" * 5,
        "dates": [(FIRST + timedelta(days=day)).isoformat() for day in range(days)],
        "closed": [],
        "tasks": made,
        "edges": [],
        "previous_edges": [],
        "dates_edges": [],
        "bridged": [],
        "passed_edges": [],
        "left_out": [],
        "not_permitted": 0,
        "findings": [],
        "counts": {"dates": days, "tasks": len(made), "instances": len(made) * days, "left_out": 0},
        "grid": {"pattern_of": [0] * days, "counts": [[1] * len(made)], "left_out": [0] * days},
    }
    return view | changed


def task_view(name: str, instances: int = 2, why: str = "downstream of the root") -> dict[str, Any]:
    return {"id": 1, "name": name, "why": why, "priority": 1, "weight": 3, "instances": instances}


def out_view(task: str, why: str, dates: Sequence[str] = ("2024-01-01",), cycles: int | None = None) -> dict[str, Any]:
    return {"task": task, "dates": list(dates), "cycles": cycles, "why": why}
