"""What ended how, as intervals of cycles; how long tasks take, as a bounded sample. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from statistics import median

from backfilld.engine.states import STATE_MASK, State
from backfilld.ports import Recorded
from backfilld.store.columns import MILLISECOND, moment

ENDINGS = frozenset({State.SUCCEEDED, State.FAILED, State.LOST})
"""What a ledger keeps; a skipped or cancelled cycle says nothing about its data."""
SUCCEEDED_ONCE = 0x10
LONGEST = 2**32 - 1
"""Milliseconds: seven weeks."""
SAMPLE = 32
"""Durations kept a task and environment: enough for a median, and for a 90th percentile."""

Ending = tuple[int, State]
"""A cycle time in stored form, and how it ended."""
Interval = tuple[int, int, int, int]
"""`(first, step, count, code)`: evenly spaced cycles with one ending, in stored form. The code is the state, with
SUCCEEDED_ONCE."""

_INTERVAL = struct.Struct("<qqii")


@lru_cache(maxsize=4096)
def month_of(cycle: int) -> int:
    """Months since year 0, in UTC, of a cycle time in stored form."""
    found = moment(cycle)
    return found.year * 12 + found.month - 1


def with_endings(packed: bytes, endings: Sequence[Ending]) -> bytes:
    """The intervals with the newest endings; that a cycle ever succeeded is not forgotten.

    >>> first = with_endings(b"", [(10, State.SUCCEEDED), (20, State.SUCCEEDED), (30, State.FAILED)])
    >>> intervals_of(first)
    [(10, 10, 2, 19), (30, 0, 1, 4)]
    >>> intervals_of(with_endings(first, [(30, State.SUCCEEDED), (10, State.LOST)]))
    [(10, 0, 1, 21), (20, 10, 2, 19)]
    """
    intervals = intervals_of(packed)
    new = sorted(endings)
    if intervals and new[0][0] <= _end(intervals[-1]):
        codes = codes_of(packed)
        for cycle, state in new:
            codes[cycle] = state | _once(state) | codes.get(cycle, 0) & SUCCEEDED_ONCE
        intervals, pairs = [], sorted(codes.items())
    else:  # the usual case costs the new cycles alone
        pairs = [(cycle, state | _once(state)) for cycle, state in new]
    for cycle, code in pairs:
        _append(intervals, cycle, code)
    return b"".join(_INTERVAL.pack(*interval) for interval in intervals)


def intervals_of(packed: bytes) -> list[Interval]:
    """The intervals, ascending."""
    return list(_INTERVAL.iter_unpack(packed))


def codes_of(packed: bytes) -> dict[int, int]:
    """Every cycle of the intervals, and its code."""
    return {first + step * n: code for first, step, count, code in intervals_of(packed) for n in range(count)}


def recorded(codes: Mapping[int, int]) -> dict[datetime, Recorded]:
    """The cycles as aware moments, the codes as states."""
    return {
        moment(cycle): Recorded(State(code & STATE_MASK), bool(code & SUCCEEDED_ONCE))
        for cycle, code in sorted(codes.items())
    }


def sample_bytes(recent: Sequence[int]) -> bytes:
    """The newest durations.

    >>> list(sample_of(sample_bytes([5, 7])))
    [5, 7]
    """
    newest = recent[-SAMPLE:]
    return struct.pack(f"<{len(newest)}I", *newest)


def duration(started: int, ended: int) -> int:
    """Milliseconds between two moments in stored form, as a sample keeps them; a host may set its clock back."""
    return min(max(0, ended - started) // MILLISECOND, LONGEST)


def sample_of(packed: bytes) -> list[int]:
    """What `sample_bytes` kept."""
    return list(struct.unpack(f"<{len(packed) // 4}I", packed))


def typical_seconds(sample: Iterable[int]) -> float:
    """The median of a sample, in seconds."""
    return median(sample) / 1000


def _once(state: State) -> int:
    return SUCCEEDED_ONCE if state is State.SUCCEEDED else 0


def _end(interval: Interval) -> int:
    first, step, count, _ = interval
    return first + step * (count - 1)


def _append(intervals: list[Interval], cycle: int, code: int) -> None:
    if intervals and intervals[-1][3] == code:
        first, step, count, _ = intervals[-1]
        if count == 1 or cycle == first + step * count:
            intervals[-1] = first, step or cycle - first, count + 1, code
            return
    intervals.append((cycle, 0, 1, code))
