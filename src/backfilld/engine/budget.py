"""How much may follow in one round: what is left over is for the next, so that others have their turn in between."""

from __future__ import annotations

import sys

A_ROUND = 2_000
"""Instances that one round of a daemon may give rows, and as many that it may pass: with what is recorded of them some
100 ms of work, so that no news waits for long, and a daemon that is to end does."""
A_DATE = 10
"""What a date counts for beside its instances: its own row, and what its end adds to the history."""


class Budget:
    """What is left of it in the present round; without a `size` there is no end of it."""

    __slots__ = ("_size", "left")

    def __init__(self, size: int | None) -> None:
        self._size = sys.maxsize if size is None else size
        self.left = self._size

    def renew(self) -> None:
        """Another round begins."""
        self.left = self._size

    def share(self, among: int) -> int:
        """What the first of so many may take, so that each of the others can as well: never nothing."""
        return max(1, self.left // among)
