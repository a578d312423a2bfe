"""Where each byte of a backfill's grid belongs, as JSON."""

from __future__ import annotations

from typing_extensions import TypedDict

from backfilld.catalog.models import PREVIOUS, SAME, LastDates
from backfilld.interfaces.pictures.layers import Pair, layers
from backfilld.planning.plan import Edge, Plan
from backfilld.service.book import Entry
from backfilld.service.matrix import layout


class MatrixTask(TypedDict):
    """A row of the matrix; every edge of one date leads to a later layer."""

    id: int
    name: str
    project: str
    workflow: str
    layer: int


class MatrixPattern(TypedDict):
    """The instances of a date that looks so, by ordinal: stretches of [task, how many], tasks by their place above."""

    size: int
    layout: list[list[int]]


class MatrixView(TypedDict):
    """What a grid of bytes means.

    Its dates follow each other as in `dates`, and on the date at n its bytes are those of the pattern `pattern_of[n]`,
    one an instance: so a date begins where the sizes of those before it end. The instance of a byte has the id
    `runs[n] * 2**20 + ordinal`. Edges are pairs of places in `tasks`: upstream, downstream; `dates_edges` say third of
    how many dates.
    """

    backfill_id: int
    plan_hash: str
    size: int
    tasks: list[MatrixTask]
    edges: list[list[int]]
    previous_edges: list[list[int]]
    dates_edges: list[list[int]]
    patterns: list[MatrixPattern]
    dates: list[str]
    runs: list[int]
    pattern_of: list[int]


def matrix_view(entry: Entry) -> MatrixView:
    """The whole of a backfill."""
    plan, calendar = entry.plan, entry.plan.templates.calendar
    return {
        "backfill_id": entry.stored.id,
        "plan_hash": entry.stored.plan_hash,
        "size": plan.size,
        "tasks": _tasks(entry),
        "edges": [[*_ends(edge)] for edge in plan.edges if edge.kind == SAME],
        "previous_edges": [[*_ends(edge)] for edge in plan.edges if edge.kind == PREVIOUS],
        "dates_edges": [[*_ends(edge), edge.kind.n] for edge in plan.edges if isinstance(edge.kind, LastDates)],
        "patterns": [_pattern(plan, pattern) for pattern in range(len(calendar.patterns))],
        "dates": [day.isoformat() for day in plan.dates],
        "runs": list(entry.stored.runs),
        "pattern_of": list(calendar.pattern_of),
    }


def layers_of(plan: Plan) -> list[int]:
    """The layer of each task; edges between dates count where they lie on no loop."""
    firm = [_ends(edge) for edge in plan.edges if edge.kind == SAME]
    soft = [_ends(edge) for edge in plan.edges if edge.kind != SAME and edge.up != edge.down]
    return layers(len(plan.tasks), firm, soft)


def _tasks(entry: Entry) -> list[MatrixTask]:
    catalog = entry.catalog
    return [
        {
            "id": planned.task.id,
            "name": planned.name,
            "project": catalog.by_id[planned.task.project_id].name,
            "workflow": catalog.workflows[planned.task.workflow_id].name,
            "layer": layer,
        }
        for planned, layer in zip(entry.plan.tasks, layers_of(entry.plan), strict=True)
    ]


def _pattern(plan: Plan, pattern: int) -> MatrixPattern:
    tasks = plan.templates.layout(pattern).tasks
    return {"size": len(tasks), "layout": [[*stretch] for stretch in layout(tasks)]}


def _ends(edge: Edge) -> Pair:
    return edge.up, edge.down
