"""How long what a run leaves behind is kept, by how it ended: milliseconds or words (spec 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from backfilld.catalog.fields import seconds_of

LONGEST = timedelta(days=36_500)
ALLOWED = 'milliseconds, or a time such as "30 days", "90 minutes" or "12h", quoted; a hundred years at most'
_WORDS = re.compile(r"(\d{1,9}) *(second|minute|hour|day|week|month|year)s?", re.ASCII)
_UNITS: Mapping[str, timedelta] = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long runs are kept after they have settled: those that succeeded, and all others."""

    success: timedelta
    error: timedelta

    def of(self, outcome: str | None) -> timedelta:
        """For a run of this outcome."""
        return self.success if outcome == "succeeded" else self.error


USUAL = Retention(success=timedelta(days=30), error=timedelta(days=90))
"""Where neither a request nor the settings say anything."""


def milliseconds(value: object) -> int:
    """Reads a time to keep something; raises `ValueError` for anything else.

    >>> milliseconds("30 days"), milliseconds("1 hour"), milliseconds("90m"), milliseconds(250)
    (2592000000, 3600000, 5400000, 250)
    """
    found = _length(value)
    if found is None or not timedelta(0) <= found <= LONGEST:
        raise ValueError(ALLOWED)
    return found // _MILLISECOND


def _length(value: object) -> timedelta | None:
    if isinstance(value, str):
        words = _WORDS.fullmatch(value.strip())
        return int(words[1]) * _UNITS[words[2]] if words else seconds_of(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LONGEST // _MILLISECOND:
        return value * _MILLISECOND
    return None
