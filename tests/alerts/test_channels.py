"""Channels by Apprise: where they may connect to, what they say, and what they never say."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address

import pytest
from alerts.mail_server import MailServer, mail_server

from backfilld.alerts.apprise import UNREADABLE
from backfilld.alerts.channels import NO_ANSWER, AppriseNotifier
from backfilld.alerts.guard import Guard
from backfilld.alerts.masking import masked
from backfilld.ports import Message

SECRET = "open-sesame"


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    """A mail server that is up."""
    with mail_server() as server:
        yield server


def said(notifier: AppriseNotifier, *channels: str) -> list[str | None]:
    """What becomes of a message through each channel."""
    return list(notifier.send(Message(channel, "a title", f"a text for {channel}") for channel in channels))


def test_one_after_the_other(mail: MailServer) -> None:
    """Each message is answered for itself, whatever became of those before it; an error shows no secret."""
    mail.accepted.clear()
    urls = {
        "Mail": mail.url,
        "deaf": f"mailto://{SECRET}:{SECRET}@127.0.0.1:1?from=us@example.org&to={SECRET}@example.org",
        "wrong": f"nonsense://{SECRET}",
    }
    answers = said(AppriseNotifier(urls, ["127.0.0.1"]), "Mail", "deaf", "wrong", "unknown", "Mail")
    assert answers == [
        None,
        'Connection error while submitting email to "127.0.0.1"',
        UNREADABLE,
        "there is no channel unknown in the settings",
        None,
    ]
    assert [str(each.get_content()).strip() for each in mail.accepted] == ["a text for Mail"] * 2


def test_what_a_server_refuses(mail: MailServer) -> None:
    """A message that the server does not take is not sent, and comes again when it is tried again."""
    mail.accepted.clear()
    notifier = AppriseNotifier({"Mail": mail.url}, ["127.0.0.0/8"])
    mail.refuses = "451 not now"
    (answer,) = said(notifier, "Mail")
    assert answer is not None
    assert "failed" in answer
    mail.refuses = None
    assert said(notifier, "Mail") == [None]
    assert mail.subjects == ["a title"]


def test_a_private_address(mail: MailServer) -> None:
    """It is refused by its address, also behind a name; listed as address, network or name it is reached."""
    mail.accepted.clear()
    named = mail.url.replace("127.0.0.1", "localhost")
    port = mail.url.partition("127.0.0.1:")[2].partition("?")[0]
    told = f"127.0.0.1 port {port} is a private or loopback address, and alerts.allow_hosts does not list it"
    assert said(AppriseNotifier({"Mail": mail.url, "named": named}, ["10.0.0.0/8"]), "Mail", "named") == [told, told]
    assert mail.accepted == []
    assert said(AppriseNotifier({"named": named}, ["localhost"]), "named") == [None]
    assert mail.subjects == ["a title"]


@pytest.mark.parametrize(
    ("address", "lets"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:10.1.2.3", False),
        ("10.2.0.7", True),
        ("::ffff:10.2.0.7", True),
        ("fd00:7::1", True),
        ("192.168.7.7", True),
    ],
)
def test_which_addresses(address: str, lets: bool) -> None:
    """Public ones, and of all others those listed."""
    guard = Guard(["10.2.0.0/16", "fd00:7::/32", "192.168.7.7", "no-such-host.invalid"])
    assert guard.lets(ip_address(address)) is lets


def test_a_channel_that_hangs() -> None:
    """Who takes a connection and never answers is given up after a while, and the next message goes on."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mailto://127.0.0.1:{silent.getsockname()[1]}?from=us@example.org&to=ops@example.org"
        notifier = AppriseNotifier({"silent": url, "wrong": "nonsense://x"}, ["127.0.0.1"], patience=0.5)
        assert said(notifier, "silent")[0] == NO_ANSWER
        notifier.close()
        assert said(notifier, "wrong") == [NO_ANSWER]


@pytest.mark.parametrize(
    ("url", "text", "shown"),
    [
        (f"mailtos://me:{SECRET}@mail.example.org", f"mail.example.org: no {SECRET}", "mail.example.org: no ***"),
        (f"slack://{SECRET}/T1JJ3T3L2/A1BRTD4JD", f"no {SECRET}, T1JJ3T3L2 or A1BRTD4JD", "no ***, *** or ***"),
        ("json://a.example.org/?+X-Token=ab%20cd%2Fef", "ab cd/ef or ab%20cd%2Fef", "*** or ***"),
        ("json://a.example.org/#piece-of-it", "piece-of-it", "***"),
        (f"json://{SECRET}:8080/in", f"{SECRET} does not answer, in short", "*** does not answer, in short"),
        ("json://[fd00::1]:8080/", "fd00::1 does not answer", "fd00::1 does not answer"),
        ("json://u:p@x.org", "whole: json://u:p@x.org", "whole: ***"),
    ],
)
def test_no_secret_of_a_url_is_told(url: str, text: str, shown: str) -> None:
    """Users, passwords, tokens, paths and values are masked, as they stand in the URL and as they are meant."""
    assert masked(text, url) == shown
