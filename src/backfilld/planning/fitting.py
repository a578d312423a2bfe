"""What takes longer than its run window stays open, as history tells (spec 4.8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from backfilld.catalog.fields import duration_text
from backfilld.planning.draft import Draft
from backfilld.planning.plan import Finding, PlannedTask
from backfilld.planning.weights import remaining
from backfilld.planning.windows import RunWindow


def too_long(draft: Draft, tasks: Sequence[PlannedTask]) -> Iterator[Finding]:
    """Tasks, and dates as a whole, that nine times of ten end after the window has closed in which they start."""
    started = [task for task in tasks if task.instances]
    windows = dict.fromkeys(task.window for task in started)
    longest = {window: window.longest(draft.request.accepted_at) for window in windows if window}
    found = [finding for task in started for finding in _one(draft, task, longest)]
    if draft.request.fit_window and not longest:
        yield Finding("fit_without_window", "info", "fit_window", "no task of it has a run window: it has no effect")
    yield from found
    if not found and len(windows) == 1:
        yield from _date(draft, tasks, longest)


def _one(draft: Draft, task: PlannedTask, longest: dict[RunWindow, timedelta | None]) -> Iterator[Finding]:
    room, takes = longest.get(task.window) if task.window else None, _p90(draft, task)
    if room is not None and takes > room:
        then = (
            "fit_window never lets it start: widen the window, or leave fit_window out"
            if draft.request.fit_window
            else "it will run on after the window has closed"
        )
        yield Finding(
            "cannot_fit_window", "warning", task.name, f"{_takes(takes)}, and {_stays(task.window, room)}: {then}"
        )


def _date(draft: Draft, tasks: Sequence[PlannedTask], longest: dict[RunWindow, timedelta | None]) -> Iterator[Finding]:
    """The longest path through a date, where all its tasks share one window."""
    takes = {task.task.id: _p90(draft, task).total_seconds() for task in tasks}
    path = timedelta(seconds=max(remaining(draft.tasks, draft.bridged.upstream.same, takes), default=0))
    for window, room in longest.items():
        if room is not None and path > room:
            message = f"its longest path {_takes(path)}, and {_stays(window, room)}: it takes more than one opening"
            yield Finding("cannot_fit_window", "warning", "each date", message)


def _p90(draft: Draft, task: PlannedTask) -> timedelta:
    return timedelta(seconds=draft.request.durations.of(task.task).p90)


def _takes(length: timedelta) -> str:
    return f"takes up to {duration_text(_whole(length))} (nine of ten times)"


def _stays(window: RunWindow | None, room: timedelta) -> str:
    return f"its run window ({window}) stays open for {duration_text(_whole(room))} at most"


def _whole(length: timedelta) -> timedelta:
    return timedelta(seconds=round(length.total_seconds()))
