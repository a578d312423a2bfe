"""Alerts over HTTP: what was told, and a channel that is tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alerts.fake_channels import WRONG
from interfaces.http.site import Site
from pydantic import TypeAdapter

from backfilld.alerts.rules import Policy, alerts_for
from backfilld.interfaces.alert_view import TriedView
from backfilld.interfaces.http.alerts import AlertPage
from backfilld.interfaces.http.backfills import WholeBackfillView
from backfilld.interfaces.reasons import reason
from backfilld.ports import AlertEvent
from backfilld.service.access import LOCAL
from backfilld.service.channels import TITLE
from backfilld.service.noticing import Notices

ASKED = {"type": "SuccessFailure", "notice_type": "SmsMail"}


@pytest.fixture(scope="module")
def told(site: Site) -> Iterator[int]:
    """A backfill of whose end two channels are told, and the operator of its start; nothing sends it here."""
    policy, ticker = Policy("ops", frozenset({AlertEvent.STARTED}), reason), site.services.ticker
    usual = ticker.notices
    ticker.notices = Notices(ticker.running.subject, lambda occasion: alerts_for(occasion, policy))
    backfill = site.submit("silent", alert=ASKED)
    site.stands(backfill, "succeeded")
    yield backfill
    ticker.notices = usual


def test_what_people_are_told(site: Site, told: int) -> None:
    """The newest message first, in pages, in the documented form; with its backfill too."""
    found = site.get("/v1/alerts", backfill=told)
    assert TypeAdapter(AlertPage).validate_python(found, strict=True) == found
    keys = ("backfill_id", "event", "channel", "state", "title", "tries", "settled_at", "error")
    endings = [("ended", "Mail", "has succeeded"), ("ended", "Sms", "has succeeded"), ("started", "ops", "has started")]
    assert [tuple(each[key] for key in keys) for each in found["items"]] == [
        (told, event, channel, "waiting", f"backfill {told} (trial) {title}", 0, None, None)
        for event, channel, title in endings
    ]
    assert site.pages("/v1/alerts", backfill=told, limit=2) == found["items"]
    assert site.get("/v1/alerts", backfill=told, limit=1)["items"] == found["items"][:1]
    assert found["items"][0] in site.pages("/v1/alerts")
    assert site.get("/v1/alerts", backfill=2**40)["items"] == []

    shown = site.get(f"/v1/backfills/{told}")
    assert TypeAdapter(WholeBackfillView).validate_python(shown, strict=True) == shown
    assert shown["alert"] == {"type": "SuccessFailure", "channels": ["Sms", "Mail"]}
    assert shown["alerts"] == found["items"]


@pytest.mark.parametrize(("channel", "error"), [("Mail", None), ("bad", WRONG)])
def test_a_channel_is_tried(site: Site, channel: str, error: str | None) -> None:
    """The answer says whether it accepted a message, else what went wrong; the audit who tried, the outbox nothing."""
    answer = site.http.post("/v1/alerts/test", json={"channel": channel})
    assert (answer.status_code, answer.json()) == (200, {"channel": channel, "accepted": error is None, "error": error})
    assert TypeAdapter(TriedView).validate_python(answer.json(), strict=True) == answer.json()
    assert TITLE not in [each["title"] for each in site.pages("/v1/alerts")]
    told = next(each for each in site.get("/v1/audit")["items"] if each["what"] == "try channel")
    assert (told["by"], told["about"]) == (LOCAL, {"channel": channel, "from": "127.0.0.1"})
    if error is None:
        assert site.services.channels.notifier.accepted[-1].title == TITLE  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["channel"]),
        ({"channel": "Pager"}, ["channel"]),
        ({"channel": ["Mail"]}, ["channel"]),
        ({"channel": None}, ["channel"]),
        ({"channel": "Mail", "text": "hello"}, ["text"]),
        ({"to": "me", "channel": 7}, ["to", "channel"]),
        ([], [""]),
    ],
)
def test_what_cannot_be_tried(site: Site, body: Any, paths: list[str]) -> None:
    """A channel that is not configured, and a text of one's own: every fault at once."""
    answer = site.http.post("/v1/alerts/test", json=body)
    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["errors"]] == paths
