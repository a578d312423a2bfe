"""The templates of a plan, each built when it is first asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate

from backfilld.catalog.models import PREVIOUS, SAME, LastDates, Previous, Reach, Same
from backfilld.planning.bridging import Bits, Upstream, bits, passed, transposed, union, without
from backfilld.planning.calendar import Calendar, DayCycles
from backfilld.planning.crossing import Crossing, TaskWait
from backfilld.planning.expansion import Join, Kept, Layout, Spans, Template, all_spans, previous_spans, same_spans

TEMPLATES_KEPT = 32


@dataclass(frozen=True, slots=True)
class CrossWait:
    """Each of `children` (ordinals of the asked date) waits for all `parents` (ordinals of the date at `position`)."""

    children: Sequence[int]
    position: int
    parents: Sequence[int]


class Templates:
    """What the dates of each pattern hold: tasks by position, their cycles, and the edges between them."""

    def __init__(self, calendar: Calendar, upstream: Upstream, clock_of: Sequence[int], days: Sequence[int]) -> None:
        """`clock_of` gives each task's clock; `days` the dates' ordinals in run order."""
        self.calendar, self.clock_of = calendar, clock_of
        self._upstream, self._days, self._crossing = upstream, days, Crossing(calendar, clock_of, days)
        self._members = [0] * len(calendar.clocks)
        for task, clock in enumerate(clock_of):
            self._members[clock] |= 1 << task
        self._groups: dict[tuple[int, int], tuple[Bits, int]] = {}
        self._spans: dict[tuple[object, ...], Spans] = {}
        self._bridged: dict[Bits, Upstream] = {0: upstream}
        self.of = lru_cache(TEMPLATES_KEPT)(self.build)
        self.begins = lru_cache(TEMPLATES_KEPT)(self._begins)
        """Where each task's instances begin when those of a date are numbered by task, then by cycle."""
        self.layout = lru_cache(TEMPLATES_KEPT)(self._lay_out)
        """Like `of`, but edges are only made where the order of the instances rests on them."""
        self._crossings = lru_cache(TEMPLATES_KEPT)(self._cross_edges)

    def afresh(self) -> Templates:
        """The same, with nothing made yet."""
        return Templates(self.calendar, self._upstream, self.clock_of, self._days)

    def present(self, pattern: int) -> Bits:
        """The tasks that have a cycle on dates of this pattern."""
        return sum(self._group(group, day)[0] for group, day in self.calendar.awake(pattern))

    def size(self, pattern: int) -> int:
        """How many instances a date of this pattern has, without building them."""
        return sum(self._group(group, day)[1] for group, day in self.calendar.awake(pattern))

    def instances_by_clock(self) -> list[int]:
        """How many instances each task of a clock has in the plan."""
        counts = [0] * len(self.calendar.clocks)
        for group, days in zip(self.calendar.groups, self.calendar.dates_awake, strict=True):
            for clock in group.clocks:
                counts[clock] = sum(n * len(self.calendar.on_day(clock, day).kept) for day, n in days.items())
        return counts

    def most_cycles(self) -> list[int]:
        """How many cycles each clock has on the date where it has most."""
        counts = [0] * len(self.calendar.clocks)
        for group, days in zip(self.calendar.groups, self.calendar.dates_awake, strict=True):
            for clock in group.clocks:
                counts[clock] = max((len(self.calendar.on_day(clock, day).kept) for day in days), default=0)
        return counts

    def dropped(self) -> Iterator[tuple[int, int]]:
        """The clocks that lose cycles to another date where clocks change, and how many."""
        for group, days in zip(self.calendar.groups, self.calendar.dates_awake, strict=True):
            for clock in group.clocks:
                if lost := sum(n * self.calendar.on_day(clock, day).dropped for day, n in days.items()):
                    yield clock, lost

    def narrowed(self) -> Iterator[tuple[int, dict[int, int]]]:
        """The clocks that lose cycles to the window of the day, with how many on each date of which patterns."""
        for number, group in enumerate(self.calendar.groups):
            for clock in group.clocks:
                found = {day: self.calendar.on_day(clock, day) for day in self.calendar.dates_awake[number]}
                lost = {day: n for day, each in found.items() if (n := len(each.every) - len(each.kept))}
                if lost:
                    days = enumerate(self.calendar.days_of(group))
                    yield clock, {pattern: lost[day] for pattern, day in days if day in lost}

    def _begins(self, pattern: int) -> array[int]:
        counts = [len(self.calendar.cycles(clock, pattern).kept) for clock in range(len(self.calendar.clocks))]
        return array("I", accumulate((counts[clock] for clock in self.clock_of), initial=0))

    def placed(self, pattern: int, natural: Bits) -> Bits:
        """The ordinals of instances that are numbered so."""
        return natural if self._straight else self.of(pattern).placed(natural)

    def natural(self, pattern: int, ordinals: Bits) -> Bits:
        """The way back."""
        return ordinals if self._straight else self.of(pattern).natural(ordinals)

    def upstream(self, pattern: int) -> Upstream:
        """The edges on dates of this pattern after passing through tasks without a cycle."""
        absent = self._absent(pattern)
        known = self._bridged.get(absent)
        if known is None:
            known = self._bridged[absent] = without(self._upstream, absent)
        return known

    def passed(self) -> Bits:
        """The tasks without a cycle that are passed through on some date."""
        downstream = transposed(self._upstream.same)
        absent = {self._absent(pattern) for pattern in range(len(self.calendar.patterns))}
        return union(passed(self._upstream, downstream, each) for each in absent)

    def _absent(self, pattern: int) -> Bits:
        return (1 << len(self.clock_of)) - 1 & ~self.present(pattern)

    def joins(self, pattern: int) -> Iterator[Join]:
        """Who waits for whom on one date of this pattern."""
        present = self.present(pattern)
        upstream = self.upstream(pattern)
        for down in bits(present):
            for up in bits(upstream.same[down]):
                yield Join(up, down, self._same_spans(up, down, pattern))
            for kind, ups in upstream.crossing(down).items():
                for up in bits(ups & present):
                    yield Join(up, down, self._cross_spans(kind, up, down, pattern))

    def edges(self, pattern: int) -> int:
        """How many instances wait for how many on one date, counted without building them; doubles count twice."""
        return sum(high - low for join in self.joins(pattern) for low, high in join.spans)

    def cross_waits(self, position: int) -> Iterator[CrossWait]:
        """What instances of the date at `position` wait for on earlier dates."""
        for wait in self.waits_across(position):
            children = self._ordinals(position, wait.down, wait.children)
            yield CrossWait(children, wait.position, self._ordinals(wait.position, wait.up, wait.parents))

    def waits_across(self, position: int) -> Iterator[TaskWait]:
        """The same, by tasks and their cycles."""
        for down, kind, up in self._crossings(self.calendar.pattern_of[position]):
            if isinstance(kind, LastDates):
                yield from self._crossing.last_dates(position, up, down, kind.n)
            else:
                yield from self._crossing.previous(position, up, down)

    def goes_back(self, pattern: int, among: Bits) -> bool:
        """Whether a cycle waits for a later one of its own date, among these tasks; `previous` ones never do."""
        present = self.present(pattern) & among
        upstream = self.upstream(pattern)
        return any(
            self._is_backward(kind, up, down, pattern)
            for down in bits(present)
            for kind, ups in ((SAME, upstream.same[down]), *upstream.crossing(down).items())
            for up in bits(ups & present)
        )

    def _is_backward(self, kind: Reach, up: int, down: int, pattern: int) -> bool:
        parents, children = (self.calendar.cycles(self.clock_of[task], pattern).kept for task in (up, down))
        match kind:
            case Same():
                ends = zip(self._same_spans(up, down, pattern), children, strict=True)
                return any(low < high and parents[high - 1] > child for (low, high), child in ends)
            case Previous():
                return False
            case LastDates():
                return parents[-1] > children[0]

    def _cross_edges(self, pattern: int) -> list[tuple[int, Reach, int]]:
        """Who waits across dates, how, and for whom, on dates of this pattern."""
        upstream = self.upstream(pattern)
        return [
            (down, kind, up)
            for down in bits(self.present(pattern))
            for kind, ups in upstream.crossing(down).items()
            for up in bits(ups)
        ]

    def _everywhere(self, clock: int) -> list[DayCycles]:
        """The cycles of a clock on dates of each pattern."""
        return [self.calendar.cycles(clock, pattern) for pattern in range(len(self.calendar.patterns))]

    def _group(self, group: int, day: int) -> tuple[Bits, int]:
        """The tasks of a group of clocks that have a cycle on a date whose local day lies so, and their instances."""
        known = self._groups.get((group, day))
        if known is None:
            counts = [
                (self._members[c], len(self.calendar.on_day(c, day).kept)) for c in self.calendar.groups[group].clocks
            ]
            tasks = sum(members for members, count in counts if count)
            known = self._groups[group, day] = tasks, sum(members.bit_count() * count for members, count in counts)
        return known

    def build(self, pattern: int) -> Template:
        """What `of` remembers, made anew: raises `LoopOnDate`."""
        return Template(self._kept(pattern), list(self.joins(pattern)))

    def _lay_out(self, pattern: int) -> Layout:
        return Layout(self._kept(pattern)) if self._straight else self.of(pattern)

    def _kept(self, pattern: int) -> Kept:
        cycles = [self.calendar.cycles(clock, pattern).kept for clock in range(len(self.calendar.clocks))]
        return [(task, kept) for task, clock in enumerate(self.clock_of) if (kept := cycles[clock])]

    @cached_property
    def _straight(self) -> bool:
        """Whether each task's instances come before those of later tasks: no edge goes back, none after bridging."""
        return all(up <= down for up, down, _ in edges_of(self._upstream))

    def _same_spans(self, up: int, down: int, pattern: int) -> Spans:
        clocks = self.clock_of[up], self.clock_of[down]
        key = (*clocks, self.calendar.day_of(clocks[0], pattern), self.calendar.day_of(clocks[1], pattern))
        known = self._spans.get(key)
        if known is None:
            parent, child = (self.calendar.cycles(clock, pattern) for clock in clocks)
            known = self._spans[key] = same_spans(child, parent)
        return known

    def _cross_spans(self, kind: Reach, up: int, down: int, pattern: int) -> Spans:
        child = self.calendar.cycles(self.clock_of[down], pattern)
        parent = self.calendar.cycles(self.clock_of[up], pattern)
        return previous_spans(child, parent) if kind == PREVIOUS else all_spans(child, parent)

    def _ordinals(self, position: int, task: int, cycles: range) -> Sequence[int]:
        pattern = self.calendar.pattern_of[position]
        if not self._straight:
            return self.of(pattern).ordinals(task, cycles.start, cycles.stop)
        begin = self.begins(pattern)[task]
        return range(begin + cycles.start, begin + cycles.stop)


def edges_of(upstream: Upstream) -> Iterator[tuple[int, int, Reach]]:
    """Every edge between tasks, as (up, down, kind)."""
    for down, same in enumerate(upstream.same):
        for up in bits(same):
            yield up, down, SAME
        for kind, ups in upstream.crossing(down).items():
            for up in bits(ups):
                yield up, down, kind
