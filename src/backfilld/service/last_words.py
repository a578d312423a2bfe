"""What the failures of a backfill wrote last, in a few lines for a message."""

from __future__ import annotations

from backfilld.service.failures import Failed, FailureGroup, last_word

GROUPS = 3
WIDTH = 200


def last_words(failed: Failed) -> str:
    """The largest groups of failures, one a line under a heading: how many, of which task, and what they wrote last.

    Empty where nothing failed.
    """
    lines = [_line(group) for group in failed.groups[:GROUPS]]
    more = len(failed.groups) - len(lines)
    beyond = [f"... and {more:,} other kinds of failures"] if more else []
    return "\n".join(["", "What failed wrote last:", *lines, *beyond]) if lines else ""


def _line(group: FailureGroup) -> str:
    """A log may hold anything; a message holds printable text."""
    line = last_word(group.newest) if group.count == 1 else group.line
    said = "".join(sign if sign.isprintable() else " " for sign in line)[:WIDTH]
    task, *others = group.tasks
    beside = f" and {len(others):,} other task{'s' if others[1:] else ''}" if others else ""
    return f"{group.count:,} x {task}{beside}: {said}"
