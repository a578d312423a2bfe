"""Limits on what runs at once, and what waits for them."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

H = TypeVar("H")


class Pool(Generic[H]):
    """Places that holders take (`holders.add`) and give back (`holders.remove`). Depth None is no limit of its own.

    A pool `within` another is a part of its places: who is inside holds a place of both. More may be inside than fit
    when the depth was lowered over a restart: then nobody enters until enough have left.
    """

    __slots__ = ("depth", "holders", "name", "within")

    def __init__(self, name: str, depth: int | None, within: Pool[H] | None = None) -> None:
        self.name, self.depth, self.within = name, depth, within
        self.holders: set[H] = set()

    def admits(self, limit: int | None = None) -> bool:
        """Whether one more fits, under `limit` if that is given."""
        depth = self.depth if limit is None else limit
        return (depth is None or len(self.holders) < depth) and (self.within is None or self.within.admits())

    def full(self) -> Pool[H]:
        """Of this and those it lies within, the first that admits nobody; itself where all admit."""
        pool: Pool[H] | None = self
        while pool is not None and (pool.depth is None or len(pool.holders) < pool.depth):
            pool = pool.within
        return pool or self


class Wait(NamedTuple):
    """Since when the instance of a sort key lacks nothing but a slot."""

    since: datetime
    key: int
