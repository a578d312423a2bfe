"""Which cycles two plans have otherwise on the dates and of the tasks that both have; worked out pattern by pattern."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from itertools import compress
from typing import Literal, NamedTuple

from backfilld.catalog.models import TaskId
from backfilld.planning.bridging import Bits, bits
from backfilld.planning.calendar import NO_CYCLES, Calendar, DayCycles
from backfilld.planning.plan import LeftOutBits, Plan

Kind = Literal["count", "times", "outside"]
Patterns = tuple[int, int]
Places = Sequence[int | None]
"""For each ordinal of one template the ordinal of the same task and cycle in the other, where it has that."""


@dataclass(frozen=True, slots=True)
class ChangedCycles:
    """Tasks with other cycles on some dates, ascending; `before` and `after` are how many each has on a date.

    Of kind `outside`, only cycles that the window of the day leaves out are others: they can pair the rest otherwise.
    """

    tasks: tuple[str, ...]
    kind: Kind
    before: int
    after: int
    dates: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class PassedCycles:
    """How many cycles of a task one plan passes through and the other does not, by date ascending, and why."""

    task: str
    why: str
    by_date: tuple[tuple[date, int], ...]


class SharedDate(NamedTuple):
    """A date of both plans, and its position in each."""

    day: date
    old: int
    new: int


class SharedTask(NamedTuple):
    """A task of both plans, as the new one calls it, and its position in each."""

    id: TaskId
    name: str
    old: int
    new: int


class Shared:
    """The dates, ascending, and the tasks, in the new plan's order, that two plans have in common."""

    def __init__(self, old: Plan, new: Plan) -> None:
        self.old, self.new = old, new
        dates = {day: position for position, day in enumerate(old.dates)}
        tasks = {task.task.id: number for number, task in enumerate(old.tasks)}
        self.dates = sorted(SharedDate(day, dates[day], at) for at, day in enumerate(new.dates) if day in dates)
        self.tasks = [
            SharedTask(task.task.id, task.name, tasks[task.task.id], number)
            for number, task in enumerate(new.tasks)
            if task.task.id in tasks
        ]

    def patterns(self, shared: SharedDate) -> Patterns:
        """The pattern that the date has in each plan."""
        old, new = self.old.templates.calendar, self.new.templates.calendar
        return old.pattern_of[shared.old], new.pattern_of[shared.new]

    @cached_property
    def same_ordinals(self) -> bool:
        """Whether ordinals of a date mean the same in both plans: nothing but dates and bits differs."""
        return self.old.fingerprint.parts[1:] == self.new.fingerprint.parts[1:] and self.old.dates == self.new.dates


def changed_cycles(shared: Shared) -> Iterator[ChangedCycles]:
    """Tasks whose cycles changed, those that changed alike together."""
    old, new = shared.old.templates, shared.new.templates
    if old.calendar.at_once and new.calendar.at_once:
        return  # the moment of acceptance is always another
    changes = lru_cache(None)(_Clocks(shared).changes)
    tasks: dict[tuple[Kind, int, int, Bits], list[str]] = {}
    for task in shared.tasks:
        for change in changes(old.clock_of[task.old], new.clock_of[task.new]):
            tasks.setdefault(change, []).append(task.name)
    for (kind, before, after, days), names in tasks.items():
        yield ChangedCycles(tuple(names), kind, before, after, tuple(shared.dates[n].day for n in bits(days)))


class _Clocks:
    """What a clock of the old plan and one of the new have on the shared dates; bit n stands for shared date n."""

    def __init__(self, shared: Shared) -> None:
        self._old, self._new = shared.old.templates.calendar, shared.new.templates.calendar
        self._dates: dict[Patterns, Bits] = {}
        for number, each in enumerate(shared.dates):
            patterns = shared.patterns(each)
            self._dates[patterns] = self._dates.get(patterns, 0) | 1 << number
        self._days = lru_cache(None)(self._days_of)

    def changes(self, old: int, new: int) -> list[tuple[Kind, int, int, Bits]]:
        """How their cycles differ, how many there are before and after, and on which shared dates."""
        found: dict[tuple[Kind, int, int], Bits] = {}
        for (day, other), dates in self._days(self._old.place[old], self._new.place[new]).items():
            before, after = _cycles(self._old, old, day), _cycles(self._new, new, other)
            if (kind := _kind(before, after)) is not None:
                key = kind, len(before.kept), len(after.kept)
                found[key] = found.get(key, 0) | dates
        return [(*key, dates) for key, dates in found.items()]

    def _days_of(self, old: tuple[int, int], new: tuple[int, int]) -> dict[tuple[int | None, int | None], Bits]:
        """How the local days of two places lie, None for no cycles, and on which shared dates: a few, for any clock."""
        found: dict[tuple[int | None, int | None], Bits] = {}
        for (pattern, other), dates in self._dates.items():
            key = _day(self._old, old, pattern), _day(self._new, new, other)
            found[key] = found.get(key, 0) | dates
        return found


