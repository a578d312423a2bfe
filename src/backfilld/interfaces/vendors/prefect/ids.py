"""Our numbers inside UUIDs, from which they are read again."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from uuid import UUID

_MARK = 0xBACF_111D_0000
"""The first 48 bits of each; ids of one kind are in the order of their numbers."""
_LOW = 62
"""Bits of the number that stand behind the variant; those above stand with the kind."""
_VERSION, _VARIANT = 8 << 12, 0b10 << _LOW


class Kind(IntEnum):
    """Of what an id is; no two kinds have an id in common."""

    FLOW = 1
    DEPLOYMENT = 2
    FLOW_RUN = 3


def id_of(kind: Kind, number: int) -> UUID:
    """The id of an object with this number, from 0 to 2^63 - 1; of version 8, which leaves its bits to who makes it.

    >>> id_of(Kind.FLOW_RUN, 17)
    UUID('bacf111d-0000-8006-8000-000000000011')
    """
    kept = kind << 1 | number >> _LOW
    return UUID(int=_MARK << 80 | (_VERSION | kept) << 64 | _VARIANT | number & ((1 << _LOW) - 1))


@lru_cache(1024)
def owner_id(kind: Kind, number: int) -> UUID:
    """The same for what many runs belong to, remembered."""
    return id_of(kind, number)


def number_of(kind: Kind, found: UUID) -> int | None:
    """The number in an id; None for one that was not made by `id_of` for this kind.

    >>> number_of(Kind.FLOW_RUN, UUID("bacf111d-0000-8006-8000-000000000011"))
    17
    """
    number = found.int & ((1 << _LOW) - 1) | (found.int >> 64 & 1) << _LOW
    return number if id_of(kind, number) == found else None
