"""In which order flow runs are listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from backfilld.interfaces.vendors.prefect.filters import Sort
from backfilld.interfaces.vendors.prefect.flow_runs import FlowRun

Key = Callable[[FlowRun], Any]
NEVER = datetime.max.replace(tzinfo=UTC)


class _Backwards:
    """A value that is the less the greater it is."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Backwards) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Backwards) and bool(self.value == other.value)

    __hash__ = None  # type: ignore[assignment]  # nothing is looked up by it


_KEYS: Mapping[Sort, Key] = {
    "ID_DESC": lambda run: (),
    "START_TIME_ASC": lambda run: run.start_time or run.expected_start_time,
    "START_TIME_DESC": lambda run: _Backwards(run.start_time or run.expected_start_time),
    "EXPECTED_START_TIME_ASC": lambda run: run.expected_start_time,
    "EXPECTED_START_TIME_DESC": lambda run: _Backwards(run.expected_start_time),
    "NAME_ASC": lambda run: run.name,
    "NAME_DESC": lambda run: _Backwards(run.name),
    "NEXT_SCHEDULED_START_TIME_ASC": lambda run: run.next_scheduled_start_time or NEVER,
    "END_TIME_DESC": lambda run: _Backwards(run.end_time or datetime.min.replace(tzinfo=UTC)),
}


def sort_key(sort: Sort) -> Key:
    """What to sort by; of those that are alike the greatest id comes first."""
    key = _KEYS[sort]
    return lambda run: (key(run), -run.number)
