"""Which task instances of a backfill an act is asked for: a filter as it was written, every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from backfilld.catalog.documents import shown
from backfilld.engine.states import State
from backfilld.errors import Fault, InvalidRequest
from backfilld.service.wishes import Option


class FilterGiven(NamedTuple):
    """A filter as it was written: tasks by id or name, states, business dates."""

    tasks: tuple[str, ...] | None
    states: frozenset[State] | None
    first: date | None
    last: date | None


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or any(isinstance(each, bool) for each in value):
        raise ValueError
    if any(not isinstance(each, str | int) for each in value):
        raise ValueError
    return tuple(map(str, value))


def _states(value: Any) -> frozenset[State]:
    return frozenset(_STATES[each] for each in _texts(value))


_STATES = {state.name.lower(): state for state in State}
_FILTER: Mapping[str, Option] = {
    "tasks": Option(_texts, "a list of ids or names of tasks", {"type": "array"}),
    "states": Option(_states, f"a list of {', '.join(_STATES)}", {"type": "array", "items": {"enum": list(_STATES)}}),
    "start_biz_date": Option(date.fromisoformat, "a date such as 2024-05-06", {"type": "string", "format": "date"}),
    "end_biz_date": Option(date.fromisoformat, "a date such as 2024-05-06", {"type": "string", "format": "date"}),
}


def filter_of(given: object) -> FilterGiven:
    """The filter; raises `InvalidRequest` with every fault."""
    if not isinstance(given, Mapping):
        raise InvalidRequest([Fault("filter", shown(given), f"an object with {', '.join(_FILTER)}")])
    read: dict[str, Any] = {}
    faults = [
        Fault(f"filter.{name}", shown(given[name]), f"only {', '.join(_FILTER)}") for name in given.keys() - _FILTER
    ]
    for name, option in _FILTER.items():
        if given.get(name) is not None:
            try:
                read[name] = option.read(given[name])
            except (ValueError, TypeError, KeyError):
                faults.append(Fault(f"filter.{name}", shown(given[name]), option.allowed))
    if faults:
        raise InvalidRequest(faults)
    return FilterGiven(*(read.get(name) for name in _FILTER))
