"""What takes longer than its run window stays open, as history tells (spec 4.8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from backfilld.catalog.fields import duration_text
from backfilld.planning.draft import Draft
from backfilld.planning.plan import Finding, PlannedTask
from backfilld.planning.weights import remaining
from backfilld.planning.windows import RunWindow


def too_long(draft: Draft, tasks: Sequence[PlannedTask]) -> Iterator[Finding]:
    """Tasks, and dates as a whole, that nine times of ten end after the window has closed in which they start."""
    windows = {task.window for task in tasks if task.instances}
    if not windows - {None}:
        if draft.request.fit_window:
            yield Finding(
                "fit_without_window", "info", "fit_window", "no task of it has a run window: it has no effect"
            )
        return
    rooms = _Rooms(draft.request.accepted_at)
    found = [finding for task in tasks if task.instances and task.window for finding in _one(draft, task, rooms)]
    yield from found
    if not found and len(windows) == 1:
        yield from _date(draft, tasks, rooms)


class _Rooms:
    """How long windows stay open within the year: worked out for each once, and only where that may be too short."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._longest: dict[RunWindow, timedelta | None] = {}

    def too_short(self, window: RunWindow, takes: timedelta) -> timedelta | None:
        """The longest that the window stays open, if that is not long enough."""
        if takes <= window.usual:
            return None
        if window not in self._longest:
            self._longest[window] = window.longest(self._now)
        room = self._longest[window]
        return room if room is not None and takes > room else None


def _one(draft: Draft, task: PlannedTask, rooms: _Rooms) -> Iterator[Finding]:
    takes = _p90(draft, task)
    if task.window and (room := rooms.too_short(task.window, takes)):
        then = (
            "fit_window never lets it start: widen the window, or leave fit_window out"
            if draft.request.fit_window
            else "it will run on after the window has closed"
        )
        yield Finding(
            "cannot_fit_window", "warning", task.name, f"{_takes(takes)}, and {_stays(task.window, room)}: {then}"
        )


def _date(draft: Draft, tasks: Sequence[PlannedTask], rooms: _Rooms) -> Iterator[Finding]:
    """The longest path through a date, where all its tasks share one window."""
    takes = {task.task.id: _p90(draft, task).total_seconds() for task in tasks}
    path = timedelta(seconds=max(remaining(draft.tasks, draft.bridged.upstream.same, takes), default=0))
    for window in {task.window for task in tasks if task.instances and task.window}:
        if room := rooms.too_short(window, path):
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
