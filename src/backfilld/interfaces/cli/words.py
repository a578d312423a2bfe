"""Words of backfills and runs as people see them."""

from __future__ import annotations

from rich.text import Text

_STYLES = {"succeeded": "green", "failed": "bold red", "cancelled": "red", "running": "cyan", "waiting": "yellow"}


def styled(word: str) -> Text:
    """A status in its colour."""
    return Text(word, style=_STYLES.get(word, ""))


def period(first: str, last: str) -> str:
    """Dates from first to last, a single one once.

    >>> period("2013-01-01", "2013-01-31"), period("2013-01-01", "2013-01-01")
    ('2013-01-01..2013-01-31', '2013-01-01')
    """
    return first if first == last else f"{first}..{last}"
