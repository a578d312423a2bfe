"""What is wrong with a plan before it runs. Every finding has a stable code (spec 4.8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backfilld.planning.draft import Draft
from backfilld.planning.plan import Finding, PlannedTask
from backfilld.planning.selection import named_roots, select_tasks

Tasks = Sequence[PlannedTask]


def findings(draft: Draft, tasks: Tasks) -> tuple[Finding, ...]:
    """All findings, errors first; `tasks` are the draft's as they are planned."""
    found = [
        *_nothing_selected(tasks),
        *_no_cycles(draft, tasks),
        *_against_the_order(draft, tasks),
        *_dropped_cycles(draft, tasks),
        *_bridges(draft),
        *_idle_exclusions(draft),
        *_idle_parameters(draft),
    ]
    return tuple(sorted(found, key=lambda finding: ("error", "warning", "info").index(finding.severity)))


def _nothing_selected(tasks: Tasks) -> Iterator[Finding]:
    if not tasks:
        yield Finding("nothing_selected", "error", "selection", "every selected task is excluded: exclude fewer tasks")


def _no_cycles(draft: Draft, tasks: Tasks) -> Iterator[Finding]:
    """No root with a cycle is an error; one task without is worth a word."""
    idle = [task for task in tasks if not task.instances]
    roots = [task for task in tasks if task.task.id in named_roots(draft.request.selection)] or tasks
    if roots and all(task in idle for task in roots):
        names = ", ".join(task.name for task in roots[:5])
        yield Finding(
            "no_root_cycle", "error", names, "no root has a cycle on any date: ask for other dates or times of day"
        )
    for task in idle:
        yield Finding(
            "no_cycle", "warning", task.name, "has no cycle on the asked dates and times of day: it will not run"
        )


def _against_the_order(draft: Draft, tasks: Tasks) -> Iterator[Finding]:
    if draft.request.order == "Asc" or len(draft.dates) < 2:
        return
    for position in range(len(draft.dates)):
        for wait in draft.templates.cross_waits(position):
            template = draft.templates.of(draft.templates.calendar.pattern_of[position])
            name = tasks[template.tasks[wait.children[0]]].name
            message = f"on {draft.dates[position]} waits for {draft.dates[wait.position]}: use order Asc"
            yield Finding("desc_cross_date", "error", name, message)
            return


def _dropped_cycles(draft: Draft, tasks: Tasks) -> Iterator[Finding]:
    for clock, dropped in draft.templates.dropped():
        names = [task.name for task, of in zip(tasks, draft.templates.clock_of, strict=True) if of == clock]
        for name in names:
            yield Finding(
                "cycle_dropped",
                "warning",
                name,
                f"clock changes move {dropped} cycles into another date: they do not run",
            )


def _bridges(draft: Draft) -> Iterator[Finding]:
    names = draft.catalog.short_names
    for task in (task for task in draft.catalog.order if task in draft.bridged.passed):
        yield Finding(
            "bridged",
            "warning",
            names[task],
            "is not selected: what is downstream of it reads data that nobody refreshed",
        )
    for task, end in draft.bridged.ended:
        yield Finding(
            "bridge_ended",
            "warning",
            names[task],
            f"no bridge beyond {names[end]}: a second cross-date edge is not followed; select it if its order matters",
        )


def _idle_exclusions(draft: Draft) -> Iterator[Finding]:
    wanted = select_tasks(draft.request.selection, draft.catalog)
    for task in sorted(draft.request.exclude - wanted):
        name = draft.catalog.short_names[task]
        yield Finding("exclusion_without_effect", "info", name, "is excluded, but was not selected")


def _idle_parameters(draft: Draft) -> Iterator[Finding]:
    chosen = {task.id for task in draft.tasks}
    for task in sorted(draft.request.task_parameters.keys() - chosen):
        name = draft.catalog.short_names[task]
        yield Finding("parameters_without_effect", "warning", name, "has task_parameters, but is not in the plan")
