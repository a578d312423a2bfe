"""The last ending of every cycle of a task in one month, packed: even cycles that ended alike are one interval.

Beside the intervals stands when each cycle ended, and in which backfill, in the order of the cycles: who runs every
night in a backfill of its own has one interval too. Cycles and endings are in seconds since 1970, UTC. Pure.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain, groupby, islice, repeat, starmap
from typing import Literal, NamedTuple, TypeVar

from backfilld.engine.states import STATE_MASK, State
from backfilld.planning.history import Past
from backfilld.store.columns import SECOND, moment

T = TypeVar("T")
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
    """`size` cycles, `step` apart, that ended alike; `code` is the state, with SUCCEEDED_ONCE. No step is 0."""

    first: int
    step: int
    size: int
    code: int

    @property
    def last(self) -> int:
        """The newest cycle."""
        return self.first + self.step * (self.size - 1)

    @property
    def cycles(self) -> range:
        """All of them, ascending."""
        return range(self.first, self.first + self.step * self.size, self.step)


class Month(NamedTuple):
    """A row of the ledger: the intervals, four bytes a cycle for its ending, eight for neighbours of one backfill."""

    intervals: bytes
    ended: bytes
    backfills: bytes


NOTHING = Month(b"", b"", b"")
_INTERVAL = struct.Struct("<qIIB")
_ENDED = 4
_CODES = {state: state | SUCCEEDED_ONCE if state == State.SUCCEEDED else state for state in ENDINGS}
_STRETCH = struct.Struct("<II")
"""A backfill, and how many cycles in a row ended in it."""


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
    Only what lies between the first and the last of these cycles is taken apart.

    >>> ok, bad = int(State.SUCCEEDED), int(State.FAILED)
    >>> first = [CycleEnding(60, ok, 900), CycleEnding(120, ok, 901), CycleEnding(240, bad, 902)]
    >>> again = [CycleEnding(180, ok, 903), CycleEnding(240, ok, 904)]
    >>> month = with_endings(with_endings(NOTHING, 7, first), 8, again)
    >>> for interval in intervals_of(month.intervals):
    ...     print(*interval)
    60 60 4 19
    >>> [past.backfill for past in outcomes_of([month], 0, 240).values()]
    [7, 7, 8, 8]
    """
    whole = _Part(intervals_of(stored.intervals), stored.ended, stored.backfills)
    before, rest = _parted(whole, min(endings).cycle)
    touched, after = _parted(rest, max(endings).cycle + 1)
    told = _part_of(_told(_known(touched), backfill, endings))
    joined = _joined(before.intervals, chain(told.intervals, after.intervals))
    return Month(
        b"".join([_INTERVAL.pack(*interval) for interval in joined]),
        before.ended + told.ended + after.ended,
        _strung(_strung(before.backfills, told.backfills), after.backfills),
    )


def outcomes_of(months: Collection[Month], first: int, last: int) -> dict[int, Past]:
    """What became of the cycles from `first` to `last`, by cycle; months are ascending."""
    intervals = intervals_of(b"".join([month.intervals for month in months]))
    cycles = _cycles(intervals)
    pasts = zip(
        _each([(ENDINGS[code & STATE_MASK], size) for _, _, size, code in intervals]),
        _each([(bool(code & SUCCEEDED_ONCE), size) for _, _, size, code in intervals]),
        _moments(b"".join([month.ended for month in months])),
        _backfills(b"".join([month.backfills for month in months])),
        strict=True,
    )
    low, high = bisect_left(cycles, first), bisect_right(cycles, last)
    return dict(zip(cycles[low:high], map(_past, islice(pasts, low, high)), strict=True))


def succeeded_of(intervals: bytes) -> set[int]:
    """The cycles that ever succeeded, out of the intervals of any months."""
    return set(_cycles(each for each in _INTERVAL.iter_unpack(intervals) if each[-1] & SUCCEEDED_ONCE))


_past = partial(tuple.__new__, Past)
"""A `Past` of a tuple, in two thirds of the time of its own constructor."""
_Known = tuple[int, int, int]
"""When a cycle ended, in which backfill, and its code."""


class _Part(NamedTuple):
    """Some neighbouring cycles of a month."""

    intervals: Sequence[Interval]
    ended: bytes
    backfills: bytes


_EMPTY = _Part((), b"", b"")


def _told(known: dict[int, _Known], backfill: int, endings: Iterable[CycleEnding]) -> dict[int, _Known]:
    for cycle, state, ended in endings:
        new = min(max(0, ended), LATEST), backfill, _CODES[state]
        known[cycle] = _later(known[cycle], new) if cycle in known else new
    return known


