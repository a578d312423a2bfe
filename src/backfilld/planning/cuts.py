"""Edges that were cut after the acceptance (spec 5): a date with some has a template of its own, all others share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from backfilld.planning.templates import CrossWait
from backfilld.request.amendments import Amendment, Cut


@dataclass(frozen=True, slots=True)
class DateCuts:
    """What instances of one date no longer wait for."""

    same: frozenset[tuple[int, int]]
    """Ordinals of the date itself: (up, down)."""
    across: frozenset[tuple[int, int, int]]
    """Of other dates: (down, position, up)."""


def cuts_of(amendments: Iterable[Amendment], dates: Sequence[date]) -> dict[int, DateCuts]:
    """The cuts among the amendments, by the position of the date that waits; `dates` are in run order."""
    position_of = {day: position for position, day in enumerate(dates)}
    edges = {
        (position_of[cut.instance.business_date], cut.instance.ordinal, position_of[up.business_date], up.ordinal)
        for cut in amendments
        if isinstance(cut, Cut)
        for up in cut.upstream
        if cut.instance.business_date in position_of and up.business_date in position_of
    }
    return {position: _of_date(position, edges) for position in sorted({edge[0] for edge in edges})}


def less(waits: Iterable[CrossWait], cuts: DateCuts) -> Iterator[CrossWait]:
    """The waits of a date for earlier ones, without what is cut."""
    for wait in waits:
        gone: dict[int, set[int]] = {}
        for down, position, up in cuts.across:
            if position == wait.position and down in wait.children and up in wait.parents:
                gone.setdefault(down, set()).add(up)
        yield from _split(wait, gone) if gone else (wait,)


def listed(cuts: Mapping[int, DateCuts]) -> list[list[list[int]]]:
    """The same in one order, as numbers: for each date its position alone, then its edges."""
    return [[[position], *map(list, sorted(of.same)), *map(list, sorted(of.across))] for position, of in cuts.items()]


def _of_date(position: int, edges: Iterable[tuple[int, int, int, int]]) -> DateCuts:
    mine = [edge[1:] for edge in edges if edge[0] == position]
    return DateCuts(
        frozenset((up, down) for down, there, up in mine if there == position),
        frozenset((down, there, up) for down, there, up in mine if there != position),
    )


def _split(wait: CrossWait, gone: Mapping[int, set[int]]) -> Iterator[CrossWait]:
    """The children that lose nothing still share their wait; each other one has its own."""
    if untouched := [child for child in wait.children if child not in gone]:
        yield CrossWait(untouched, wait.position, wait.parents)
    for child, parents in sorted(gone.items()):
        if left := [parent for parent in wait.parents if parent not in parents]:
            yield CrossWait([child], wait.position, left)
