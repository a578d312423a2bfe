"""`backfill alerts`: what it lists, and what trying a channel comes to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from interfaces.cli.fake_daemon import FakeDaemon
from interfaces.cli.running import client

from backfilld.interfaces.cli.output import Exit


def message(number: int, **changed: Any) -> dict[str, Any]:
    """A message that was sent, as the daemon shows it."""
    return {
        "id": number,
        "backfill_id": 3,
        "event": "ended",
        "channel": "Mail",
        "state": "sent",
        "title": "backfill 3 (january) has failed",
        "text": "a text",
        "created_at": "2024-05-01T10:00:00Z",
        "tries": 1,
        "next_try": None,
        "settled_at": "2024-05-01T10:00:01Z",
        "error": None,
    } | changed


WAITING = message(2, state="waiting", tries=3, next_try="2024-05-01T10:07:00Z", error="no answer\x1b[2J")


def test_the_list(daemon: FakeDaemon) -> None:
    """The newest first, what waits with its next try and what went wrong; with --json all of it."""
    daemon.on("GET", "/v1/alerts", {"items": [WAITING, message(1)], "next": None})
    shown = client("alerts", "list", "--backfill", "3", state=daemon.state)
    assert (shown.returncode, shown.stderr) == (Exit.OK, "")
    told = " ".join(shown.stdout.split())
    assert "waiting until 2024-05-01T10:07:00Z" in told
    assert "no answer" in told
    assert "\x1b" not in shown.stdout
    assert told.index("2024-05-01T10:07:00Z") < told.rindex("sent")
    assert daemon.asked[-1].query["backfill"] == ["3"]

    listed = client("alerts", "list", "-n", "1", "--json", state=daemon.state)
    assert json.loads(listed.stdout) == [WAITING]


def test_nothing_to_list(daemon: FakeDaemon) -> None:
    """It says so."""
    daemon.on("GET", "/v1/alerts", {"items": [], "next": None})
    assert client("alerts", "list", state=daemon.state).stdout == "no alerts\n"


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (None, Exit.OK, "Mail has accepted a message\n"),
        ("no answer", Exit.FAILED, "Mail has accepted nothing: no answer\n"),
    ],
)
def test_trying_a_channel(daemon: FakeDaemon, error: str | None, code: Exit, told: str) -> None:
    """The exit code says whether it was accepted, as text and as JSON."""
    answer = {"channel": "Mail", "accepted": error is None, "error": error}
    daemon.on("POST", "/v1/alerts/test", answer)
    shown = client("alerts", "test", "Mail", state=daemon.state)
    assert (shown.returncode, shown.stdout) == (code, told)
    assert daemon.asked[-1].body == {"channel": "Mail"}
    as_json = client("alerts", "test", "Mail", "--json", state=daemon.state)
    assert (as_json.returncode, json.loads(as_json.stdout)) == (code, answer)
