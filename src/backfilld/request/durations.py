"""How long tasks take: what history tells of them, and what is assumed where it tells nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from backfilld.catalog.models import Task, TaskId, Virtual

ASSUMED = timedelta(minutes=1)
"""What a task without history takes unless the settings say otherwise."""


class Duration(NamedTuple):
    """Seconds that a task's attempts take: half of them at most `p50`, nine of ten at most `p90`."""

    p50: float
    p90: float


NO_TIME = Duration(0, 0)


@dataclass(frozen=True, slots=True)
class Durations:
    """Durations by task; `assumed` seconds for a task of which none is known."""

    known: Mapping[TaskId, Duration] = field(default_factory=dict)
    assumed: float = ASSUMED.total_seconds()

    def medians(self) -> dict[TaskId, float]:
        """The seconds of every task of which something is known."""
        return {task: each.p50 for task, each in self.known.items()}

    def of(self, task: Task) -> Duration:
        """How long the task takes: known, assumed, or nothing without a process."""
        if isinstance(task.action, Virtual):
            return NO_TIME
        return self.known.get(task.id) or Duration(self.assumed, self.assumed)


def steady(seconds: Mapping[TaskId, float]) -> Durations:
    """Tasks that always take the same."""
    return Durations({task: Duration(each, each) for task, each in seconds.items()})


def assumption(tasks: int, unknown: int, seconds: float) -> str:
    """What is to be said where of so many tasks some are unknown, and taken to last so long.

    >>> assumption(40, 12, 60), assumption(3, 0, 60)
    ('12 of 40 tasks have no history: 1 min each assumed', '3 of 3 tasks have a history')
    """
    if not unknown:
        return f"{tasks} of {tasks} tasks have a history"
    return f"{unknown} of {tasks} tasks {'has' if unknown == 1 else 'have'} no history: {_length(seconds)} each assumed"


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 3), 60)
    return " ".join(f"{number:g} {unit}" for number, unit in ((minutes, "min"), (rest, "s")) if number) or "0 s"
