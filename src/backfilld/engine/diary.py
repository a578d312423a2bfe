"""What one backfill does in the course of a rehearsal: when its dates begin and end, and in which nights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from backfilld.engine.run import Run
from backfilld.planning.windows import RunWindow

_FOR_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DateForecast:
    """When a date begins and ends; None: never by itself, or, to begin, before now.

    `outlasts` says that it goes on after the run window has closed in which it began.
    """

    begin: datetime | None
    end: datetime | None
    outlasts: bool


class Diary:
    """Of one backfill, as a rehearsal shows it."""

    def __init__(self, backfill: int) -> None:
        self.backfill = backfill
        self.moved: datetime | None = None
        """When anything of it has changed last."""
        self._begun: dict[int, datetime] = {}
        self._ended: dict[int, datetime] = {}
        self._closings: dict[int, datetime] = {}
        """By date that began in a window: when that closed."""
        self._closes: dict[RunWindow, datetime] = {}
        self._openings: set[datetime] = set()

    def starts(self, run: Run, window: RunWindow | None, now: datetime) -> None:
        """Something of the run starts now."""
        self.moved = now
        closes = self._look(window, now) if window else None
        if run.position not in self._begun:
            self._begun[run.position] = now
            if closes:
                self._closings[run.position] = closes

    def sees(self, run: Run, now: datetime) -> None:
        """The run has changed: where it has come to rest it has ended, unless something opens it again."""
        self.moved = now
        if not run.settled:
            self._ended.pop(run.position, None)
        elif run.position not in self._ended:
            self._ended[run.position] = now

    @property
    def openings(self) -> tuple[datetime, ...]:
        """The openings of its run windows in which it starts something."""
        return tuple(sorted(self._openings))

    def date(self, position: int) -> DateForecast:
        """One date of it."""
        end, closing = self._ended.get(position), self._closings.get(position)
        outlasts = closing is not None and (end is None or end > closing)
        return DateForecast(self._begun.get(position), end, outlasts)

    def _look(self, window: RunWindow, now: datetime) -> datetime:
        """When the window closes; asked once for each of its openings."""
        closes = self._closes.get(window)
        if closes is None or closes <= now:
            opened, until = window.stretch(now)
            self._openings.add(opened)
            closes = self._closes[window] = until or _FOR_EVER
        return closes
