"""Catalogs and requests for planning's tests, written as a user writes them, and plans in the oracle's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import networkx as nx
from planning.naive_choice import Choice
from planning.oracle import Instance, Kind, TaskSpec
from planning.random_catalogs import Asked

from backfilld.catalog.documents import Document
from backfilld.catalog.models import Catalog
from backfilld.catalog.parse import parse_catalog
from backfilld.dates import Period
from backfilld.errors import ProductError
from backfilld.planning.history import Outcomes
from backfilld.planning.plan import LeftOutBits, Plan, instance_id
from backfilld.planning.planner import make_plan
from backfilld.planning.reprocess import leave_out_existing, leave_out_unfailed
from backfilld.request.resolve import Circumstances, understand
from backfilld.request.resolved import Limits, ResolvedRequest
from backfilld.request.selection import Exactly, WithinWorkflow

ACCEPTED = datetime(2026, 1, 1, tzinfo=UTC)
DEFAULT_LIMITS = Limits()


def catalog_of(tasks: Iterable[TaskSpec]) -> Catalog:
    """The catalog of these tasks; a task's id is its place, counted from one."""
    return parse_catalog([Document("test.yaml", catalog_value(list(tasks)))])


def catalog_value(tasks: list[TaskSpec]) -> list[dict[str, Any]]:
    """What the catalog's file says; zone and offset of a project are those of its first task."""
    at = {task.name: task for task in tasks}
    projects: dict[str, dict[str, Any]] = {}
    for number, task in enumerate(tasks, 1):
        project = projects.setdefault(
            task.project,
            {"project": task.project, "timezone": task.zone, "business_date_offset": task.offset, "workflows": []},
        )
        assert project["business_date_offset"] == task.offset
        flow = next((f for f in project["workflows"] if f["workflow"] == task.workflow), None)
        if flow is None:
            flow = {"workflow": task.workflow, "tasks": []}
            project["workflows"].append(flow)
        entry: dict[str, Any] = {"task": task.name, "id": number, "cron": task.cron, "virtual": True}
        if task.zone != project["timezone"]:
            entry["timezone"] = task.zone
        entry["depends_on"] = [_need(at[up], kind) for up, kind in task.needs]
        if task.priority is not None:
            entry["priority"] = task.priority
        if task.recurrence != "Normal":
            entry["recurrence"] = task.recurrence
        flow["tasks"].append(entry)
    return list(projects.values())


def _need(up: TaskSpec, kind: Kind) -> dict[str, Any]:
    need: dict[str, Any] = {"project": up.project, "workflow": up.workflow, "task": up.name}
    if kind == "previous":
        need["cycle"] = kind
    elif kind != "same":
        need["dates"] = kind
    return need


def resolved(
    catalog: Catalog,
    dates: Iterable[tuple[date, date]],
    limits: Limits = DEFAULT_LIMITS,
    **fields: Any,
) -> ResolvedRequest:
    """The request of type SupplementData for these ranges.

    Of the fields `start_time` and `end_time` pick cycles, the rest is `default_run_properties`, with tasks by name.
    """
    ids = {task.name: task.id for task in catalog.tasks.values()}
    run = {
        key: [ids.get(ref, ref) for ref in value] if key.endswith("task_ids") else value
        for key, value in fields.items()
        if not key.endswith("_time")
    }
    named = [*run.get("root_task_ids", ()), *run.get("include_task_ids", ())]
    periods = {key: value for key, value in fields.items() if key.endswith("_time")}
    periods["biz_dates"] = [{"start_biz_date": first, "end_biz_date": last} for first, last in dates]
    value = {
        "name": "test",
        "project_id": catalog.by_id[catalog.tasks[named[0]].project_id].name if named else catalog.projects[0].name,
        "type": "SupplementData",
        "periods": periods,
        "default_run_properties": run,
    }
    return understand(Document("request.yaml", value), catalog, Circumstances(ACCEPTED, limits=limits))[1]


def planned(
    tasks: Iterable[TaskSpec],
    first: date,
    last: date | None = None,
    *,
    left_out: LeftOutBits | None = None,
    **fields: Any,
) -> Plan:
    """The plan of these tasks for the dates `first` to `last`; without roots all of them are selected."""
    tasks = list(tasks)
    if not fields.keys() & {"mode", "root_task_ids"}:
        fields["root_task_ids"] = [task.name for task in tasks]
    catalog = catalog_of(tasks)
    return make_plan(resolved(catalog, [(first, last or first)], **fields), catalog, left_out or {})


