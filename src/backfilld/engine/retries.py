"""When a failed attempt is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

from backfilld.catalog.models import Task

LONGEST = timedelta(hours=1)


def retry_at(task: Task, failures: int, failed_at: datetime) -> datetime:
    """When the next attempt may start after this many failures in a row: `retry_delay`, then longer by `retry_backoff`.

    Never longer than an hour, or than `retry_delay` itself where that is longer.
    """
    longest = max(LONGEST, task.retry_delay)
    try:
        delay = min(task.retry_delay * task.retry_backoff ** (failures - 1), longest)
    except OverflowError:  # the power or the product is past all clocks
        delay = longest
    return failed_at + delay
