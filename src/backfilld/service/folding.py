"""A grid made small: how many instances of which rows are in each state, over many dates together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from backfilld.engine.states import STATE_MASK, State
from backfilld.planning.plan import Plan
from backfilld.service.matrix import layout

_PLAIN = bytes(byte & STATE_MASK for byte in range(256))


@dataclass(frozen=True, slots=True)
class Span:
    """Dates of a plan that are shown together, by their positions."""

    name: str
    first: date
    last: date
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """`counts[row][span]` are by state; what was taken from view counts for nothing."""

    spans: tuple[Span, ...]
    counts: list[list[list[int]]]


def fold(plan: Plan, states: bytes, unit: str, rows: Sequence[int]) -> Folded:
    """A plan's grid by `unit`: date, week, month or quarter; `rows` gives each task's row, from 0 without a gap."""
    spans, begins = tuple(_spans(plan.dates, unit)), _begins(plan)
    counts = [[[0] * len(State) for _ in spans] for _ in range(max(rows, default=-1) + 1)]
    plain = states.translate(_PLAIN)
    for number, span in enumerate(spans):
        for pattern, positions in _by_pattern(plan, span).items():
            size = plan.templates.size(pattern)
            dates = b"".join(plain[begins[position] : begins[position] + size] for position in positions)
            for task, column in _columns(plan, pattern, dates):
                _count(counts[rows[task]][number], column)
    return Folded(spans, counts)


def name_of(day: date, unit: str) -> str:
    """What dates of one unit have in common.

    >>> [name_of(date(2024, 12, 30), unit) for unit in ("date", "week", "month", "quarter")]
    ['2024-12-30', '2025-W01', '2024-12', '2024-Q4']
    """
    match unit:
        case "week":
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02}"
        case "month":
            return f"{day:%Y-%m}"
        case "quarter":
            return f"{day.year}-Q{(day.month + 2) // 3}"
        case _:
            return day.isoformat()


def numbered(keys: Sequence[Hashable]) -> list[int]:
    """The same number for the same key, from 0 in the order in which they come.

    >>> numbered(["a", "b", "a"])
    [0, 1, 0]
    """
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _spans(dates: Sequence[date], unit: str) -> Iterator[Span]:
    """The earliest first, whatever the order in which the dates run."""
    together: dict[str, list[int]] = {}
    for position in sorted(range(len(dates)), key=dates.__getitem__):
        together.setdefault(name_of(dates[position], unit), []).append(position)
    for name, positions in together.items():
        yield Span(name, dates[positions[0]], dates[positions[-1]], tuple(positions))


def _begins(plan: Plan) -> list[int]:
    begins = [0]
    for pattern in plan.templates.calendar.pattern_of:
        begins.append(begins[-1] + plan.templates.size(pattern))
    return begins


def _by_pattern(plan: Plan, span: Span) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for position in span.positions:
        found.setdefault(plan.templates.calendar.pattern_of[position], []).append(position)
    return found


def _columns(plan: Plan, pattern: int, dates: bytes) -> Iterator[tuple[int, bytes]]:
    """The bytes of each stretch of a task's ordinals, over dates of one pattern that follow each other."""
    size, ordinal = plan.templates.size(pattern), 0
    for task, length in layout(plan.templates.layout(pattern).tasks):
        yield task, b"".join(dates[at::size] for at in range(ordinal, ordinal + length))
        ordinal += length


def _count(counts: list[int], column: bytes) -> None:
    for state, times in Counter(column).items():
        if state < len(State):
            counts[state] += times
