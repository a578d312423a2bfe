"""The clock and the alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only way to know the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class Timers(Protocol):
    """An alarm clock: one alarm a name, replaced whenever it is set again."""

    def wake_at(self, name: str, moment: datetime | None) -> None:
        """Ring `name` at `moment`, late rather than never; None takes the alarm away."""
        ...
