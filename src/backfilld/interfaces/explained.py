"""Why not yet, as JSON."""

from __future__ import annotations

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from backfilld.dates import utc_text, utc_text_or_none
from backfilld.interfaces.reasons import reason_of_many, sentence
from backfilld.interfaces.views import WORDS
from backfilld.service.explaining import Explained, ExplainedBackfill, Seen
from backfilld.service.waiters import Waiters


class UpstreamView(TypedDict):
    """A task instance that another one waits for; `since` is when it came into its state."""

    instance_id: int
    task: str
    bizdate: str
    cycle_time: str
    state: str
    since: str | None
    exit_code: int | None


class WhyView(TypedDict):
    """What keeps a task instance, or how it ended: a stable code, and a sentence; `until` is when that ends, if known.

    `backfill_id`, `run_id` and `instance_id` name who is in the way, `waits_for` the first upstream instances that are
    not satisfied (of a blocked one those that it goes back to), `more` how many there are beyond.
    """

    code: str
    message: str
    until: str | None
    backfill_id: int | None
    run_id: int | None
    instance_id: int | None
    waits_for: list[UpstreamView]
    more: int


class ExplainedView(TypedDict):
    """A task instance, its state, and why it is not further."""

    instance_id: int
    backfill_id: int
    task: str
    bizdate: str
    cycle_time: str
    state: str
    reason: WhyView


class WaitersView(TypedDict):
    """How many task instances one reason keeps, exactly or at least; the earliest `until`, and one of them if known."""

    code: str
    message: str
    count: int
    at_least: bool
    until: str | None
    instance_id: int | None


class ExplainedBackfillView(TypedDict):
    """What the task instances of a backfill wait for that are not ended; `next` is when something comes by itself."""

    backfill_id: int
    name: str
    status: str
    next: str | None
    reasons: list[WaitersView]


def explained_view(explained: Explained) -> ExplainedView:
    """The reason as JSON."""
    shown, why = explained.about.shown, explained.why
    until = why.until or explained.expected_end
    return {
        "instance_id": shown.stored.id,
        "backfill_id": shown.backfill,
        "task": shown.task,
        "bizdate": shown.business_date.isoformat(),
        "cycle_time": utc_text(shown.stored.cycle_time),
        "state": WORDS[why.state],
        "reason": {
            "code": why.code,
            "message": sentence(explained),
            "until": utc_text_or_none(until),
            "backfill_id": why.backfill,
            "run_id": why.run,
            "instance_id": why.instance,
            "waits_for": [_upstream_view(each) for each in explained.waits_for],
            "more": explained.more,
        },
    }


def explained_backfill_view(explained: ExplainedBackfill) -> ExplainedBackfillView:
    """The reasons as JSON, the most common first."""
    return {
        "backfill_id": explained.stored.id,
        "name": explained.stored.name,
        "status": explained.word,
        "next": utc_text_or_none(explained.next),
        "reasons": [_waiters_view(explained, each) for each in explained.waiters],
    }


def _upstream_view(seen: Seen) -> UpstreamView:
    shown = seen.shown
    return {
        "instance_id": shown.stored.id,
        "task": shown.task,
        "bizdate": shown.business_date.isoformat(),
        "cycle_time": utc_text(shown.stored.cycle_time),
        "state": WORDS[shown.stored.state],
        "since": utc_text_or_none(seen.since),
        "exit_code": seen.last.exit_code if seen.last else None,
    }


def _waiters_view(explained: ExplainedBackfill, waiters: Waiters) -> WaitersView:
    return {
        "code": waiters.why.code,
        "message": reason_of_many(waiters, explained.now, explained.obstacle),
        "count": waiters.count,
        "at_least": waiters.at_least,
        "until": utc_text_or_none(waiters.why.until),
        "instance_id": waiters.instance,
    }
