"""Which cycles one of two plans passes through and the other does not, on the dates and of the tasks that both have.

The bits of a date are read in natural order, by task and then by cycle, as text of 0 and 1: the cycles of a task stand
together, so that whole tasks are counted and carried from one plan to the other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import NamedTuple

from backfilld.catalog.models import TaskId
from backfilld.planning.bridging import Bits, bits
from backfilld.planning.changed_cycles import DateBits, Shared
from backfilld.planning.plan import Plan

Change = tuple[TaskId, str, int]
"""A task, why cycles of it are passed through, and how many a date."""
Text = str
"""A digit an instance of a date, in natural order: 1 where it is passed through."""


@dataclass(frozen=True, slots=True)
class ChangedLeftOut:
    """Tasks of which so many cycles a date are now passed through, or no longer, on some dates, ascending."""

    tasks: tuple[str, ...]
    now: bool
    why: str
    """The reason that the plan gives which passes them through."""
    cycles: int
    dates: tuple[date, ...]


def changed_left_out(shared: Shared) -> Iterator[ChangedLeftOut]:
    """What the new plan alone passes through, then what the old one alone does; tasks that changed alike together."""
    old, new = _Side(shared.old), _Side(shared.new)
    aligned = _aligned(old, new)
    there = [each.old for each in shared.dates], [each.new for each in shared.dates]
    yield from _rows(shared, now=True, found=_Alone(new, old, aligned).found(there[1], there[0]))
    yield from _rows(shared, now=False, found=_Alone(old, new, aligned).found(there[0], there[1]))


def _aligned(old: _Side, new: _Side) -> bool:
    """Whether ordinals of a date mean the same in both plans: edges matter to them only out of natural order."""
    parts, others = old.plan.fingerprint.parts, new.plan.fingerprint.parts
    return parts[:-1] == others[:-1] and (parts[-1] == others[-1] or (old.natural and new.natural))


def _rows(shared: Shared, *, now: bool, found: dict[Change, DateBits]) -> Iterator[ChangedLeftOut]:
    alike: dict[tuple[str, int, DateBits], list[str]] = {}
    names = {task.id: task.name for task in shared.tasks}
    for (task, why, cycles), dates in found.items():
        if task in names:
            alike.setdefault((why, cycles, dates), []).append(names[task])
    for (why, cycles, dates), tasks in alike.items():
        yield ChangedLeftOut(tuple(tasks), now, why, cycles, shared.days(dates))


class _Kind(NamedTuple):
    """What dates agree in that differ alike: patterns, what one plan passes through by reason, what the other does."""

    pattern: int
    other_pattern: int
    passed: tuple[tuple[str, Bits], ...]
    other_passed: Bits


class _Alone:
    """What one plan passes through and the other does not."""

    def __init__(self, side: _Side, other: _Side, aligned: bool) -> None:
        self._side, self._other, self._aligned = side, other, aligned

    def found(self, positions: Sequence[int], others: Sequence[int]) -> dict[Change, DateBits]:
        """Where; the positions are those of the shared dates in each plan."""
        found: dict[Change, DateBits] = {}
        for kind, dates in self._kinds(positions, others).items():
            for why, counts in self._changes(kind):
                for task, cycles in counts:
                    change = task, why, cycles
                    found[change] = found.get(change, 0) | dates
        return found

    def _kinds(self, positions: Sequence[int], others: Sequence[int]) -> dict[_Kind, DateBits]:
        kinds: dict[_Kind, DateBits] = {}
        plan, other = self._side.plan, self._other.plan
        for number, (position, there) in enumerate(zip(positions, others, strict=True)):
            passed = tuple((why, each) for why, of_dates in plan.whys.items() if (each := of_dates.get(position, 0)))
            if passed:
                patterns = plan.templates.calendar.pattern_of[position], other.templates.calendar.pattern_of[there]
                kind = _Kind(*patterns, passed, other.left_out.get(there, 0))
                kinds[kind] = kinds.get(kind, 0) | 1 << number
        return kinds

    def _changes(self, kind: _Kind) -> Iterator[tuple[str, Iterator[tuple[TaskId, int]]]]:
        """By reason, the tasks with cycles that this plan alone passes through, and how many."""
        for why, passed in kind.passed:
            if self._aligned and not passed & ~kind.other_passed:
                continue
            layout = self._side.layout(kind.pattern)
            alone = int(layout.text(passed), 2) & ~self._carried(kind, layout)
            yield why, layout.counted(alone)

    def _carried(self, kind: _Kind, layout: _Layout) -> int:
        """What the other plan passes through, in this one's natural order."""
        if not kind.other_passed:
            return 0
        if self._aligned:
            return int(layout.text(kind.other_passed), 2)
        other = self._other.layout(kind.other_pattern)
        return int(layout.carried(other.text(kind.other_passed), other), 2)


