"""How much may follow in one round: what is left over is for the next, so that others have their turn in between."""

from __future__ import annotations

A_ROUND = 2_000
"""Instances that one round of a daemon may give rows, and as many that it may pass: with what is recorded of them some
100 ms of work, so that no news waits for long, and a daemon that is to end does."""
A_DATE = 10
"""What a date counts for beside its instances: its own row, and what its end adds to the history."""


def share(left: int, among: int) -> int:
    """What the first of so many may take, so that each of the others can as well: never nothing.

    >>> share(9, 2), share(0, 2)
    (4, 1)
    """
    return max(1, left // among)
