"""The last ending of every cycle of a task in one month, packed: evenly spaced cycles are one interval. Pure.

Beside the intervals stands when each cycle ended, in the order of the cycles. Cycles and endings are in seconds since
1970, UTC.
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain, compress, repeat
from typing import Literal, NamedTuple

from backfilld.engine.states import STATE_MASK, State
from backfilld.planning.history import Past
from backfilld.store.columns import SECOND, moment

ENDINGS: Mapping[int, Literal["succeeded", "failed", "lost"]] = {
    int(State.SUCCEEDED): "succeeded",
    int(State.FAILED): "failed",
    int(State.LOST): "lost",
}
"""What a ledger keeps; a skipped or cancelled cycle says nothing about its data."""
SUCCEEDED_ONCE = 0x10
LATEST = 2**32 - 1
"""In the year 2106: an ending that a host's clock puts beyond is kept as this."""


class CycleEnding(NamedTuple):
    """How a cycle ended, and when; `state` is the number of one of `ENDINGS`."""

    cycle: int
    state: int
    ended: int


class Interval(NamedTuple):
    """`size` cycles, `step` apart, that ended alike; `code` is the state, with SUCCEEDED_ONCE."""

    first: int
    step: int
    size: int
    backfill: int
    code: int

    @property
    def last(self) -> int:
        """The newest cycle."""
        return self.first + self.step * (self.size - 1)

    @property
    def cycles(self) -> range:
        """All of them, ascending."""
        step = self.step or 1
        return range(self.first, self.first + step * self.size, step)


class Month(NamedTuple):
    """A row of the ledger: the intervals, and four bytes a cycle for its ending."""

    intervals: bytes
    ended: bytes


NOTHING = Month(b"", b"")
_INTERVAL = struct.Struct("<qIIqB")
_COLUMNS = ((0, "q"), (8, "I"), (12, "I"))
"""Where `first`, `step` and `size` are in a packed interval, and what they are."""
_CODE_AT = _INTERVAL.size - 1
_ONCE = bytes(bool(code & SUCCEEDED_ONCE) for code in range(256))
_ENDED = 4


@lru_cache(maxsize=4096)
def month_of(cycle: int) -> int:
    """Months since year 0, in UTC."""
    found = moment(cycle * SECOND)
    return found.year * 12 + found.month - 1


def intervals_of(packed: bytes) -> list[Interval]:
    """The intervals, ascending."""
    return list(map(Interval._make, _INTERVAL.iter_unpack(packed)))


def with_endings(stored: Month, backfill: int, endings: Sequence[CycleEnding]) -> Month:
    """The month with what a run of `backfill` says of these cycles of it, each named once.

    The later ending counts, and of the same backfill the one told last; that a cycle ever succeeded is not forgotten.
    Only the intervals between the first and the last of these cycles are taken apart.

    >>> ok, bad = int(State.SUCCEEDED), int(State.FAILED)
    >>> first = [CycleEnding(60, ok, 900), CycleEnding(120, ok, 901), CycleEnding(240, bad, 902)]
    >>> again = [CycleEnding(180, ok, 903), CycleEnding(240, ok, 904)]
    >>> for interval in intervals_of(with_endings(with_endings(NOTHING, 7, first), 8, again).intervals):
    ...     print(*interval)
    60 60 2 7 19
    180 60 2 8 19
    """
    before, head, known, after, tail = _cut(stored, min(endings).cycle, max(endings).cycle)
    _merge(known, backfill, endings)
    cycles = sorted(known)
    ended = struct.pack(f"<{len(cycles)}I", *[known[cycle][0] for cycle in cycles])
    changed = [Interval(cycle, 0, 1, *known[cycle][1:]) for cycle in cycles]
    joined = _joined(before, chain(changed, after))
    return Month(b"".join([_INTERVAL.pack(*interval) for interval in joined]), head + ended + tail)


def outcomes_of(months: Collection[Month], first: int, last: int) -> dict[int, Past]:
    """What became of the cycles from `first` to `last`, by cycle; months are ascending."""
    ended = _unpacked(b"".join([month.ended for month in months]))
    intervals = intervals_of(b"".join([month.intervals for month in months]))
    found: dict[int, Past] = {}
    position = 0
    for interval in _joined([], intervals):
        end = position + interval.size
        cycles, moments = interval.cycles, ended[position:end]
        if interval.first < first or interval.last > last:
            inside = slice(bisect_left(cycles, first), bisect_right(cycles, last))
            cycles, moments = cycles[inside], moments[inside]
        found.update(zip(cycles, _pasts(interval, moments), strict=True))
        position = end
    return found