def at_once(catalog: Catalog, day: date, kind: str, choice: Choice) -> ResolvedRequest:
    """The request of a type outside SupplementData, accepted at `ACCEPTED`."""
    ids = {task.name: task.id for task in catalog.tasks.values()}
    roots, within = (frozenset(ids[name] for name in names) for names in (choice.roots, choice.within))
    selection = WithinWorkflow(roots, within) if choice.mode == "WithinWorkflow" else Exactly(roots)
    return ResolvedRequest(
        selection, (Period(day, day),), ACCEPTED, exclude=frozenset(ids[name] for name in choice.exclude), type=kind
    )


def seen_by(catalog: Catalog, ask: ResolvedRequest, projects: Iterable[str] | None) -> ResolvedRequest:
    """The request of a caller who may see these projects only; None: all."""
    if projects is None:
        return ask
    wanted = set(projects)
    return replace(ask, permitted=frozenset(p.id for p in catalog.projects if p.name in wanted))


def plan_of(ask: Asked, left_out: LeftOutBits | None = None) -> Plan:
    """The plan of a random request."""
    catalog = catalog_of(ask.tasks)
    wanted = seen_by(catalog, resolved(catalog, ask.ranges, **ask.fields), ask.permitted)
    return make_plan(wanted, catalog, left_out or {})


def plan_or_none(ask: Asked) -> Plan | None:
    """The plan of a random request, or nothing where there is none."""
    try:
        return plan_of(ask)
    except ProductError:
        return None


def less(plan: Plan, reprocess: str, ledger: Mapping[int, Outcomes]) -> Plan:
    """What `reprocess` Failed or Missing makes of the plan; the ledger is by task."""
    if reprocess == "Failed":
        return leave_out_unfailed(plan, ledger.items())
    done = {task: {at for at, past in of_task.items() if past.succeeded_once} for task, of_task in ledger.items()}
    return leave_out_existing(plan, done.items())


def content(plan: Plan) -> object:
    """Everything that runs and who waits for whom, by id."""
    return plan.dates, instances(plan), [plan.waits_for(position) for position in range(len(plan.dates))]


def instances(plan: Plan) -> dict[int, Instance]:
    """Every instance by its id."""
    return {
        instance_id(position, ordinal): (
            plan.tasks[task].task.name,
            plan.dates[position],
            plan.cycle_time(position, ordinal),
        )
        for position in range(len(plan.dates))
        for ordinal, task in enumerate(plan.template(position).tasks)
    }


def waits(plan: Plan) -> nx.DiGraph:
    """An edge from each instance to each that waits for it, in the oracle's words."""
    names = instances(plan)
    graph = nx.DiGraph()
    graph.add_nodes_from(names.values())
    for position in range(len(plan.dates)):
        for ordinal, ups in enumerate(plan.waits_for(position)):
            graph.add_edges_from((names[up], names[instance_id(position, ordinal)]) for up in ups)
    return graph


def reach(graph: nx.DiGraph) -> dict[Instance, int]:
    """For each instance the bits of all that it waits for, directly or not."""
    bit = {node: 1 << number for number, node in enumerate(sorted(graph))}
    result: dict[Instance, int] = {}
    for node in nx.topological_sort(graph):
        result[node] = 0
        for up in graph.predecessors(node):
            result[node] |= bit[up] | result[up]
    return result


def waits_of(plan: Plan, name: str) -> dict[str, list[str]]:
    """What each cycle of a task waits for, as `MM-DDTHH:MM` (UTC) and `task@MM-DDTHH:MM`."""
    graph = waits(plan)
    return {
        f"{node[2]:%m-%dT%H:%M}": sorted(f"{up[0]}@{up[2]:%m-%dT%H:%M}" for up in graph.predecessors(node))
        for node in sorted(graph)
        if node[0] == name
    }


def codes(plan: Plan) -> dict[str, list[str]]:
    """The subjects of the findings, by code."""
    result: dict[str, list[str]] = {}
    for finding in plan.findings:
        result.setdefault(finding.code, []).append(finding.subject)
    return result
