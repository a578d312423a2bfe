"""How moments, numbers and lists of dates are kept in columns."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from sqlalchemy import BigInteger, Dialect, Integer
from sqlalchemy.types import TypeDecorator

from backfilld.dates import DAY, MOMENTS_KEPT, aware
from backfilld.engine.events import CHUNK
from backfilld.planning.plan import InstanceId, instance_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MILLISECOND = 1_000
SECOND = 1_000_000
"""In stored form, microseconds."""

KEY = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit primary key; only under the name INTEGER does SQLite make it the row's own address."""


def micros(moment: datetime) -> int:
    """Microseconds since 1970 in UTC; a naive moment raises `ValueError`."""
    return (aware(moment) - EPOCH) // MICROSECOND


def micros_or_none(moment: datetime | None) -> int | None:
    """Microseconds since 1970, or None for none."""
    return None if moment is None else micros(moment)


def moment(stored: int) -> datetime:
    """The aware moment, in UTC.

    >>> moment(micros(datetime(2013, 1, 31, 7, 0, 0, 1, tzinfo=UTC))).isoformat()
    '2013-01-31T07:00:00.000001+00:00'
    """
    return EPOCH + timedelta(0, 0, stored)


@lru_cache(MOMENTS_KEPT)
def moment_or_none(stored: int | None) -> datetime | None:
    """The aware moment, or None for none; remembered, as lists read the same ones again."""
    return None if stored is None else EPOCH + timedelta(0, 0, stored)


class Moment(TypeDecorator[datetime]):
    """Aware moments as 64-bit integers: exact, sortable, eight bytes, and the same on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """The moment as it is stored."""
        return micros_or_none(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], datetime | None]:
        """What makes of a stored moment one that is aware, in UTC; called for every row, so it is called itself."""
        return moment_or_none


def ids_of(run: int) -> tuple[InstanceId, InstanceId]:
    """The first and the last id that an instance of the run can have."""
    return instance_id(run, 0), instance_id(run + 1, 0) - 1


def chunks_of(run: int) -> tuple[int, int]:
    """The first and the last id that a row of the run's state bytes can have."""
    first, last = ids_of(run)
    return first // CHUNK, last // CHUNK


def dates_text(dates: Sequence[date]) -> str:
    """Dates in their order, as stretches of neighbours.

    >>> dates_text([date(2013, 1, 4), date(2013, 1, 3), date(2013, 1, 2), date(2013, 2, 1)])
    '2013-01-04/2013-01-02 2013-02-01/2013-02-01'
    """
    return " ".join(f"{first}/{last}" for first, last in _stretches(dates))


@lru_cache(maxsize=256)
def dates_of(text: str) -> tuple[date, ...]:
    """What `dates_text` was given; remembered, as ten years of dates are read whenever their backfill is."""
    return tuple(day for stretch in text.split() for day in _days(*map(date.fromisoformat, stretch.split("/"))))


def _days(first: date, last: date) -> Iterator[date]:
    step = 1 if last >= first else -1
    for day in range(first.toordinal(), last.toordinal() + step, step):
        yield date.fromordinal(day)


def _stretches(dates: Sequence[date]) -> Iterator[tuple[date, date]]:
    start = 0
    for position in range(1, len(dates) + 1):
        if position == len(dates) or not _goes_on(dates, start, position):
            yield dates[start], dates[position - 1]
            start = position


def _goes_on(dates: Sequence[date], start: int, position: int) -> bool:
    step = dates[position] - dates[position - 1]
    return abs(step) == DAY and (position - start == 1 or step == dates[start + 1] - dates[start])


def tags_text(tags: Mapping[str, str]) -> str:
    """Tags as compact JSON."""
    return json.dumps(dict(tags), separators=(",", ":"), ensure_ascii=False)


def tag_text(key: str, value: str | None) -> str:
    """What stands in the text of tags that have this one; without a value, this key.

    >>> tag_text("ticket", "D-17") in tags_text({"team": "ops", "ticket": "D-17"})
    True
    """
    return f"{json.dumps(key, ensure_ascii=False)}:{'' if value is None else json.dumps(value, ensure_ascii=False)}"


_BITSET = struct.Struct("<II")


def left_out_bytes(left_out: Mapping[int, int]) -> bytes:
    """Bitsets, for the positions that leave anything out.

    >>> left_out_of(left_out_bytes({3: 0b1000000001, 4: 0}))
    {3: 513}
    """
    packed = bytearray()
    for position, bits in sorted(left_out.items()):
        length = -(-bits.bit_length() // 8)
        if length:
            packed += _BITSET.pack(position, length) + bits.to_bytes(length, "little")
    return bytes(packed)


def left_out_of(packed: bytes) -> dict[int, int]:
    """What `left_out_bytes` was given."""
    found, offset = {}, 0
    while offset < len(packed):
        position, length = _BITSET.unpack_from(packed, offset)
        offset += _BITSET.size
        found[position] = int.from_bytes(packed[offset : offset + length], "little")
        offset += length
    return found
