"""What is wrong with a plan before it runs. Every finding has a stable code (spec 4.8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from backfilld.dates import utc_text
from backfilld.planning.bridging import union
from backfilld.planning.draft import Draft
from backfilld.planning.fitting import too_long
from backfilld.planning.plan import Finding, PlannedTask
from backfilld.planning.selection import named_roots
from backfilld.planning.windows import RunWindow

Tasks = Sequence[PlannedTask]


def findings(draft: Draft, tasks: Tasks) -> tuple[Finding, ...]:
    """All findings that need no history, errors first; `tasks` are the draft's as they are planned.

    The first three are made whatever the request's `analysis` says, and their errors always stop it.
    """
    found = [*_nothing_selected(tasks), *_no_cycles(draft, tasks), *_against_the_order(draft, tasks)]
    if draft.request.analysed:
        found += _paused(draft, tasks)
        found += _dropped_cycles(draft, tasks)
        found += _bridges(draft)
        found += _outside_window(draft, tasks)
        found += too_long(draft, tasks)
        found += _isolated(draft, tasks)
        found += _idle_exclusions(draft)
        found += _idle_parameters(draft)
    return by_severity(found)


def by_severity(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, in the given order otherwise."""
    return tuple(sorted(found, key=lambda finding: ("error", "warning", "info").index(finding.severity)))


def _error(code: str, subject: str, message: str) -> Finding:
    return Finding(code, "error", subject, message, blocks=True)


def _nothing_selected(tasks: Tasks) -> Iterator[Finding]:
    if not tasks:
        yield _error("nothing_selected", "selection", "every selected task is left out: exclude fewer tasks")


def _no_cycles(draft: Draft, tasks: Tasks) -> Iterator[Finding]:
    """No root with a cycle is an error; one task without is worth a word."""
    idle = [task for task in tasks if not task.instances]
    roots = [task for task in tasks if task.task.id in named_roots(draft.request.selection)] or tasks
    if roots and all(task in idle for task in roots):
        names = ", ".join(task.name for task in roots[:5])
        yield _error("no_root_cycle", names, f"no root has a cycle on any date: ask for other dates{_or_what(draft)}")
    for task in idle:
        yield Finding(
            "no_cycle", "warning", task.name, "has no cycle on the asked dates and times of day: it will not run"
        )


def _or_what(draft: Draft) -> str:
    """What else than other dates could bring cycles."""
    if draft.closed and not draft.dates:
        return f", as calendar {draft.request.calendar} leaves out all of these, or another calendar"
    return " or times of day"


def _paused(draft: Draft, tasks: Tasks) -> Iterator[Finding]:
    """What is held keeps all that is downstream waiting: who wants that says so with `analysis.blocked: false`."""
    for task in tasks:
        if task.task.recurrence == "Pause" and task.instances:
            message = (
                "is paused in the catalog: its instances are held until released; exclude it, "
                "or set analysis.blocked to false"
            )
            yield Finding("paused_task", "error", task.name, message, blocks=draft.request.blocked)


def _outside_window(draft: Draft, tasks: Tasks) -> Iterator[Finding]:
    """A window always opens within days; until then nothing of it moves."""
    accepted_at = draft.request.accepted_at
    shut: dict[RunWindow, list[str]] = {}
    for task in tasks:
        if task.instances and task.window and not task.window.is_open(accepted_at):
            shut.setdefault(task.window, []).append(task.name)
    for window, names in shut.items():
        message = f"outside its run window ({window}) nothing starts: before {utc_text(window.next_open(accepted_at))}"
        yield Finding("outside_window", "info", _some(names), message)


def _some(names: Sequence[str]) -> str:
    """The first few names."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _isolated(draft: Draft, tasks: Tasks) -> Iterator[Finding]:
    if sum(task.instances > 0 for task in tasks) < 2:
        return
    upstream = draft.bridged.upstream
    pairs = enumerate(zip(upstream.same, upstream.cross, strict=True))
    above = [(same | union(cross.values())) & ~(1 << number) for number, (same, cross) in pairs]
    below = union(above)
    for number, task in enumerate(tasks):
        if task.instances and not above[number] and not below >> number & 1:
            message = "neither waits for another selected task nor has one wait for it: it runs on its own"
            yield Finding("isolated", "info", task.name, message)


def _against_the_order(draft: Draft, tasks: Tasks) -> Iterator[Finding]:
    if draft.request.order == "Asc" or len(draft.dates) < 2:
        return
    for position in range(len(draft.dates)):
        for wait in draft.templates.waits_across(position):
            message = f"on {draft.dates[position]} waits for {draft.dates[wait.position]}: use order Asc"
            yield _error("desc_cross_date", tasks[wait.down].name, message)
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
    names, unseen = draft.catalog.short_names, draft.unseen
    for task in (task for task in draft.catalog.order if task in draft.bridged.passed - unseen):
        why = "has recurrence Skip" if task in draft.skipped else "is not selected"
        message = f"{why}: what is downstream of it reads data that nobody refreshed"
        yield Finding("bridged", "warning", names[task], message)
    for task, end in draft.bridged.ended:
        beyond = "a task of another project" if end in unseen else names[end]
        message = f"no bridge beyond {beyond}: a second cross-date edge is not followed; select it if its order matters"
        yield Finding("bridge_ended", "warning", names[task], message)


def _idle_exclusions(draft: Draft) -> Iterator[Finding]:
    for task in sorted(draft.request.exclude - draft.reached):
        name = draft.catalog.short_names[task]
        yield Finding("exclusion_without_effect", "info", name, "is excluded, but was not selected")


def _idle_parameters(draft: Draft) -> Iterator[Finding]:
    chosen = {task.id for task in draft.tasks}
    for task in sorted(draft.request.task_parameters.keys() - chosen):
        name = draft.catalog.short_names[task]
        yield Finding("parameters_without_effect", "warning", name, "has task_parameters, but is not in the plan")