def succeeded_of(intervals: bytes) -> set[int]:
    """The cycles that ever succeeded, out of the intervals of any months.

    Column by column: whoever runs every night has an interval a night, and plans ask for ten years of many tasks.
    """
    once = intervals[_CODE_AT :: _INTERVAL.size].translate(_ONCE)
    firsts, steps, sizes = (compress(_column(intervals, *column), once) for column in _COLUMNS)
    if max(lengths := array("I", sizes), default=1) == 1:
        return set(firsts)
    some = zip(firsts, steps, lengths, strict=True)
    return set(chain.from_iterable(range(first, first + (step or 1) * size, step or 1) for first, step, size in some))


def _column(intervals: bytes, at: int, typecode: str) -> array[int]:
    """One field of each interval, which begins at this byte."""
    found: array[int] = array(typecode)
    row = bytearray(len(intervals) // _INTERVAL.size * found.itemsize)
    for byte in range(found.itemsize):
        row[byte :: found.itemsize] = intervals[at + byte :: _INTERVAL.size]
    found.frombytes(row)
    if sys.byteorder == "big":
        found.byteswap()
    return found


_Known = tuple[int, int, int]
"""When a cycle ended, in which backfill, and its code."""


def _merge(known: dict[int, _Known], backfill: int, endings: Iterable[CycleEnding]) -> None:
    for cycle, state, ended in endings:
        code = state | SUCCEEDED_ONCE if state == State.SUCCEEDED else state
        new = min(max(0, ended), LATEST), backfill, code
        known[cycle] = _later(known[cycle], new) if cycle in known else new


def _later(old: _Known, new: _Known) -> _Known:
    # A paused backfill holds no cycles: what it ran may settle after a later ending by another.
    ended, backfill, code = old if old[1] != new[1] and old[0] > new[0] else new
    return ended, backfill, code | (old[2] | new[2]) & SUCCEEDED_ONCE


class _Cut(NamedTuple):
    """A month in three: intervals and endings before some cycles, between the first and the last of them, and after."""

    before: list[Interval]
    head: bytes
    known: dict[int, _Known]
    after: list[Interval]
    tail: bytes


def _cut(stored: Month, first: int, last: int) -> _Cut:
    before, rest = _split(intervals_of(stored.intervals), first)
    if not rest:  # the usual case: time goes on
        return _Cut(before, stored.ended, {}, [], b"")
    touched, after = _split(rest, last + 1)
    end = len(stored.ended) - _ENDED * _size(after)
    start = end - _ENDED * _size(touched)
    known = _endings_of(touched, stored.ended[start:end])
    before = _joined(before[:-2], before[-2:])  # what was cut off may go on evenly from the one before
    return _Cut(before, stored.ended[:start], known, after, stored.ended[end:])


def _split(intervals: list[Interval], cycle: int) -> tuple[list[Interval], list[Interval]]:
    """What is before the cycle, and what is from it on."""
    if not intervals or intervals[-1].last < cycle:
        return intervals, []
    position = bisect_left(intervals, cycle, key=_last)
    first, step, size, backfill, code = intervals[position]
    if cycle <= first:
        return intervals[:position], intervals[position:]
    cut = -(-(cycle - first) // step)
    left = Interval(first, step, cut, backfill, code)
    right = Interval(first + step * cut, step, size - cut, backfill, code)
    return [*intervals[:position], left], [right, *intervals[position + 1 :]]


def _size(intervals: Iterable[Interval]) -> int:
    return sum(interval.size for interval in intervals)


def _endings_of(intervals: Iterable[Interval], ended: bytes) -> dict[int, _Known]:
    moments = iter(_unpacked(ended))
    return {
        cycle: (next(moments), interval.backfill, interval.code) for interval in intervals for cycle in interval.cycles
    }


def _unpacked(ended: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(ended) // _ENDED}I", ended)


_past = partial(tuple.__new__, Past)
"""A `Past` of a tuple, in two thirds of the time of its own constructor."""


def _pasts(interval: Interval, ended: Iterable[int]) -> Iterator[Past]:
    ending = ENDINGS[interval.code & STATE_MASK]
    once = bool(interval.code & SUCCEEDED_ONCE)
    return map(_past, zip(repeat(ending), repeat(once), ended, repeat(interval.backfill)))


def _joined(done: list[Interval], more: Iterable[Interval]) -> list[Interval]:
    """Neighbours that ended alike and go on evenly are one."""
    for interval in more:
        if done and (whole := _join(done[-1], interval)):
            done[-1] = whole
        else:
            done.append(interval)
    return done


def _join(one: Interval, other: Interval) -> Interval | None:
    first, one_step, one_size, backfill, code = one
    other_first, other_step, other_size, other_backfill, other_code = other
    if code != other_code or backfill != other_backfill:
        return None
    step = other_first - first - one_step * (one_size - 1)
    if (one_size > 1 and one_step != step) or (other_size > 1 and other_step != step):
        return None
    return Interval(first, step, one_size + other_size, backfill, code)


def _last(interval: Interval) -> int:
    return interval.last