class _Side:
    """One of the plans, and the natural order of its patterns."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ids = [task.task.id for task in plan.tasks]
        # only an edge from a later task in plan order can put instances into another order than the natural one
        self.natural = all(edge.up <= edge.down for edge in plan.edges)
        self.layout = lru_cache(None)(self._layout)

    def _layout(self, pattern: int) -> _Layout:
        templates = self.plan.templates
        numbers = list(bits(templates.present(pattern)))
        cycles, clock_of = templates.calendar.cycles, templates.clock_of
        kept = [cycles(clock_of[number], pattern).kept for number in numbers]
        if self.natural:
            return _Layout([self.ids[number] for number in numbers], kept)
        template = templates.of(pattern)
        order = [o for number, each in zip(numbers, kept, strict=True) for o in template.ordinals(number, 0, len(each))]
        return _Layout([self.ids[number] for number in numbers], kept, order)


class _Layout:
    """The natural order of the instances of a date: tasks with their cycles, and where each task begins."""

    def __init__(self, tasks: list[TaskId], kept: list[tuple[int, ...]], ordinals: Sequence[int] | None = None) -> None:
        """`ordinals` gives the ordinal of each instance in natural order, where that is another order."""
        self._tasks, self._kept, self._ordinals = tasks, kept, ordinals
        self._starts = list(accumulate(map(len, kept), initial=0))

    @cached_property
    def _place(self) -> dict[TaskId, int]:
        return {task: number for number, task in enumerate(self._tasks)}

    def text(self, passed: Bits) -> Text:
        """These ordinals in natural order, as far as the date has them."""
        size = self._starts[-1]
        text = f"{passed & (1 << size) - 1:0{size}b}"[::-1]
        return text if self._ordinals is None else "".join([text[ordinal] for ordinal in self._ordinals])

    def counted(self, value: int) -> Iterator[tuple[TaskId, int]]:
        """The tasks that have ones in a text, read as a binary number, and how many."""
        if value.bit_count() == self._starts[-1]:
            yield from zip(self._tasks, map(len, self._kept), strict=True)
            return
        text = f"{value:0{self._starts[-1]}b}"
        at = text.find("1")
        while at >= 0:
            task = bisect_right(self._starts, at) - 1
            stop = self._starts[task + 1]
            yield self._tasks[task], text.count("1", at, stop)
            at = text.find("1", stop)

    def carried(self, text: Text, other: _Layout) -> Text:
        """The other's text in this order: 0 for what the other does not have."""
        return "".join([other._of(text, task, kept) for task, kept in zip(self._tasks, self._kept, strict=True)])

    def _of(self, text: Text, task: TaskId, seconds: tuple[int, ...]) -> Text:
        place = self._place.get(task)
        if place is None:
            return "0" * len(seconds)
        own, digits = self._kept[place], text[self._starts[place] : self._starts[place + 1]]
        if own == seconds:
            return digits
        known = dict(zip(own, digits, strict=True))
        return "".join(known.get(second, "0") for second in seconds)
