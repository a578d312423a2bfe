"""What the engine is yet to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # every run stirs it
    from backfilld.engine.run import Run


class Stir:
    """What a round has stirred up and the engine has not yet looked at; in `claimed` it need not, but is to tell."""

    __slots__ = ("backfills", "claimed", "ready", "runs")

    def __init__(self) -> None:
        self.backfills: dict[int, None] = {}
        self.runs: list[Run] = []
        self.claimed: dict[Run, None] = {}
        self.ready: list[tuple[Run, int]] = []
