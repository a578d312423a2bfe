"""Alerts of a real daemon, to a real mail server."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest
from alerts.mail_server import MailServer, mail_server
from daemon.host import NOTE, Host, asking, until
from interfaces.cli.running import client

from backfilld.interfaces.cli.output import Exit

FAILS = f'{NOTE}; echo "no such table: orders_$bizdate"; exit 3'


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    """A mail server that is up."""
    with mail_server() as server:
        yield server


@pytest.fixture
def host(host: Host, mail: MailServer) -> Host:
    """A daemon with three channels that all lead to the mail server, one of them by a file."""
    mail.accepted.clear()
    (host.folder / "sms-url").write_text(mail.url)
    settings = f"""
[alerts]
channel = "ops"
events = ["started", "first_failure"]
allow_hosts = ["127.0.0.1"]
[alerts.channels]
Mail = "{mail.url}"
Sms = {{file = "{host.folder / "sms-url"}"}}
ops = "{mail.url}"
gone = "json://somebody:open-sesame@192.168.99.99/"
"""
    host.settings.write_text(host.settings.read_text() + settings)
    host.catalog([{"task": "good", "command": NOTE}, {"task": "bad", "command": FAILS, "retries": 0}])
    return host


def alert(kind: str, notice_type: str) -> dict[str, str]:
    return {"type": kind, "notice_type": notice_type}


def test_who_is_told_what(host: Host, mail: MailServer) -> None:
    """A failure is told once to both of SmsMail, a success to nobody who asked for failures; nothing after a restart.

    The operator hears of the start and the first failure. Messages carry counts and what the failure wrote last.
    """
    host.start()
    failed = host.submit("2024-01-01", roots=["bad"], alert=alert("Failure", "SmsMail"))
    fine = host.submit("2024-01-01", roots=["good"], alert=alert("Failure", "Mail"))
    glad = host.submit("2024-01-02", roots=["good"], alert=alert("SuccessFailure", "Mail"))
    expected = Counter({f"backfill {glad} (test) has succeeded": 1, f"backfill {failed} (test) has failed": 2})
    expected |= Counter({f"backfill {each} (test) has started": 1 for each in (failed, fine, glad)})
    expected |= Counter({f"backfill {failed} (test) has its first failure": 1})
    until(lambda: len(mail.accepted) >= expected.total())
    assert Counter(mail.subjects) == expected

    text = next(each for each in mail.accepted if "has failed" in each["Subject"]).get_content()
    assert "Task instances: 1 failed." in text
    assert "1 x bad: no such table: orders_20240101" in text
    shown = host.get(f"/v1/backfills/{failed}")
    assert shown["alert"] == {"type": "Failure", "channels": ["Sms", "Mail"]}
    until(lambda: all(each["state"] == "sent" for each in host.get("/v1/alerts")["items"]))
    told = host.get(f"/v1/alerts?backfill={failed}")["items"]
    assert Counter((each["event"], each["channel"]) for each in told) == Counter(
        [("started", "ops"), ("first_failure", "ops"), ("ended", "Mail"), ("ended", "Sms")]
    )
    assert host.get(f"/v1/backfills/{failed}")["alerts"] == told

    host.kill()
    host.start()
    host.act("backfills", failed, "rerun")
    expected[f"backfill {failed} (test) has failed"] += 2  # a new ending; the start and the first failure were told
    until(lambda: len(mail.accepted) >= expected.total())
    assert Counter(mail.subjects) == expected


def test_what_a_channel_says(host: Host, mail: MailServer) -> None:
    """A channel can be tried; a private address that is not listed is refused, and no secret of a URL is shown."""
    host.start()
    tried = client("alerts", "test", "ops", state=host.state)
    assert (tried.returncode, tried.stdout) == (Exit.OK, "ops has accepted a message\n")
    assert mail.subjects == ["backfilld: a test"]

    refused = client("alerts", "test", "gone", "--json", state=host.state)
    assert refused.returncode == Exit.FAILED
    told = json.loads(refused.stdout)["error"]
    assert told.startswith("192.168.99.99 port 80 is a private or loopback address")
    unknown = client("alerts", "test", "Pager", state=host.state)
    assert unknown.returncode == Exit.FAULT
    assert "a channel that is configured: Mail, Sms, gone, ops" in unknown.stderr

    answer = host.client.post("/v1/backfills", json=asking(roots=["good"], alert=alert("Success", "Pager")))
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["path"] == "default_run_properties.alert.notice_type"
    host.submit("2024-01-01", roots=["good"], alert=alert("Success", "gone"))
    until(lambda: any(each["error"] for each in host.get("/v1/alerts")["items"]))
    listed = client("alerts", "list", state=host.state)
    assert "waiting until" in listed.stdout
    assert "sesame" not in listed.stdout + listed.stderr + json.dumps(host.get("/v1/alerts")) + told + host.told()
