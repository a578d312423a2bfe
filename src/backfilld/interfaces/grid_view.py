"""The counts of a grid as JSON."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from backfilld.engine.states import State
from backfilld.interfaces.matrix_view import layers_of
from backfilld.interfaces.views import WORDS
from backfilld.service.book import Entry
from backfilld.service.folding import Folded, fold, numbered
from backfilld.service.news import Look

Unit = Literal["date", "week", "month", "quarter"]
Group = Literal["layer", "workflow"]


class SpanView(TypedDict):
    """Dates that are counted together: `2024-01-31`, `2024-W05`, `2024-01` or `2024-Q1`, and the plan's ends in it."""

    name: str
    first: str
    last: str


class GridView(TypedDict):
    """`counts[row][span]` by state, in the order of `states`; rows are tasks in the order of the matrix, or groups."""

    version: int
    unit: Unit
    group: Group | None
    states: list[str]
    spans: list[SpanView]
    rows: list[str]
    counts: list[list[list[int]]]


def grid_view(entry: Entry, look: Look, unit: Unit, group: Group | None) -> GridView:
    """How many instances are in each state."""
    keys = _keys(entry, group)
    folded = fold(entry.plan, look.states, unit, numbered(keys))
    return {
        "version": look.version,
        "unit": unit,
        "group": group,
        "states": [WORDS[state] for state in State],
        "spans": _spans(folded),
        "rows": [str(key) for key in dict.fromkeys(keys)] if group else [task.name for task in entry.plan.tasks],
        "counts": folded.counts,
    }


def _keys(entry: Entry, group: Group | None) -> list[object]:
    tasks = [planned.task for planned in entry.plan.tasks]
    match group:
        case "layer":
            return list(layers_of(entry.plan))
        case "workflow":
            flows = [entry.catalog.workflows[task.workflow_id] for task in tasks]
            return [f"{entry.catalog.by_id[flow.project_id].name}/{flow.name}" for flow in flows]
        case None:
            return [task.id for task in tasks]


def _spans(folded: Folded) -> list[SpanView]:
    return [
        {"name": span.name, "first": span.first.isoformat(), "last": span.last.isoformat()} for span in folded.spans
    ]
