"""The Range header of RFC 9110, for logs: one range of bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})-(\d{0,18})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `first`, which counts from the end if negative, to `last` included (None: to the end)."""

    first: int
    last: int | None = None

    def length(self, most: int) -> int:
        """How many bytes to read for it, at most `most`."""
        return most if self.last is None else min(most, self.last - self.first + 1)


def range_of(header: str | None) -> ByteRange | None:
    """What is asked for; None where there is no header, or one that may be ignored: malformed, or several ranges.

    >>> range_of("bytes=10-19"), range_of("bytes=10-"), range_of("bytes=-5")
    (ByteRange(first=10, last=19), ByteRange(first=10, last=None), ByteRange(first=-5, last=None))
    >>> range_of("bytes=9-3"), range_of("lines=1-2"), range_of("bytes=0-1,4-5")
    (None, None, None)
    """
    found = _ONE_RANGE.fullmatch((header or "").strip())
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return ByteRange(-int(last), None if int(last) else -1)
    if not last:
        return ByteRange(int(first))
    return ByteRange(int(first), int(last)) if int(first) <= int(last) else None
