"""Dates, in run order (spec 4.1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from backfilld.dates import Period, business_dates

Order = Literal["Asc", "Desc"]


def ordered_dates(periods: Iterable[Period], order: Order) -> tuple[date, ...]:
    """Every business date once, in the order in which runs are admitted."""
    dates = business_dates(periods)
    return dates if order == "Asc" else dates[::-1]
