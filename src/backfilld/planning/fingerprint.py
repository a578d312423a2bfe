"""The plan's hash: a digest of what decides its dates, instances and edges, never of the instances themselves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from backfilld.catalog.models import LastDates, Reach
from backfilld.planning.calendar import Calendar
from backfilld.planning.draft import Draft


def fingerprint(draft: Draft, left_out: Mapping[int, frozenset[int]]) -> str:
    """Equal for equal dates, instances, edges and left-out bits; priorities and run windows do not matter."""
    upstream, templates = draft.bridged.upstream, draft.templates
    content = {
        "dates": [day.toordinal() for day in draft.dates],
        "patterns": list(templates.calendar.pattern_of),
        "clocks": _clocks(templates.calendar),
        "tasks": [[task.id, clock] for task, clock in zip(draft.tasks, templates.clock_of, strict=True)],
        "same": [f"{ups:x}" for ups in upstream.same],
        "cross": [sorted([_kind(kind), f"{ups:x}"] for kind, ups in crossing.items()) for crossing in upstream.cross],
        "own": [sorted(map(_kind, kinds)) for kinds in upstream.own],
        "left_out": [[position, sorted(bits)] for position, bits in sorted(left_out.items()) if bits],
    }
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def _clocks(calendar: Calendar) -> list[object]:
    """The days and day fields of each pattern, and the cycles of each clock on every kind of day that it meets."""
    rows: list[object] = [[*pattern.days, f"{pattern.matched:x}"] for pattern in calendar.patterns]
    for clock, place in enumerate(calendar.place):
        met = dict.fromkeys(pattern.days[place[0]] for pattern in calendar.patterns)
        cycles = [calendar.on_day(clock, day) for day in met]
        rows.append([place, [[each.every, each.kept] for each in cycles]])
    return rows


def _kind(kind: Reach) -> int:
    """A number for a kind of edge: 0 for `previous`, n for `dates: n`."""
    return kind.n if isinstance(kind, LastDates) else 0
