"""Our numbers as UUIDs, for clients that take nothing else; which number it is can be read from it again."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

_VERSION, _VARIANT = 8, 0b10 << 62
_NUMBER = 2**62 - 1


def uuid_of(kind: str, number: int) -> UUID:
    """The UUID of an object of a kind; numbers below 2**62 have one each.

    >>> str(uuid_of("workflow", 70))
    '623cb43d-9f2b-8dfc-8000-000000000046'
    """
    mark = int.from_bytes(sha256(f"backfilld {kind}".encode()).digest()[:8]) & ~(0xF << 12) | _VERSION << 12
    return UUID(int=mark << 64 | _VARIANT | number & _NUMBER)


def number_of(kind: str, text: str) -> int | None:
    """The number in a UUID of this kind; None for any other text.

    >>> number_of("workflow", str(uuid_of("workflow", 70))), number_of("run", str(uuid_of("workflow", 70)))
    (70, None)
    """
    try:
        number = UUID(text).int & _NUMBER
    except ValueError:
        return None
    return number if UUID(text) == uuid_of(kind, number) else None
