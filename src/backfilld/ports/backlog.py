"""How much is not done yet, as the store counts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Backlog:
    """Task instances of backfills that are not done, and messages to people."""

    instances: int
    waiting: int
    """Messages that no channel has accepted yet."""
    failed: int
    """Messages that were given up."""


class StoreBacklog(Protocol):
    """What is asked again and again by whoever watches the daemon: cheap at any size."""

    def backlog(self) -> Backlog:
        """How much is not done."""
        ...