def _part_of(known: Mapping[int, _Known]) -> _Part:
    cycles = sorted(known)
    endings = [known[cycle] for cycle in cycles]
    return _Part(
        [Interval(cycle, 1, 1, known[cycle][2]) for cycle in cycles],
        struct.pack(f"<{len(endings)}I", *[ended for ended, _, _ in endings]),
        b"".join([_STRETCH.pack(each, len(list(alike))) for each, alike in groupby([of for _, of, _ in endings])]),
    )


def _known(part: _Part) -> dict[int, _Known]:
    if not part.intervals:
        return {}
    codes = _each([(code, size) for _, _, size, code in part.intervals])
    endings = zip(_moments(part.ended), _backfills(part.backfills), codes, strict=True)
    return dict(zip(_cycles(part.intervals), endings, strict=True))


def _later(old: _Known, new: _Known) -> _Known:
    # A paused backfill holds no cycles: what it ran may settle after a later ending by another.
    ended, backfill, code = old if old[1] != new[1] and old[0] > new[0] else new
    return ended, backfill, code | (old[2] | new[2]) & SUCCEEDED_ONCE


def _parted(part: _Part, cycle: int) -> tuple[_Part, _Part]:
    """What is before the cycle, and what is from it on."""
    if not part.intervals or part.intervals[-1].last < cycle:  # the usual case: time goes on
        return part, _EMPTY
    before, after = _split(part.intervals, cycle)
    position = sum([interval.size for interval in before])
    head, tail = _split_stretches(part.backfills, position)
    at = _ENDED * position
    before = _joined(before[:-2], before[-2:])  # what was cut off may go on evenly from the one before
    return _Part(before, part.ended[:at], head), _Part(after, part.ended[at:], tail)


def _split(intervals: Sequence[Interval], cycle: int) -> tuple[Sequence[Interval], Sequence[Interval]]:
    """What is before the cycle, and what is from it on, of which there is some."""
    position = bisect_left(intervals, cycle, key=_last)
    first, step, size, code = intervals[position]
    if cycle <= first:
        return intervals[:position], intervals[position:]
    cut = -(-(cycle - first) // step)
    left = Interval(first, step, cut, code)
    right = Interval(first + step * cut, step, size - cut, code)
    return [*intervals[:position], left], [right, *intervals[position + 1 :]]


def _split_stretches(stretches: bytes, position: int) -> tuple[bytes, bytes]:
    """Those of the cycles before the position, fewer than there are, and of the others."""
    at = 0
    for backfill, size in _STRETCH.iter_unpack(stretches):
        if position < size:
            left = _STRETCH.pack(backfill, position) if position else b""
            right = _STRETCH.pack(backfill, size - position)
            return stretches[:at] + left, right + stretches[at + _STRETCH.size :]
        position -= size
        at += _STRETCH.size
    return stretches, b""


def _strung(one: bytes, other: bytes) -> bytes:
    """Stretches and those of the cycles after them; where they meet in one backfill it is one stretch."""
    if not one or not other:
        return one or other
    backfill, size = _STRETCH.unpack(one[-_STRETCH.size :])
    next_backfill, more = _STRETCH.unpack_from(other)
    if backfill != next_backfill:
        return one + other
    return one[: -_STRETCH.size] + _STRETCH.pack(backfill, size + more) + other[_STRETCH.size :]


def _cycles(intervals: Iterable[tuple[int, ...]]) -> list[int]:
    return list(chain.from_iterable([range(first, first + step * size, step) for first, step, size, _ in intervals]))


def _moments(ended: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(ended) // _ENDED}I", ended)


def _backfills(stretches: bytes) -> Iterator[int]:
    return _each(_STRETCH.iter_unpack(stretches))


def _each(stretches: Iterable[tuple[T, int]]) -> Iterator[T]:
    """Every value as often as it counts."""
    return chain.from_iterable(starmap(repeat, stretches))


def _joined(before: Iterable[Interval], more: Iterable[Interval]) -> list[Interval]:
    """Both; what ended alike and goes on evenly where they meet, or among the latter, is one."""
    done = list(before)
    for interval in more:
        if done and (whole := _join(done[-1], interval)):
            done[-1] = whole
        else:
            done.append(interval)
    return done


def _join(one: Interval, other: Interval) -> Interval | None:
    first, one_step, one_size, code = one
    other_first, other_step, other_size, other_code = other
    if code != other_code:
        return None
    step = other_first - first - one_step * (one_size - 1)
    if (one_size > 1 and one_step != step) or (other_size > 1 and other_step != step):
        return None
    return Interval(first, step, one_size + other_size, code)


def _last(interval: Interval) -> int:
    return interval.last
