"""`backfill token link`."""

from __future__ import annotations

import json

import pytest
from interfaces.cli.fake_daemon import TOKEN, FakeDaemon
from interfaces.cli.running import client

WHO = {"name": "ann (1f)", "id": "1f", "scope": "operate", "projects": [7], "expires_at": None}


@pytest.fixture
def asked(daemon: FakeDaemon) -> FakeDaemon:
    daemon.on("GET", "/v1/whoami", WHO)
    return daemon


def test_the_link_alone_is_on_standard_output(asked: FakeDaemon) -> None:
    """So it can be handed on; beside it stands what whoever has it may. The token is where browsers send it nowhere."""
    done = client("token", "link", state=asked.state)
    assert done.stdout == f"{asked.url}/login#token={TOKEN}\n"
    assert done.stderr == "whoever has this link is ann (1f), and may operate in 7\n"
    told = json.loads(client("token", "link", "--json", state=asked.state).stdout)
    assert told == {"link": f"{asked.url}/login#token={TOKEN}"}


def test_no_link_for_a_token_that_is_not_good(asked: FakeDaemon) -> None:
    """It would open nothing: that is said now, and not in the browser."""
    done = client("token", "link", "--url", asked.url, "--token", "another", state=asked.state)
    assert (done.returncode, done.stdout) == (4, "")
