"""What failed, as JSON."""

from __future__ import annotations

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from backfilld.interfaces.views import InstanceView, instance_view
from backfilld.service.failures import Failed, Failure, FailureGroup

SHOWN = 100
"""How many failures are shown one by one."""


class FailureView(TypedDict):
    """A failed or lost instance, how its last attempt ended, and its last lines."""

    instance: InstanceView
    exit_code: int | None
    attempt: int
    log_tail: str


class TaskCountView(TypedDict):
    """How many failures of a group are of a task."""

    task: str
    count: int


class PeriodView(TypedDict):
    """Business dates from first to last."""

    first: str
    last: str


class GroupView(TypedDict):
    """Failures whose last line is the same but for what varies in it, and the newest of them."""

    line: str
    count: int
    tasks: list[TaskCountView]
    dates: list[PeriodView]
    newest: FailureView


class FailedView(TypedDict):
    """The newest failures, at most 100; the newest `grouped` in groups, the largest first; how many in all."""

    items: list[FailureView]
    groups: list[GroupView]
    grouped: int
    total: int


def failed_view(failed: Failed) -> FailedView:
    """What failed as JSON."""
    return {
        "items": [failure_view(failure) for failure in failed.failures[:SHOWN]],
        "groups": [_group_view(group) for group in failed.groups],
        "grouped": len(failed.failures),
        "total": failed.total,
    }


def failure_view(failure: Failure) -> FailureView:
    """The failure as JSON."""
    return {
        "instance": instance_view(failure.instance),
        "exit_code": failure.attempt.exit_code if failure.attempt else None,
        "attempt": failure.instance.stored.attempt,
        "log_tail": failure.log_tail,
    }


def _group_view(group: FailureGroup) -> GroupView:
    return {
        "line": group.line,
        "count": group.count,
        "tasks": [{"task": task, "count": count} for task, count in group.tasks.items()],
        "dates": [{"first": each.first.isoformat(), "last": each.last.isoformat()} for each in group.dates],
        "newest": failure_view(group.newest),
    }
