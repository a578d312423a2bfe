"""How far a backfill is, as numbers and as one line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from backfilld.interfaces.cli.client import View
from backfilld.interfaces.cli.legible import one_line

ENDED = ("succeeded", "failed", "cancelled")
_DONE = ("succeeded", "skipped", "failed", "lost", "cancelled")
_COUNTS_FOR_NOTHING = "left_out"


@dataclass(frozen=True, slots=True)
class Progress:
    """Task instances of a backfill or run; what its plan leaves out is not counted."""

    total: int
    done: int
    running: int
    failed: int

    @classmethod
    def of(cls, counts: View) -> Progress:
        """From counts by state."""
        return cls(
            total=sum(counts.values()) - counts.get(_COUNTS_FOR_NOTHING, 0),
            done=sum(counts.get(state, 0) for state in _DONE),
            running=counts.get("running", 0),
            failed=counts.get("failed", 0) + counts.get("lost", 0),
        )

    @property
    def percent(self) -> str:
        """Rounded down: 100 % is all of them."""
        return f"{self.done * 100 // self.total if self.total else 100}%"


def title(backfill: View) -> str:
    """The backfill's id and name."""
    return one_line(f"backfill {backfill['id']} {backfill['name']}")


def line(backfill: View) -> str:
    """How far the backfill is, in one line."""
    at, runs = Progress.of(backfill["counts"]), backfill["runs"]
    settled = sum(runs.get(word, 0) for word in ENDED)
    return (
        f"{title(backfill)}: {backfill['status']}, {at.done:,} of {at.total:,} done ({at.percent}), "
        f"{at.running:,} running, {at.failed:,} failed, {settled:,} of {backfill['dates']['count']:,} dates settled"
    )


def last_line(backfill: View) -> str:
    """How the backfill ended, in one line."""
    return f"{title(backfill)} {backfill['status']}: {by_state(backfill)}{_took(backfill)}"


def by_state(backfill: View) -> str:
    """How many instances are in which state, those that have any."""
    return ", ".join(f"{number:,} {state}" for state, number in backfill["counts"].items() if number)


def _took(backfill: View) -> str:
    if not backfill["done_at"]:
        return ""
    seconds = (moment(backfill["done_at"]) - moment(backfill["accepted_at"])).total_seconds()
    return f" in {timedelta(seconds=round(seconds))}"


def moment(text: str) -> datetime:
    """A moment as the daemon writes it."""
    return datetime.fromisoformat(text)


def age(since: str, now: datetime) -> str:
    """How long ago, in the largest unit that says something.

    >>> from datetime import UTC
    >>> age("2024-01-01T00:00:00Z", datetime(2024, 1, 3, 5, tzinfo=UTC))
    '53h'
    """
    seconds = max(0, int((now - moment(since)).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size * 3 or (seconds >= size and unit != "d"):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
