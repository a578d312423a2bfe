"""What is wrong with a plan before it runs. Every finding has a stable code (spec 4.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from backfilld.catalog.models import Catalog
from backfilld.planning.bridging import Bridged
from backfilld.planning.plan import Finding, PlannedTask
from backfilld.planning.selection import named_roots, select_tasks
from backfilld.planning.templates import Templates
from backfilld.request.resolved import ResolvedRequest


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a plan when it is looked at."""

    request: ResolvedRequest
    catalog: Catalog
    tasks: tuple[PlannedTask, ...]
    bridged: Bridged
    templates: Templates
    dates: tuple[date, ...]


def findings(facts: Facts) -> tuple[Finding, ...]:
    """All findings, errors first."""
    found = [
        *_nothing_selected(facts),
        *_no_cycles(facts),
        *_against_the_order(facts),
        *_dropped_cycles(facts),
        *_bridges(facts),
        *_idle_exclusions(facts),
        *_idle_parameters(facts),
    ]
    return tuple(sorted(found, key=lambda finding: ("error", "warning", "info").index(finding.severity)))


def _nothing_selected(facts: Facts) -> Iterator[Finding]:
    if not facts.tasks:
        yield Finding("nothing_selected", "error", "selection", "every selected task is excluded: exclude fewer tasks")


def _no_cycles(facts: Facts) -> Iterator[Finding]:
    """No root with a cycle is an error; one task without is worth a word."""
    idle = [task for task in facts.tasks if not task.instances]
    roots = [task for task in facts.tasks if task.task.id in named_roots(facts.request.selection)] or facts.tasks
    if roots and all(task in idle for task in roots):
        names = ", ".join(task.name for task in roots[:5])
        yield Finding(
            "no_root_cycle", "error", names, "no root has a cycle on any date: ask for other dates or times of day"
        )
    for task in idle:
        yield Finding(
            "no_cycle", "warning", task.name, "has no cycle on the asked dates and times of day: it will not run"
        )


def _against_the_order(facts: Facts) -> Iterator[Finding]:
    if facts.request.order == "Asc" or len(facts.dates) < 2:
        return
    for position in range(len(facts.dates)):
        for wait in facts.templates.cross_waits(position):
            template = facts.templates.of(facts.templates.calendar.pattern_of[position])
            name = facts.tasks[template.tasks[wait.children[0]]].name
            message = f"on {facts.dates[position]} waits for {facts.dates[wait.position]}: use order Asc"
            yield Finding("desc_cross_date", "error", name, message)
            return


def _dropped_cycles(facts: Facts) -> Iterator[Finding]:
    for clock, dropped in facts.templates.dropped():
        names = [task.name for task, of in zip(facts.tasks, facts.templates.clock_of, strict=True) if of == clock]
        for name in names:
            yield Finding(
                "cycle_dropped",
                "warning",
                name,
                f"clock changes move {dropped} cycles into another date: they do not run",
            )


def _bridges(facts: Facts) -> Iterator[Finding]:
    names = facts.catalog.short_names
    for task in (task for task in facts.catalog.order if task in facts.bridged.passed):
        yield Finding(
            "bridged",
            "warning",
            names[task],
            "is not selected: what is downstream of it reads data that nobody refreshed",
        )
    for task, end in facts.bridged.ended:
        yield Finding(
            "bridge_ended",
            "warning",
            names[task],
            f"no bridge beyond {names[end]}: a second cross-date edge is not followed; select it if its order matters",
        )


def _idle_exclusions(facts: Facts) -> Iterator[Finding]:
    wanted = select_tasks(facts.request.selection, facts.catalog)
    for task in sorted(facts.request.exclude - wanted):
        name = facts.catalog.short_names[task]
        yield Finding("exclusion_without_effect", "info", name, "is excluded, but was not selected")


def _idle_parameters(facts: Facts) -> Iterator[Finding]:
    chosen = {task.task.id for task in facts.tasks}
    for task in sorted(facts.request.task_parameters.keys() - chosen):
        name = facts.catalog.short_names[task]
        yield Finding("parameters_without_effect", "warning", name, "has task_parameters, but is not in the plan")
