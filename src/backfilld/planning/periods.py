"""Dates, in run order (spec 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from backfilld.catalog.models import OwnCalendar
from backfilld.dates import Period, business_dates
from backfilld.planning.business_days import closed_days

Order = Literal["Asc", "Desc"]


@dataclass(frozen=True, slots=True)
class Dates:
    """The business dates in run order, and those that the calendar leaves out, each with its reason."""

    open: tuple[date, ...]
    closed: Mapping[date, str]


def ordered_dates(
    periods: Iterable[Period], order: Order, calendar: str | None, own: Mapping[str, OwnCalendar]
) -> Dates:
    """Every business date once, in the order in which runs are admitted; raises what `closed_days` raises."""
    dates = business_dates(periods)
    closed = closed_days(calendar, own, dates) if calendar is not None else {}
    kept = tuple(day for day in dates if day not in closed)
    return Dates(kept if order == "Asc" else kept[::-1], closed)
