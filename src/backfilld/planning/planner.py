"""The pipeline, one line a step: same input, same plan (spec 4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from backfilld.catalog.models import Catalog, LastDates, Previous, Reach, Same, Task, TaskId
from backfilld.dates import merged
from backfilld.errors import DependencyLoop, PlanTooLarge
from backfilld.graph import find_loop
from backfilld.planning.analysis import findings
from backfilld.planning.bridging import Bridged, bridge
from backfilld.planning.calendar import Calendar
from backfilld.planning.draft import Draft
from backfilld.planning.expansion import LoopOnDate
from backfilld.planning.fingerprint import fingerprint
from backfilld.planning.periods import ordered_dates
from backfilld.planning.plan import Edge, LeftOut, Plan, PlannedTask
from backfilld.planning.selection import named_roots, project_left_out, reason, select_tasks
from backfilld.planning.templates import Templates, edges_of
from backfilld.planning.weights import remaining, weigh
from backfilld.request.resolved import Limits, ResolvedRequest

NOTHING_LEFT_OUT: Mapping[int, frozenset[int]] = {}


def make_plan(
    resolved: ResolvedRequest,
    catalog: Catalog,
    left_out: Mapping[int, frozenset[int]] = NOTHING_LEFT_OUT,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Plan:
    """What the request would run; pure and deterministic.

    `left_out` gives, by position of a date, the ordinals that are passed through. Raises `NotDownstream` and `NoChain`
    for a selection that cannot be meant, `PlanTooLarge` before anything large exists, `DependencyLoop` with the ring.
    Everything else that is wrong is a finding.
    """
    _count_dates(resolved, limits)
    draft = _draft(resolved, catalog)
    size = _count_instances(draft, limits)
    _refuse_loops(draft)
    tasks = _planned(draft)
    return Plan(
        catalog_version=catalog.version,
        dates=draft.dates,
        tasks=tasks,
        findings=findings(draft, tasks),
        left_out=left_out,
        excluded=_excluded(draft),
        bridged_by_selection=draft.bridged.passed,
        hash=fingerprint(draft, left_out),
        size=size,
        edges=tuple(Edge(*edge) for edge in edges_of(draft.bridged.upstream)),
        templates=draft.templates,
    )


def _count_dates(resolved: ResolvedRequest, limits: Limits) -> None:
    count = sum(map(len, merged(resolved.periods)))
    if count > limits.dates:
        raise PlanTooLarge("business dates", count, limits.dates)


def _draft(resolved: ResolvedRequest, catalog: Catalog) -> Draft:
    dates = ordered_dates(resolved.periods, resolved.order)
    selected = select_tasks(resolved.selection, catalog) - resolved.exclude
    order = [catalog.tasks[task] for task in catalog.order]
    tasks = tuple(task for task in order if task.id in selected)
    bridged = bridge(catalog, order, selected)
    return Draft(resolved, catalog, dates, tasks, bridged, _templates(resolved, dates, tasks, bridged))


def _templates(
    resolved: ResolvedRequest, dates: tuple[date, ...], tasks: tuple[Task, ...], bridged: Bridged
) -> Templates:
    clocks = {clock: number for number, clock in enumerate(dict.fromkeys(task.clock for task in tasks))}
    calendar = Calendar(dates, tuple(clocks), resolved.window)
    clock_of = [clocks[task.clock] for task in tasks]
    return Templates(calendar, bridged.upstream, clock_of, [day.toordinal() for day in dates])


def _count_instances(draft: Draft, limits: Limits) -> int:
    sizes = [draft.templates.size(pattern) for pattern in range(len(draft.templates.calendar.patterns))]
    if (largest := max(sizes, default=0)) > limits.instances_a_date:
        raise PlanTooLarge("task instances on one date", largest, limits.instances_a_date)
    size = sum(a * b for a, b in zip(sizes, draft.templates.calendar.dates_of, strict=True))
    if size > limits.instances:
        raise PlanTooLarge("task instances", size, limits.instances)
    if (edges := _most_edges(draft)) > limits.edges_a_date:
        raise PlanTooLarge("edges between instances of one date", edges, limits.edges_a_date)
    return size


def _most_edges(draft: Draft) -> int:
    """How many edges a date has where both ends of each have most cycles; a graph can be larger than its instances."""
    clock_of, most = draft.templates.clock_of, draft.templates.most_cycles()
    return sum(
        _pairs(kind, most[clock_of[up]], most[clock_of[down]]) for up, down, kind in edges_of(draft.bridged.upstream)
    )


def _pairs(kind: Reach, parents: int, children: int) -> int:
    """How many pairs of cycles of one date an edge joins."""
    match kind:
        case Same():
            return max(parents, children) if parents and children else 0
        case Previous():
            return children if parents else 0
        case LastDates():
            return parents * children


def _refuse_loops(draft: Draft) -> None:
    """Instances can only wait for each other in a ring where tasks do; then every template is built and looked at."""
    upstream: dict[int, list[int]] = {task: [] for task in range(len(draft.tasks))}
    for up, down, kind in edges_of(draft.bridged.upstream):
        if up != down or isinstance(kind, LastDates):
            upstream[down].append(up)
    if find_loop(upstream) is None:
        return
    for pattern in range(len(draft.templates.calendar.patterns)):
        try:
            draft.templates.of(pattern)
        except LoopOnDate as loop:
            raise DependencyLoop([_at(draft.tasks[task], second) for task, second in loop.path]) from None


def _at(task: Task, second: int) -> str:
    sign, (minutes, seconds) = ("-" if second < 0 else "+"), divmod(abs(second), 60)
    return f"{task.name}@{sign}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def _planned(draft: Draft) -> tuple[PlannedTask, ...]:
    request, upstream = draft.request, draft.bridged.upstream
    priorities = [request.priority or task.priority or 1 for task in draft.tasks]
    weights = weigh(priorities, upstream.same, upstream=request.weight_strategy == "Upstream")
    paths = remaining(draft.tasks, upstream.same, request.expected_seconds)
    names = draft.catalog.short_names
    counts = draft.templates.instances_by_clock()
    return tuple(
        PlannedTask(
            task=task,
            name=names[task.id],
            why=reason(request.selection, task.id, draft.catalog),
            priority=priorities[number],
            weight=weights[number],
            remaining=paths[number],
            resource_group=_resource_group(draft, task),
            instances=counts[draft.templates.clock_of[number]],
        )
        for number, task in enumerate(draft.tasks)
    )


def _resource_group(draft: Draft, task: Task) -> str:
    """The request's beats the environment's, which beats the task's."""
    project = draft.catalog.by_id[task.project_id]
    overlay = project.environments.get(draft.request.environment)
    return draft.request.resource_group or (overlay and overlay.resource_group) or task.resource_group


def _excluded(draft: Draft) -> tuple[LeftOut, ...]:
    """Tasks named or reached by the selection that are not in the run set."""
    request, chosen = draft.request, {task.id for task in draft.tasks}
    reached = select_tasks(request.selection, draft.catalog)
    whys: dict[TaskId, str] = dict.fromkeys(project_left_out(request.selection, draft.catalog), "project left out")
    whys |= dict.fromkeys(named_roots(request.selection), "anchor")
    whys |= dict.fromkeys((reached | named_roots(request.selection)) & request.exclude, "excluded")
    return tuple(
        LeftOut(task, draft.dates, whys[task]) for task in draft.catalog.order if task in whys and task not in chosen
    )
