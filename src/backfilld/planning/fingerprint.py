"""The plan's hash: a digest of what decides its dates, instances and edges, never of the instances themselves.

64 hexadecimal digits: 24 for the whole, then 8 for each part, so that two hashes alone tell what differs.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from backfilld.catalog.models import LastDates, Reach
from backfilld.planning.bridging import Bits, Upstream
from backfilld.planning.calendar import NO_CYCLES, Calendar, DayCycles
from backfilld.planning.cuts import DateCuts, listed
from backfilld.planning.draft import Draft

PARTS = ("dates", "tasks", "cycles", "edges", "left-out cycles")
_WHOLE, _PART = 24, 8
H = TypeVar("H", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A digest a part, in the order of `PARTS`; left-out cycles come last, and may still be decided."""

    parts: tuple[str, ...]

    def hash(self, left_out: Mapping[int, Bits]) -> str:
        """Equal for equal dates, instances, edges and left-out bits; priorities and run windows do not matter."""
        bits = [[position, f"{each:x}"] for position, each in sorted(left_out.items()) if each]
        parts = (*self.parts, _digest(bits))
        return _digest(parts)[:_WHOLE] + "".join(part[:_PART] for part in parts)


def fingerprint(draft: Draft, cuts: Mapping[int, DateCuts]) -> Fingerprint:
    """What is decided before history is asked; cuts belong to the edges."""
    edges = _edges(draft.bridged.upstream)
    return Fingerprint(
        (
            _digest([day.toordinal() for day in draft.dates]),
            _digest([task.id for task in draft.tasks]),
            _digest(_cycles(draft)),
            _digest([edges, listed(cuts)] if cuts else edges),
        )
    )


def differing_parts(one: str, other: str) -> tuple[str, ...]:
    """Which of `PARTS` two whole hashes say to be different.

    >>> dates, tasks, others, cycles, edges = (letter * 64 for letter in "abcde")
    >>> one, other = Fingerprint((dates, tasks, cycles, edges)), Fingerprint((dates, others, cycles, edges))
    >>> differing_parts(one.hash({}), other.hash({1: 1}))
    ('tasks', 'left-out cycles')
    """
    starts = [_WHOLE + _PART * number for number in range(len(PARTS))]
    return tuple(
        part
        for part, start in zip(PARTS, starts, strict=True)
        if one[start : start + _PART] != other[start : start + _PART]
    )


def _cycles(draft: Draft) -> object:
    """Which cycles each task has on each date, numbered as they occur: how their cron is written does not matter."""
    if draft.request.at_once:
        return "at once"
    templates, calendar = draft.templates, draft.templates.calendar
    number_of = _Numbers()
    rows = _rows(calendar, number_of)
    kinds_of_date = _numbered(rows)
    columns = list(zip(*kinds_of_date, strict=True))
    kinds_of_task = _numbered(columns[clock] for clock in templates.clock_of) if columns else {}
    seen = _numbered(number for column in kinds_of_task for number in column)
    known = number_of.known
    return {
        "dates": [kinds_of_date[rows[pattern]] for pattern in calendar.pattern_of],
        "tasks": [kinds_of_task[columns[clock]] for clock in templates.clock_of] if columns else [],
        "cycles": [[seen[number] for number in column] for column in kinds_of_task],
        "seconds": [known[number] for number in seen],
    }


class _Numbers:
    """Numbers for cycles, equal for equal ones."""

    def __init__(self) -> None:
        self._of_value: dict[tuple[Sequence[int], Sequence[int]], int] = {}

    @property
    def known(self) -> list[tuple[Sequence[int], Sequence[int]]]:
        """All cycles and those kept, by number."""
        return list(self._of_value)

    def __call__(self, cycles: DayCycles) -> int:
        return self._of_value.setdefault((cycles.every, cycles.kept), len(self._of_value))


def _rows(calendar: Calendar, number_of: _Numbers) -> list[tuple[int, ...]]:
    """For each pattern, in the order in which they first occur, the number of each clock's cycles."""
    columns: dict[int, Iterable[int]] = {}
    for group in calendar.groups:
        days = calendar.days_of(group)
        for clock in group.clocks:
            numbers = {day: number_of(_on_day(calendar, clock, day)) for day in dict.fromkeys(days)}
            columns[clock] = map(numbers.__getitem__, days)
    in_order = [columns[clock] for clock in range(len(calendar.clocks))]
    return list(zip(*in_order, strict=True)) if in_order else [()] * len(calendar.patterns)


def _on_day(calendar: Calendar, clock: int, day: int | None) -> DayCycles:
    return NO_CYCLES if day is None else calendar.on_day(clock, day)


def _edges(upstream: Upstream) -> object:
    return [
        [f"{ups:x}" for ups in upstream.same],
        [sorted([_kind(kind), f"{ups:x}"] for kind, ups in crossing.items()) for crossing in upstream.cross],
        [sorted(map(_kind, kinds)) for kinds in upstream.own],
    ]


def _kind(kind: Reach) -> int:
    """A number for a kind of edge: 0 for `previous`, n for `dates: n`."""
    return kind.n if isinstance(kind, LastDates) else 0


def _numbered(items: Iterable[H]) -> dict[H, int]:
    return {item: number for number, item in enumerate(dict.fromkeys(items))}


def _digest(content: object) -> str:
    return sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()
