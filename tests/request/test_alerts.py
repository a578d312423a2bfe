"""Who is to be told of an ending: the channels that a request means, and those that there are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from request.asking import CATALOG, CIRCUMSTANCES, asked, faults, paths, understood

from backfilld.catalog.documents import Document
from backfilld.errors import Fault, InvalidRequest
from backfilld.request.alerts import AskedAlert
from backfilld.request.resolve import understand

OUTCOMES = ("succeeded", "failed", "cancelled")
WANTED = {
    "Success": (True, False, False),
    "Failure": (False, True, True),
    "SuccessFailure": (True, True, True),
}


def alert(notice_type: object = "Mail", kind: object = "Failure") -> dict[str, Any]:
    """A request that asks for one."""
    return asked({"alert": {"type": kind, "notice_type": notice_type}})


def refused(notice_type: str, *channels: str) -> Fault:
    """The one fault where these channels are configured."""
    with pytest.raises(InvalidRequest) as error:
        understand(
            Document("request", alert(notice_type), {}), CATALOG, replace(CIRCUMSTANCES, channels=frozenset(channels))
        )
    (fault,) = error.value.faults
    return fault


@pytest.mark.parametrize("kind", WANTED)
def test_which_endings_are_told(kind: str) -> None:
    """Success is told as such; whatever else a backfill ends with, cancelled too, is no success."""
    found = understood(alert(kind=kind)).alert
    assert found is not None
    assert tuple(map(found.wants, OUTCOMES)) == WANTED[kind]


@pytest.mark.parametrize(
    ("notice_type", "channels"),
    [("Mail", ("Mail",)), ("Sms", ("Sms",)), ("SmsMail", ("Sms", "Mail")), ("on call", ("on call",))],
)
def test_which_channels_are_meant(notice_type: str, channels: tuple[str, ...]) -> None:
    """SmsMail are two of them; every other word is the name of one."""
    assert understood(alert(notice_type)).alert == AskedAlert("Failure", channels)


def test_a_channel_that_is_not_configured() -> None:
    """The fault names the field, and the channels that there are."""
    fault = refused("Pager", "Mail", "Sms")
    assert fault.path == "default_run_properties.alert.notice_type"
    assert fault.given == '"Pager"'
    assert fault.allowed == "a channel that is configured: Mail, Sms"
    assert refused("Mail").allowed == "a channel that is configured: there is none"


def test_half_of_both() -> None:
    """SmsMail needs both, and is told which one is missing."""
    assert refused("SmsMail", "Mail", "ops").allowed == "a channel that is configured: Mail, ops (Sms is not)"
    assert refused("SmsMail", "ops").allowed == "a channel that is configured: ops (Sms and Mail are not)"


def test_what_an_alert_is_made_of() -> None:
    """Both fields are needed, their kinds are checked, and there are no others: every fault at once."""
    base = "default_run_properties.alert"
    assert paths(asked({"alert": {}})) == [f"{base}.type", f"{base}.notice_type"]
    assert paths(alert(7, "Never")) == [f"{base}.type", f"{base}.notice_type"]
    (fault,) = faults(alert(kind="Never"))
    assert fault.allowed == "Success, Failure or SuccessFailure"
    (fault,) = faults(asked({"alert": {"type": "Failure", "notice_type": "Mail", "to": "me"}}))
    assert (fault.path, fault.allowed) == (f"{base}.to", "one of type, notice_type")
    assert understood(asked({"alert": None})).alert is None
