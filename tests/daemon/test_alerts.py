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


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, mail: MailServer) -> Iterator[Host]:
    """A running daemon with three channels that all lead to the mail server, one by a file, and one that may not."""
    made = Host(tmp_path_factory.mktemp("alerts"))
    (made.folder / "sms-url").write_text(mail.url)
    settings = f"""
[alerts]
channel = "ops"
events = ["started", "first_failure"]
allow_hosts = ["127.0.0.1"]
[alerts.channels]
Mail = "{mail.url}"
Sms = {{file = "{made.folder / "sms-url"}"}}
ops = "{mail.url}"
gone = "json://somebody:open-sesame@192.168.99.99/"
"""
    made.settings.write_text(made.settings.read_text() + settings)
    made.catalog([{"task": "good", "command": NOTE}, {"task": "bad", "command": FAILS, "retries": 0}])
    made.start()
    yield made
    made.close()


def subjects(mail: MailServer, *backfills: int) -> Counter[str]:
    """What came about these backfills."""
    starts = tuple(f"backfill {each} (" for each in backfills)
    return Counter(subject for subject in mail.subjects if subject.startswith(starts))


def alert(kind: str, notice_type: str) -> dict[str, str]:
    return {"type": kind, "notice_type": notice_type}


def test_who_is_told_what(host: Host, mail: MailServer) -> None:
    """A failure is told once to both of SmsMail, a success to nobody who asked for failures; nothing after a restart.

    The operator hears of the start and the first failure. Messages carry counts and what the failure wrote last.
    """
    failed = host.submit("2024-01-01", roots=["bad"], alert=alert("Failure", "SmsMail"))
    fine = host.submit("2024-01-01", roots=["good"], alert=alert("Failure", "Mail"))
    glad = host.submit("2024-01-02", roots=["good"], alert=alert("SuccessFailure", "Mail"))
    expected = Counter({f"backfill {glad} (test) has succeeded": 1, f"backfill {failed} (test) has failed": 2})
    expected |= Counter({f"backfill {each} (test) has started": 1 for each in (failed, fine, glad)})
    expected |= Counter({f"backfill {failed} (test) has its first failure": 1})
    until(lambda: subjects(mail, failed, fine, glad).total() >= expected.total())
    assert subjects(mail, failed, fine, glad) == expected

    text = next(
        each for each in mail.accepted if each["Subject"] == f"backfill {failed} (test) has failed"
    ).get_content()
    assert "Task instances: 1 failed." in text
    assert "1 x bad: no such table: orders_20240101" in text
    shown = host.get(f"/v1/backfills/{failed}")
    assert shown["alert"] == {"type": "Failure", "channels": ["Sms", "Mail"]}
    about = [f"/v1/alerts?backfill={each}" for each in (failed, fine, glad)]
    until(lambda: all(each["state"] == "sent" for path in about for each in host.get(path)["items"]))
    told = host.get(f"/v1/alerts?backfill={failed}")["items"]
    assert Counter((each["event"], each["channel"]) for each in told) == Counter(
        [("started", "ops"), ("first_failure", "ops"), ("ended", "Mail"), ("ended", "Sms")]
    )
    assert host.get(f"/v1/backfills/{failed}")["alerts"] == told

    host.kill()
    host.start()
    host.act("backfills", failed, "rerun")
    expected[f"backfill {failed} (test) has failed"] += 2  # a new ending; the start and the first failure were told
    until(lambda: subjects(mail, failed, fine, glad).total() >= expected.total())
    assert subjects(mail, failed, fine, glad) == expected


def test_what_a_channel_says(host: Host, mail: MailServer) -> None:
    """A channel can be tried; a private address that is not listed is refused, and no secret of a URL is shown."""
    tried = client("alerts", "test", "ops", state=host.state)
    assert (tried.returncode, tried.stdout) == (Exit.OK, "ops has accepted a message\n")
    assert mail.subjects.count("backfilld: a test") == 1

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
    until(lambda: any(each["error"] for each in host.get("/v1/alerts?limit=1000")["items"]))
    listed = client("alerts", "list", state=host.state)
    assert "gone" in listed.stdout
    assert "sesame" not in listed.stdout + listed.stderr + json.dumps(host.get("/v1/alerts")) + told + host.told()
