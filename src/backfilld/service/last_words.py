"""What the failures of a backfill wrote last, in a few lines for a message."""

from __future__ import annotations

from backfilld.service.failures import Failed, FailureGroup

GROUPS = 3
WIDTH = 200


def last_words(failed: Failed) -> str:
    """The largest groups of failures, one a line: how many, of which task, and the line that they wrote last.

    Empty where nothing failed.
    """
    lines = [_line(group) for group in failed.groups[:GROUPS]]
    more = len(failed.groups) - len(lines)
    return "\n".join([*lines, *([f"... and {more:,} other kinds of failures"] if more else [])])


def _line(group: FailureGroup) -> str:
    """A log may hold anything; a message holds printable text."""
    said = "".join(sign if sign.isprintable() else " " for sign in group.line)[:WIDTH]
    task, *others = group.tasks
    return f"{group.count:,} failed, {task}{f' and {len(others):,} other tasks' if others else ''}: {said}"
