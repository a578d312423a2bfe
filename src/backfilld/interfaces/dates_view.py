"""Business dates as JSON: in short."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

KEPT = 256
"""Of so many backfills."""


class DatesView(TypedDict):
    """How many business dates, the earliest and the latest."""

    count: int
    first: str | None
    last: str | None


def dates_view(dates: Sequence[date]) -> DatesView:
    """Business dates as JSON."""
    first, last = _ends_of(tuple(dates))
    return {"count": len(dates), "first": first, "last": last}


@lru_cache(KEPT)
def _ends_of(dates: tuple[date, ...]) -> tuple[str | None, str | None]:
    """Remembered, as they stand in the order of the runs, and who shows a backfill shows it again."""
    return (min(dates).isoformat(), max(dates).isoformat()) if dates else (None, None)
