"""Which cycles need not run again, judged per task and cycle by what the ledger says (spec 3, `reprocess`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from backfilld.catalog.models import TaskId
from backfilld.dates import midnight
from backfilld.planning.bridging import Bits
from backfilld.planning.history import Outcomes, Past
from backfilld.planning.plan import Plan

EXISTS, NEVER_RAN = "exists", "never ran"
Ledger = Iterable[tuple[TaskId, Outcomes]]
"""Tasks without any outcome may be missing."""


def leave_out_recorded(plan: Plan, wanted: Literal["Failed", "Missing"], ledger: Ledger) -> Plan:
    """The plan without what is not wanted.

    Missing wants cycles that never succeeded. Failed wants those whose last attempt failed or was lost: what succeeded
    last exists, and what never ran is left out too.
    """
    if wanted == "Missing":
        exists, _ = _divided(plan, ledger, lambda past: past.succeeded_once)
        return plan.leaving_out(EXISTS, exists)
    exists, failed = _divided(plan, ledger, lambda past: past.ending == "succeeded")
    everything = {position: (1 << plan.template(position).size) - 1 for position in range(len(plan.dates))}
    never = {p: each & ~failed.get(p, 0) & ~exists.get(p, 0) for p, each in everything.items()}
    return plan.leaving_out(EXISTS, exists).leaving_out(NEVER_RAN, never)


def _divided(plan: Plan, ledger: Ledger, exists: Callable[[Past], bool]) -> tuple[dict[int, Bits], dict[int, Bits]]:
    """By position: the ordinals that the ledger knows and of which `exists` holds, and those that it knows beside."""
    numbers = {task.task.id: number for number, task in enumerate(plan.tasks)}
    there, beside = _empty(plan), _empty(plan)
    starts = _starts(plan)
    for task, outcomes in ledger:
        for pattern, ordinal, second in _cycles(plan, numbers[task]):
            byte, bit = ordinal >> 3, 1 << (ordinal & 7)
            for position, start in starts[pattern]:
                past = outcomes.get(start + second)
                if past is not None:
                    (there if exists(past) else beside)[position][byte] |= bit
    return _bitsets(there), _bitsets(beside)


def _empty(plan: Plan) -> list[bytearray]:
    """A bit an instance, by position."""
    return [bytearray(plan.template(position).size // 8 + 1) for position in range(len(plan.dates))]


def _bitsets(rows: list[bytearray]) -> dict[int, Bits]:
    return {position: ordinals for position, row in enumerate(rows) if (ordinals := int.from_bytes(row, "little"))}


def _starts(plan: Plan) -> dict[int, list[tuple[int, int]]]:
    """By pattern: its dates' positions, and their midnights in seconds since 1970."""
    starts: dict[int, list[tuple[int, int]]] = {}
    for position, pattern in enumerate(plan.templates.calendar.pattern_of):
        starts.setdefault(pattern, []).append((position, int(midnight(plan.dates[position]).timestamp())))
    return starts


def _cycles(plan: Plan, task: int) -> Iterator[tuple[int, int, int]]:
    """Pattern, ordinal and second of the task's cycles on dates of every pattern."""
    templates = plan.templates
    for pattern in range(len(templates.calendar.patterns)):
        kept = templates.calendar.cycles(templates.clock_of[task], pattern).kept
        if kept:
            for ordinal, second in zip(templates.of(pattern).ordinals(task, 0, len(kept)), kept, strict=True):
                yield pattern, ordinal, second
