"""How long tasks take, as a bounded sample of the newest. Pure."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from statistics import median

from backfilld.request.durations import Duration
from backfilld.store.columns import MILLISECOND

LONGEST = 2**32 - 1
"""Milliseconds: seven weeks."""
SAMPLE = 32
"""Durations kept a task and environment: enough for a median, and for a 90th percentile."""


def sample_bytes(recent: Sequence[int]) -> bytes:
    """The newest durations.

    >>> list(sample_of(sample_bytes([5, 7])))
    [5, 7]
    """
    newest = recent[-SAMPLE:]
    return struct.pack(f"<{len(newest)}I", *newest)


def sample_of(packed: bytes) -> list[int]:
    """What `sample_bytes` kept."""
    return list(struct.unpack(f"<{len(packed) // 4}I", packed))


def duration(started: int, ended: int) -> int:
    """Milliseconds between two moments in stored form, as a sample keeps them; a host may set its clock back."""
    return min(max(0, ended - started) // MILLISECOND, LONGEST)


def typical(sample: Sequence[int]) -> Duration:
    """The median and the 90th percentile of a sample; the latter is the least that nine of ten do not pass.

    >>> typical([1000, 3000]), typical(range(1000, 12000, 1000))
    (Duration(p50=2.0, p90=3.0), Duration(p50=6.0, p90=10.0))
    """
    return Duration(median(sample) / 1000, sorted(sample)[-(-9 * len(sample) // 10) - 1] / 1000)
