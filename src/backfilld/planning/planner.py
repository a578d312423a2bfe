"""The pipeline, one line a step: same input, same plan (spec 4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from backfilld.catalog.cron import parse_cron
from backfilld.catalog.models import Catalog, Clock, LastDates, Previous, Reach, Same, Task, TaskId
from backfilld.dates import merged, midnight
from backfilld.errors import PlanTooLarge
from backfilld.planning.amended import as_amended, with_bits
from backfilld.planning.analysis import findings
from backfilld.planning.bridging import Bridged, bridge
from backfilld.planning.calendar import Calendar, one_cycle
from backfilld.planning.cuts import cuts_of
from backfilld.planning.draft import Draft
from backfilld.planning.fingerprint import fingerprint
from backfilld.planning.loops import refuse_loops
from backfilld.planning.periods import ordered_dates
from backfilld.planning.plan import Edge, LeftOut, LeftOutBits, Plan, PlannedTask
from backfilld.planning.selection import named_roots, project_left_out, reason, select_tasks
from backfilld.planning.templates import Templates, edges_of
from backfilld.planning.weights import remaining, weigh
from backfilld.planning.windows import RunWindow
from backfilld.request.resolved import Limits, ResolvedRequest

NOTHING_LEFT_OUT: LeftOutBits = {}
_AT_ONCE = Clock(parse_cron("0 0 * * *"), "UTC", 0)
"""In the place of a task's own clock where the moment of acceptance is its only cycle."""
_SECOND = timedelta(seconds=1)


def make_plan(
    resolved: ResolvedRequest,
    catalog: Catalog,
    left_out: LeftOutBits = NOTHING_LEFT_OUT,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Plan:
    """What the request would run, as it is amended by now; pure and deterministic.

    `left_out` are cycles that were found to be passed through when the request was accepted, by position of the dates
    that it had then. Raises `NotDownstream` and `NoChain` for a selection that cannot be meant, `InvalidRequest` for an
    unknown calendar, `PlanTooLarge` before anything large exists, `DependencyLoop` with the ring. Everything else that
    is wrong is a finding.
    """
    amended = as_amended(resolved)
    _count_dates(amended, limits)
    draft = _draft(amended, catalog)
    size = _count_instances(draft, limits)
    refuse_loops(draft)
    tasks = _planned(draft)
    cuts = cuts_of(resolved.amendments, draft.dates)
    plan = Plan(
        catalog_version=catalog.version,
        dates=draft.dates,
        tasks=tasks,
        findings=findings(draft, tasks),
        closed=draft.closed,
        excluded=_excluded(draft),
        not_permitted=len(draft.hidden),
        bridged_by_selection=draft.bridged.passed - draft.unseen,
        fingerprint=fingerprint(draft, cuts),
        size=size,
        edges=tuple(Edge(*edge) for edge in edges_of(draft.bridged.upstream)),
        templates=draft.templates,
        cuts=cuts,
    )
    return with_bits(plan, resolved, left_out)


def _count_dates(resolved: ResolvedRequest, limits: Limits) -> None:
    count = sum(map(len, merged(resolved.periods)))
    if count > limits.dates:
        raise PlanTooLarge("business dates", count, limits.dates)


def _draft(resolved: ResolvedRequest, catalog: Catalog) -> Draft:
    dates = ordered_dates(resolved.periods, resolved.order, resolved.calendar, catalog.calendars)
    reached = select_tasks(resolved.selection, catalog)
    unseen = _unseen(resolved, catalog)
    selected = reached - resolved.exclude - unseen
    order = [catalog.tasks[task] for task in catalog.order]
    skipped = frozenset(task for task in selected if catalog.tasks[task].recurrence == "Skip")
    chosen = selected - skipped
    tasks = tuple(_as_run(task, resolved) for task in order if task.id in chosen)
    bridged = bridge(catalog, order, chosen)
    return Draft(
        request=resolved,
        catalog=catalog,
        dates=dates.open,
        closed=dates.closed,
        reached=reached,
        skipped=skipped,
        unseen=unseen,
        tasks=tasks,
        bridged=bridged,
        templates=_templates(resolved, dates.open, tasks, bridged),
    )


def _unseen(resolved: ResolvedRequest, catalog: Catalog) -> frozenset[TaskId]:
    """The tasks that the caller may not know of."""
    permitted = resolved.permitted
    if permitted is None:
        return frozenset()
    return frozenset(task.id for task in catalog.tasks.values() if task.project_id not in permitted)


def _as_run(task: Task, resolved: ResolvedRequest) -> Task:
    """The task as this type of request runs it: a smoke test is never retried."""
    return replace(task, retries=0) if resolved.type == "SmokeTest" else task


def _templates(
    resolved: ResolvedRequest, dates: tuple[date, ...], tasks: tuple[Task, ...], bridged: Bridged
) -> Templates:
    own_clocks = [_AT_ONCE if resolved.at_once else task.clock for task in tasks]
    clocks = {clock: number for number, clock in enumerate(dict.fromkeys(own_clocks))}
    only = one_cycle((resolved.accepted_at - midnight(dates[0])) // _SECOND) if resolved.at_once and dates else None
    calendar = Calendar(dates, tuple(clocks), resolved.window, only)
    return Templates(calendar, bridged.upstream, [clocks[each] for each in own_clocks], [d.toordinal() for d in dates])


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


def _planned(draft: Draft) -> tuple[PlannedTask, ...]:
    request, upstream = draft.request, draft.bridged.upstream
    priorities = [request.priority or task.priority or 1 for task in draft.tasks]
    weights = weigh(priorities, upstream.same, upstream=request.weight_strategy == "Upstream")
    paths = remaining(draft.tasks, upstream.same, request.durations.medians())
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
            window=_window(draft, task),
            fits_in=_fits_in(request, task),
        )
        for number, task in enumerate(draft.tasks)
    )


def _resource_group(draft: Draft, task: Task) -> str:
    """The request's beats the environment's, which beats the task's."""
    project = draft.catalog.by_id[task.project_id]
    overlay = project.environments.get(draft.request.environment)
    return draft.request.resource_group or (overlay and overlay.resource_group) or task.resource_group


def _window(draft: Draft, task: Task) -> RunWindow | None:
    """The request's policy beats the task's; whosever it is, the clocks are those of the request's project."""
    policy = draft.request.run_policy or task.run_policy
    return RunWindow.of(policy, draft.catalog.by_id[draft.request.project_id].timezone) if policy else None


def _fits_in(request: ResolvedRequest, task: Task) -> timedelta | None:
    return timedelta(seconds=request.durations.of(task).p90) if request.fit_window else None


def _excluded(draft: Draft) -> tuple[LeftOut, ...]:
    """Tasks named or reached by the selection that are not in the run set, and that the caller may see."""
    request, chosen, reached = draft.request, {task.id for task in draft.tasks}, draft.reached
    whys: dict[TaskId, str] = dict.fromkeys(project_left_out(request.selection, draft.catalog), "project left out")
    whys |= dict.fromkeys(named_roots(request.selection), "anchor")
    whys |= dict.fromkeys(draft.skipped, "recurrence Skip")
    whys |= dict.fromkeys((reached | named_roots(request.selection)) & request.exclude, "excluded")
    return tuple(
        LeftOut(task, draft.dates, whys[task])
        for task in draft.catalog.order
        if task in whys and task not in chosen and task not in draft.unseen
    )
