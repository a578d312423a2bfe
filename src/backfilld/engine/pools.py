"""Limits on what runs at once."""

from __future__ import annotations

from typing import Generic, TypeVar

H = TypeVar("H")


class Pool(Generic[H]):
    """Places that holders take (`holders.add`) and give back (`holders.remove`). Depth None is no limit of its own.

    More may be inside than fit when the depth was lowered over a restart: then nobody enters until enough have left.
    """

    __slots__ = ("depth", "holders", "name")

    def __init__(self, name: str, depth: int | None) -> None:
        self.name, self.depth = name, depth
        self.holders: set[H] = set()

    def admits(self, limit: int | None = None) -> bool:
        """Whether one more fits, under `limit` if that is given."""
        depth = self.depth if limit is None else limit
        return depth is None or len(self.holders) < depth
