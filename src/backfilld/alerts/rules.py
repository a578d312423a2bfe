"""Which event deserves a word, to whom, in what words, and when it is said again (spec 3, `alert`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from backfilld.engine.explaining import Situation, Why
from backfilld.ports import Alert, AlertEvent, AlertState, Occasion, StoredAlert, Subject, Tried

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
REASONS = 3
"""How many reasons a message names."""
_HAPPENED = {
    AlertEvent.STARTED: "has started",
    AlertEvent.FIRST_FAILURE: "has its first failure",
    AlertEvent.STALLED: "is stalled: it is its turn, and nothing of it starts",
    AlertEvent.STARVED: "has waited too long for a slot, and got the next one",
}
_LOOK = {
    AlertEvent.STARTED: "backfill watch {}",
    AlertEvent.FIRST_FAILURE: "backfill failures {}",
    AlertEvent.STALLED: "backfill explain {}",
    AlertEvent.STARVED: "backfill explain {}",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What is told beyond what requests ask for: these events, through the operator's channel; None: nothing."""

    channel: str | None
    events: frozenset[AlertEvent]
    worded: Callable[[Why, datetime], str]
    """How a reason is said."""


def alerts_for(occasion: Occasion, policy: Policy) -> list[Alert]:
    """The messages that are due: to the request's channels and the operator's, one a channel."""
    title, text = title_of(occasion), text_of(occasion, policy)
    subject = occasion.subject.backfill
    return [Alert(subject, occasion.event, channel, title, text) for channel in _channels(occasion, policy)]


def title_of(occasion: Occasion) -> str:
    """One line that says what has happened to which backfill."""
    return f"backfill {occasion.subject.backfill} ({occasion.subject.name}) {_happened(occasion)}"


def text_of(occasion: Occasion, policy: Policy) -> str:
    """What happened, its dates and counts, why nothing starts if so, and where to look."""
    subject, situation = occasion.subject, occasion.situation
    lines = [
        f"{title_of(occasion)}, at {occasion.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC.",
        _dates(subject),
        f"Dates: {_counted(occasion.runs)}.",
        f"Task instances: {_counted(occasion.counts)}.",
        *(_reasons(situation, occasion.at, policy) if situation else ()),
        f"More: {_look(occasion).format(subject.backfill)}",
    ]
    return "\n".join(lines)


def after_refusal(stored: StoredAlert, error: str, now: datetime, give_up_after: timedelta) -> Tried:
    """A message that was not accepted is tried again after a pause, each twice the last; the last time when time is up.

    >>> at = datetime(2024, 3, 1, tzinfo=UTC)
    >>> waiting = StoredAlert(1, Alert(1, AlertEvent.ENDED, "Mail", "", ""), AlertState.WAITING, at, 2, at, None, "")
    >>> after_refusal(waiting, "no answer", at, timedelta(days=3)).next_try.minute
    4
    """
    last = stored.created_at + give_up_after
    if now >= last:
        return Tried(stored.id, AlertState.FAILED, now, error=error)
    pause = min(FIRST_PAUSE * 2 ** min(stored.tries, 10), LONGEST_PAUSE)
    return Tried(stored.id, AlertState.WAITING, now, min(now + pause, last), error)


def _channels(occasion: Occasion, policy: Policy) -> list[str]:
    asked, channels = occasion.subject.asked, list[str]()
    if asked and occasion.outcome and asked.wants(occasion.outcome):
        channels += asked.channels
    if policy.channel and occasion.event in policy.events:
        channels.append(policy.channel)
    return list(dict.fromkeys(channels))


def _happened(occasion: Occasion) -> str:
    outcome = occasion.outcome
    if outcome is None:
        return _HAPPENED[occasion.event]
    return "was cancelled" if outcome == "cancelled" else f"has {outcome}"


def _look(occasion: Occasion) -> str:
    if occasion.event is AlertEvent.ENDED:
        return "backfill failures {}" if occasion.outcome == "failed" else "backfill show {}"
    return _LOOK[occasion.event]


def _dates(subject: Subject) -> str:
    """How many, the first and the last."""
    days: tuple[date, ...] = subject.dates
    if len(days) < 2:
        return f"Business date {days[0]}." if days else "No business date."
    return f"{len(days):,} business dates, {min(days)} to {max(days)}."


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {word.replace('_', ' ')}" for word, count in counts.items() if count) or "none"


def _reasons(situation: Situation, now: datetime, policy: Policy) -> list[str]:
    """What keeps most of the ready instances, as `explain` says it."""
    return [f"{alike.count:,} ready: {policy.worded(alike.why, now)}." for alike in situation.reasons[:REASONS]]
