"""What the engine is yet to look at."""

from __future__ import annotations

from typing import Generic, TypeVar

R = TypeVar("R")


class Stir(Generic[R]):
    """What a round has stirred up and the engine has not yet looked at; in `claimed` it need not, but is to tell."""

    __slots__ = ("backfills", "claimed", "ready", "runs")

    def __init__(self) -> None:
        self.backfills: dict[int, None] = {}
        self.runs: list[R] = []
        self.claimed: dict[R, None] = {}
        self.ready: list[tuple[R, int]] = []
