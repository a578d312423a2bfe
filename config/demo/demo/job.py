"""One instance of a daily task: its business date, and where its inputs and outputs lie."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple


class BadInput(Exception):
    """An input is missing or contradicts itself: another attempt would meet the same."""


class Job(NamedTuple):
    """A business date, the folder of the prepared data, and the folder of all outputs."""

    day: date
    data: Path
    out: Path

    def folder(self, task: str) -> Path:
        """Where `task` keeps what it made for this business date."""
        return self.out / task / self.day.isoformat()

    def on(self, day: date) -> Job:
        """The same folders on another business date."""
        return self._replace(day=day)
