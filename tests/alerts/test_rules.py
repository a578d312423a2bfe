"""Who is told of what, in what words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from backfilld.alerts.rules import Policy, alerts_for
from backfilld.engine.explaining import Alike, Crowd, Situation, Why
from backfilld.interfaces.reasons import reason
from backfilld.ports import AlertEvent, Occasion, Subject
from backfilld.request.alerts import AskedAlert, channels_of

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
DATES = (date(2024, 1, 3), date(2024, 1, 2), date(2024, 1, 1))
NOBODY = Policy(None, frozenset(AlertEvent), reason)


def occasion(
    event: AlertEvent = AlertEvent.ENDED,
    outcome: str | None = "failed",
    asked: AskedAlert | None = None,
    dates: tuple[date, ...] = DATES,
    counts: Mapping[str, int] = {"succeeded": 4000, "failed": 1, "not_begun": 2},
    situation: Situation | None = None,
) -> Occasion:
    subject = Subject(7, "january", dates, sum(counts.values()), asked)
    return Occasion(event, subject, NOW, {"succeeded": 2, "failed": 1}, counts, outcome, situation)


def channels(policy: Policy = NOBODY, **of: Any) -> list[str]:
    """Through which the messages go."""
    return [alert.channel for alert in alerts_for(occasion(**of), policy)]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("Success", {"succeeded"}),
        ("Failure", {"failed", "cancelled"}),
        ("SuccessFailure", {"succeeded", "failed", "cancelled"}),
    ],
)
@pytest.mark.parametrize("outcome", ["succeeded", "failed", "cancelled"])
@pytest.mark.parametrize("notice_type", ["Mail", "Sms", "SmsMail", "on call"])
def test_who_asked_is_told(kind: Any, told: set[str], outcome: str, notice_type: str) -> None:
    """One message a channel after an ending that was asked for; none after any other, and none of what comes before."""
    asked = AskedAlert(kind, channels_of(notice_type))
    assert channels(outcome=outcome, asked=asked) == (list(channels_of(notice_type)) if outcome in told else [])
    for event in set(AlertEvent) - {AlertEvent.ENDED}:
        assert channels(event=event, outcome=None, asked=asked) == []


@pytest.mark.parametrize("event", AlertEvent)
def test_the_operator_is_told(event: AlertEvent) -> None:
    """Of the events that the settings name, whatever requests ask for; nobody is, without a channel."""
    outcome = "failed" if event is AlertEvent.ENDED else None
    for named in AlertEvent:
        policy = Policy("ops", frozenset({named}), reason)
        assert channels(policy, event=event, outcome=outcome) == (["ops"] if named is event else [])
    assert channels(event=event, outcome=outcome) == []


def test_a_channel_hears_it_once() -> None:
    """Also where the operator's is the one that was asked for."""
    policy = Policy("Mail", frozenset(AlertEvent), reason)
    assert channels(policy, asked=AskedAlert("Failure", ("Sms", "Mail"))) == ["Sms", "Mail"]


def test_the_words_of_an_ending() -> None:
    """What, when, which dates, how many of each state, and where to look."""
    (alert,) = alerts_for(occasion(asked=AskedAlert("Failure", ("Mail",))), NOBODY)
    assert (alert.backfill, alert.event, alert.channel) == (7, AlertEvent.ENDED, "Mail")
    assert alert.title == "backfill 7 (january) has failed"
    assert alert.text.splitlines() == [
        "backfill 7 (january) has failed, at 2024-05-06 07:08 UTC.",
        "3 business dates, 2024-01-01 to 2024-01-03.",
        "Dates: 2 succeeded, 1 failed.",
        "Task instances: 4,000 succeeded, 1 failed, 2 not begun.",
        "More: backfill failures 7",
    ]


@pytest.mark.parametrize(
    ("event", "outcome", "title", "look"),
    [
        (AlertEvent.ENDED, "succeeded", "has succeeded", "show"),
        (AlertEvent.ENDED, "cancelled", "was cancelled", "show"),
        (AlertEvent.STARTED, None, "has started", "watch"),
        (AlertEvent.FIRST_FAILURE, None, "has its first failure", "failures"),
        (AlertEvent.STARVED, None, "has waited too long for a slot, and got the next one", "explain"),
    ],
)
def test_the_other_words(event: AlertEvent, outcome: str | None, title: str, look: str) -> None:
    """Each event in its own words, and the command that tells more."""
    (alert,) = alerts_for(occasion(event, outcome, dates=DATES[:1]), Policy("ops", frozenset(AlertEvent), reason))
    assert alert.title == f"backfill 7 (january) {title}"
    assert "Business date 2024-01-03." in alert.text
    assert alert.text.endswith(f"More: backfill {look} 7")


def test_the_words_of_a_stall() -> None:
    """It says why nothing starts, as `explain` does, the most common reason first."""
    whys = [Why(1, "no_slot", crowd=Crowd("heavy", 2, 2, (3,))), Why(1, "queued_behind", backfill=3)]
    reasons = tuple(Alike(number, why, 10 - number) for number, why in enumerate(whys))
    situation = Situation(frozenset({0}), Crowd("dates in flight", 1, 1), False, reasons, 19, None)
    stalled = occasion(AlertEvent.STALLED, None, situation=situation, dates=())
    (alert,) = alerts_for(stalled, Policy("ops", frozenset({AlertEvent.STALLED}), reason))
    lines = alert.text.splitlines()
    assert lines[1] == "No business date."
    assert lines[-3:] == [
        "10 ready: no slot in heavy: 2 of 2 are taken, by backfill 3.",
        "9 ready: queued behind backfill 3, which holds the same cycle.",
        "More: backfill explain 7",
    ]