def _day(calendar: Calendar, place: tuple[int, int], pattern: int) -> int | None:
    zone, field = place
    found = calendar.patterns[pattern]
    return found.days[zone] if found.matched >> field & 1 else None


def _cycles(calendar: Calendar, clock: int, day: int | None) -> DayCycles:
    return NO_CYCLES if day is None else calendar.on_day(clock, day)


def _kind(before: DayCycles, after: DayCycles) -> Kind | None:
    if before.kept != after.kept:
        return "times" if len(before.kept) == len(after.kept) else "count"
    return None if before.every == after.every else "outside"


class PassedThrough:
    """What one of two plans passes through and the other does not."""

    def __init__(self, shared: Shared) -> None:
        self._shared, self._old, self._new = shared, shared.old, shared.new
        self._newly: dict[int, Bits] = {}
        self._no_longer: dict[int, Bits] = {}
        of_patterns: dict[Patterns, list[SharedDate]] = {}
        for each in shared.dates:
            if self._old.left_out.get(each.old, 0) or self._new.left_out.get(each.new, 0):
                of_patterns.setdefault(shared.patterns(each), []).append(each)
        for patterns, dates in sorted(of_patterns.items()):
            self._compare(patterns, dates)

    def newly(self) -> Iterator[PassedCycles]:
        """By task and reason, what the new plan passes through and the old one does not."""
        positions = {each.new: each.day for each in self._shared.dates}
        yield from _counted(self._new, self._newly, positions, {task.new: task.name for task in self._shared.tasks})

    def no_longer(self) -> Iterator[PassedCycles]:
        """By task and reason, what the old plan passes through and the new one does not."""
        positions = {each.old: each.day for each in self._shared.dates}
        yield from _counted(self._old, self._no_longer, positions, {task.old: task.name for task in self._shared.tasks})

    def _compare(self, patterns: Patterns, dates: Sequence[SharedDate]) -> None:
        there, back = (None, None) if self._shared.same_ordinals else self._places(patterns)
        moved = lru_cache(None)(lambda ordinals: _moved(ordinals, there))
        moved_back = lru_cache(None)(lambda ordinals: _moved(ordinals, back))
        for day in dates:
            before, after = self._old.left_out.get(day.old, 0), self._new.left_out.get(day.new, 0)
            if newly := after & ~moved(before):
                self._newly[day.new] = newly
            if no_longer := before & ~moved_back(after):
                self._no_longer[day.old] = no_longer

    def _places(self, patterns: Patterns) -> tuple[Places | None, Places | None]:
        """Where the ordinals of each template are in the other; None where all are where they were."""
        old, new = _keys(self._old, patterns[0]), _keys(self._new, patterns[1])
        if old == new:
            return None, None
        at_old, at_new = ({key: ordinal for ordinal, key in enumerate(keys)} for keys in (old, new))
        return [at_new.get(key) for key in old], [at_old.get(key) for key in new]


def _keys(plan: Plan, pattern: int) -> list[tuple[TaskId, int]]:
    """Task and second of each ordinal."""
    template, ids = plan.templates.of(pattern), [task.task.id for task in plan.tasks]
    return [(ids[task], second) for task, second in zip(template.tasks, template.cycles, strict=True)]


def _moved(ordinals: Bits, places: Places | None) -> Bits:
    """The same instances as ordinals of the other template; those that it does not have are dropped."""
    if places is None:
        return ordinals
    row = bytearray(len(places) // 8 + 1)
    for place in compress(places, _flags(ordinals)):
        if place is not None:
            row.extend(bytes(max(0, place // 8 + 1 - len(row))))
            row[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(row, "little")


def _flags(ordinals: Bits) -> Iterator[int]:
    """The bits, lowest first."""
    return map(int, reversed(f"{ordinals:b}"))


def _counted(
    plan: Plan, found: LeftOutBits, days: Mapping[int, date], names: Mapping[int, str]
) -> Iterator[PassedCycles]:
    """What is found, by task in plan order and by reason; `days` by position in the plan, `names` by that of a task."""
    counted = lru_cache(None)(
        lambda pattern, ordinals: Counter(compress(plan.templates.of(pattern).tasks, _flags(ordinals)))
    )
    counts: dict[tuple[int, str], list[tuple[date, int]]] = {}
    for position, ordinals in sorted(found.items(), key=lambda each: days[each[0]]):
        for why, of_dates in plan.whys.items():
            here = ordinals & of_dates.get(position, 0)
            for task, count in counted(plan.templates.calendar.pattern_of[position], here).items() if here else ():
                if task in names:
                    counts.setdefault((task, why), []).append((days[position], count))
    for (task, why), by_date in sorted(counts.items()):
        yield PassedCycles(names[task], why, tuple(by_date))
