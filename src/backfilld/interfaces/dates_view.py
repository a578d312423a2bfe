"""Business dates as JSON: in short."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12


class DatesView(TypedDict):
    """How many business dates, the earliest and the latest."""

    count: int
    first: str | None
    last: str | None


def dates_view(dates: Sequence[date]) -> DatesView:
    """Business dates as JSON."""
    return {
        "count": len(dates),
        "first": min(dates).isoformat() if dates else None,
        "last": max(dates).isoformat() if dates else None,
    }
