"""Who goes first (spec 4.6): one weight and one remaining path per task and plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from backfilld.catalog.models import Task, TaskId
from backfilld.planning.bridging import Bits, bits


def weigh(priorities: Sequence[int], same: Sequence[Bits], *, upstream: bool) -> tuple[int, ...]:
    """Each task's priority; with the strategy Upstream plus those of all distinct upstream tasks of the same cycle."""
    if not upstream:
        return tuple(priorities)
    levels = [(level, _at(priorities, level)) for level in sorted(set(priorities))]
    above: list[Bits] = []
    for task in range(len(priorities)):
        reached = same[task]
        for up in bits(same[task]):
            reached |= above[up]
        above.append(reached)
    return tuple(
        own + sum(level * (reached & mask).bit_count() for level, mask in levels)
        for own, reached in zip(priorities, above, strict=True)
    )


def remaining(tasks: Sequence[Task], same: Sequence[Bits], expected: Mapping[TaskId, float]) -> tuple[float, ...]:
    """The longest path from a task's start to the end: in expected seconds, or in tasks where no history is known.

    A task without history counts as the median of those that have one.
    """
    known = [expected[task.id] for task in tasks if task.id in expected]
    usual = median(known) if known else 1.0
    longest = [expected.get(task.id, usual) for task in tasks]
    own = tuple(longest)
    for task in reversed(range(len(tasks))):
        for up in bits(same[task]):
            longest[up] = max(longest[up], own[up] + longest[task])
    return tuple(longest)


def _at(priorities: Sequence[int], level: int) -> Bits:
    return sum(1 << task for task, priority in enumerate(priorities) if priority == level)
