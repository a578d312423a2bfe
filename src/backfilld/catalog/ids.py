"""Ids for what has none: a hash of the full name, the same on every host and in every version."""

from __future__ import annotations

from hashlib import blake2b

_RESERVED = (0, 1)  # 1 is all Scheduled workflows; 0 is no id


def hashed_id(*names: str) -> int:
    """48 bits of BLAKE2b over the names (`project`, `workflow`, `task`) in UTF-8 with a NUL between them.

    NUL and not `/`, since names may hold slashes: `a` + `b/c` and `a/b` + `c` are two tasks. Never 0 or 1.

    >>> hashed_id("nycflights", "flights_daily", "extract") < 2**48
    True
    """
    text = "\0".join(names)
    while (found := int.from_bytes(blake2b(text.encode(), digest_size=6).digest())) in _RESERVED:
        text += "\0"
    return found
