"""How long tasks take, as a bounded sample of the newest. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from statistics import median

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


def typical_seconds(sample: Iterable[int]) -> float:
    """The median of a sample, in seconds."""
    return median(sample) / 1000
