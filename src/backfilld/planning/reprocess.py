"""Which cycles need not run again, judged per task and cycle by what the ledger says (spec 3, `reprocess`)."""

from __future__ import annotations

from collections.abc import Iterable, Set
from functools import lru_cache, partial

from backfilld.catalog.models import TaskId
from backfilld.planning.bridging import Bits
from backfilld.planning.history import Outcomes, Succeeded
from backfilld.planning.moments import Moments, start_of
from backfilld.planning.plan import Plan

PLACED_KEPT = 32  # most dates of a pattern look alike
EXISTS, NEVER_RAN = "exists", "never ran"
Ledger = Iterable[tuple[TaskId, Outcomes]]
"""Tasks without any outcome may be missing."""


def leave_out_existing(plan: Plan, succeeded: Succeeded) -> Plan:
    """`reprocess: Missing`: the plan without the cycles that ever succeeded."""
    exists, numbers = _Marked(plan), _numbers(plan)
    for task, cycles in succeeded:
        exists.mark(numbers[task], cycles)
    return plan.leaving_out(EXISTS, exists.bits())


def leave_out_unfailed(plan: Plan, ledger: Ledger) -> Plan:
    """`reprocess: Failed`: only the cycles whose last attempt failed or was lost.

    What succeeded last exists, and what never ran is left out too.
    """
    exists, failed = _divided(plan, ledger)
    sizes = [plan.templates.size(pattern) for pattern in range(len(plan.templates.calendar.patterns))]
    everything = {p: (1 << sizes[pattern]) - 1 for p, pattern in enumerate(plan.templates.calendar.pattern_of)}
    never = {p: each & ~failed.get(p, 0) & ~exists.get(p, 0) for p, each in everything.items()}
    return plan.leaving_out(EXISTS, exists).leaving_out(NEVER_RAN, never)


def _divided(plan: Plan, ledger: Ledger) -> tuple[dict[int, Bits], dict[int, Bits]]:
    """By position: the ordinals that succeeded last, and those that ended otherwise."""
    there, beside, numbers = _Marked(plan), _Marked(plan), _numbers(plan)
    for task, outcomes in ledger:
        exist = {cycle for cycle, past in outcomes.items() if past.ending == "succeeded"}
        there.mark(numbers[task], exist)
        if len(exist) < len(outcomes):
            beside.mark(numbers[task], outcomes.keys() - exist)
    return there.bits(), beside.bits()


def _numbers(plan: Plan) -> dict[TaskId, int]:
    return {task.task.id: number for number, task in enumerate(plan.tasks)}


class _Marked:
    """Instances of a plan, marked by their moments; on each date they are numbered by task, then by cycle."""

    def __init__(self, plan: Plan) -> None:
        self._templates, calendar = plan.templates, plan.templates.calendar
        dates = [[plan.dates[position] for position in positions] for positions in calendar.positions_of]
        self._starts = [list(map(start_of, days)) for days in dates]
        self._moments = Moments(calendar, [(pattern, sorted(days)) for pattern, days in enumerate(dates)])
        self._begins = [plan.templates.begins(pattern) for pattern in range(len(dates))]
        self._everywhere = [0] * len(dates)
        self._rows: dict[int, bytearray] = {}

    def mark(self, task: int, cycles: Set[int]) -> None:
        """Mark these cycles of a task; what is none of the plan's is passed over."""
        clock = self._templates.clock_of[task]
        for pattern, begins in enumerate(self._begins):
            all_of = self._moments.of(clock, pattern)
            if all_of.isdisjoint(cycles):
                continue
            if all_of <= cycles:
                self._everywhere[pattern] |= (1 << begins[task + 1]) - (1 << begins[task])
            else:
                self._mark_some(task, pattern, cycles)

    def bits(self) -> dict[int, Bits]:
        """The ordinals of what is marked, by position."""
        found: dict[int, Bits] = {}
        for pattern, positions in enumerate(self._templates.calendar.positions_of):
            placed = lru_cache(PLACED_KEPT)(partial(self._templates.placed, pattern))
            for position in positions:
                row = int.from_bytes(self._rows.pop(position, b""), "little")
                if marked := row | self._everywhere[pattern]:
                    found[position] = placed(marked)
        return found

    def _mark_some(self, task: int, pattern: int, cycles: Set[int]) -> None:
        first, size = self._begins[pattern][task], self._begins[pattern][-1]
        kept = self._moments.kept(self._templates.clock_of[task], pattern)
        for position, start in zip(self._templates.calendar.positions_of[pattern], self._starts[pattern], strict=True):
            for number, second in enumerate(kept, first):
                if start + second in cycles:
                    if position not in self._rows:
                        self._rows[position] = bytearray(size // 8 + 1)
                    self._rows[position][number >> 3] |= 1 << (number & 7)
