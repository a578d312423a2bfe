"""Readers of what stands in a query, which is text whatever it means."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from backfilld.catalog.fields import Reader, Refused, text

_WHOLE = re.compile(r"(\d{1,10})(?:\.0+)?", re.ASCII)


def whole_text(low: int, high: int) -> Reader[int]:
    """An integer within bounds, both included; some clients write it as a fraction of zero.

    >>> whole_text(1, 100)("7"), whole_text(1, 100)("7.0")
    (7, 7)
    """

    def read(value: object) -> int:
        found = _WHOLE.fullmatch(value) if isinstance(value, str) else None
        if found is None or not low <= int(found[1]) <= high:
            raise Refused(f"an integer from {low} to {high}")
        return int(found[1])

    return read


def moment_text(value: object) -> datetime:
    """A moment, in UTC; so is one without a zone.

    >>> moment_text("2026-01-02T03:04:05") == moment_text("2026-01-02T04:04:05+01:00")
    True
    """
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else "")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("a moment in ISO 8601, in UTC, such as 2026-01-02T03:04:05Z") from None


def searched_text(value: object) -> str:
    """What is searched for; clients send an empty text where nothing is.

    >>> searched_text("")
    ''
    """
    return "" if value == "" else text(1_000)(value)


def truth_text(value: object) -> bool:
    """Reads true or false."""
    known = {"true": True, "false": False}
    if not isinstance(value, str) or value.lower() not in known:
        raise Refused("true or false")
    return known[value.lower()]
