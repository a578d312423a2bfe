"""Words of backfills and runs as people see them, and tables of facts."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from backfilld.interfaces.cli.legible import one_line

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


def facts(told: Iterable[tuple[str, object]]) -> Table:
    """A table without heading: what it is, and what is so."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in told:
        table.add_row(name, Text(one_line(value)))
    return table
