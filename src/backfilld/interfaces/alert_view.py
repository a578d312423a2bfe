"""Messages to people as JSON."""

from __future__ import annotations

from typing_extensions import TypedDict

from backfilld.dates import utc_text, utc_text_or_none
from backfilld.ports import StoredAlert
from backfilld.request.alerts import AskedAlert


class AskedAlertView(TypedDict):
    """After which endings a message goes through these channels."""

    type: str
    channels: list[str]


class AlertView(TypedDict):
    """A message: waiting, sent or failed (given up), how often it was tried, and what went wrong the last time.

    `event` is started, first_failure, stalled, starved or ended; `settled_at` is when it was accepted or given up.
    """

    id: int
    backfill_id: int
    event: str
    channel: str
    state: str
    title: str
    text: str
    created_at: str
    tries: int
    next_try: str | None
    settled_at: str | None
    error: str | None


class TriedView(TypedDict):
    """Whether a channel has accepted a message of the test, else what went wrong."""

    channel: str
    accepted: bool
    error: str | None


def asked_alert_view(asked: AskedAlert | None) -> AskedAlertView | None:
    """What a request asks for as JSON."""
    return {"type": asked.type, "channels": list(asked.channels)} if asked else None


def alert_view(found: StoredAlert) -> AlertView:
    """The message as JSON."""
    alert = found.alert
    return {
        "id": found.id,
        "backfill_id": alert.backfill,
        "event": alert.event.value,
        "channel": alert.channel,
        "state": found.state.value,
        "title": alert.title,
        "text": alert.text,
        "created_at": utc_text(found.created_at),
        "tries": found.tries,
        "next_try": utc_text_or_none(found.next_try),
        "settled_at": utc_text_or_none(found.settled_at),
        "error": found.error or None,
    }
