"""Waits across dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

R = TypeVar("R")


class Join(Generic[R]):
    """Instances of one date that all wait for the same instances of an earlier date: counted once for all of them."""

    __slots__ = ("children", "dead", "doomed", "parents", "run", "unmet")

    def __init__(self, run: R, children: Sequence[int], parents: Sequence[int]) -> None:
        self.run, self.children, self.parents = run, children, parents
        self.unmet = self.dead = self.doomed = 0
