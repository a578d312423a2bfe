"""Requests as the vendor's own clients have sent them, byte by byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from interfaces.http.site import Site, open_site
from interfaces.vendors.cloudflare.conftest import ACCOUNT
from interfaces.vendors.on_call import at, token

CATALOG = """
project: vendors
id: 200
timezone: UTC
workflows:
  - workflow: nightly
    type: Triggered
    parameters: {{day: "0"}}
    tasks: [{{task: load-1, command: 'until [ -e {gate} ]; do sleep 0.02; done', kill_grace: 0s}}]
  - workflow: nightly load
    type: Manual
    parameters: {{day: "0"}}
    tasks: [{{task: pass, virtual: true}}]
"""
FOUND = 200
STATUS = {"rules.lists.": 404}
"""By the beginning of a call's name; the recorded operation is nobody's."""
EMAIL = "user@example.test"


@pytest.fixture(params=["python", "node"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Site, list[dict[str, Any]]]]:
    """A daemon on which nothing has happened yet, and what a client sends."""
    recorded = json.loads((Path(__file__).parent / f"{request.param}_requests.json").read_text())
    catalog = CATALOG.format(gate=tmp_path / "gate")
    with open_site(tmp_path, catalog) as site:
        site.services.accounts = {"200": ACCOUNT}
        yield site, recorded["requests"]
        (tmp_path / "gate").touch()


def test_every_recorded_request_is_understood(client: tuple[Site, list[dict[str, Any]]]) -> None:
    """In their order they make instances and drive one through its life; each answer has the envelope."""
    site, requests = client
    bearer, key = token(site, "cloudflare")["token"], token(site, "cloudflare", name=EMAIL)["token"]
    told = {}
    bare = at(site, "", {})
    for each in requests:
        headers = dict(each["headers"])
        shown = {"authorization": f"Bearer {bearer}", "x-auth-key": key}
        headers |= {name: value for name, value in shown.items() if name in headers}
        url = f"{each['path']}?{each['query_raw']}".rstrip("?")
        answer = bare.request(each["method"], url, content=each["body_raw"].encode(), headers=headers)
        expected = next((code for name, code in STATUS.items() if each["call"].startswith(name)), FOUND)
        assert answer.status_code == expected, (each["call"], answer.text)
        body = answer.json()
        assert body["success"] is (expected == FOUND)
        assert {"errors", "messages", "result"} <= body.keys()
        told[each["call"]] = body["result"]
    bare.close()
    _made(told)
    assert told["workflows.instances.status.edit pause"]["status"] in {"waitingForPause", "paused"}
    assert told["workflows.instances.status.edit resume"]["status"] in {"running", "queued"}
    assert told["workflows.instances.status.edit terminate"]["status"] == "terminated"
    assert told["workflows.instances.status.edit restart"]["status"] in {"terminated", "running", "queued"}


def _made(told: dict[str, Any]) -> None:
    """What was sent with an instance is told again, decoded."""
    batch = told["workflows.instances.bulk"]
    assert batch[0]["id"] == "bf-2024-11-20"
    assert len({each["id"] for each in batch}) == len(batch)
    assert told["workflows.instances.create"]["id"] == "bf-1"
    assert told["workflows.instances.create"]["status"] == "queued"
    assert told["workflows.instances.get"]["params"] in ({"day": "2024-11-20"}, {})
    assert told["workflows.instances.get"]["steps"] == []
    if "workflows.instances.bulk without body" in told:
        assert told["workflows.instances.bulk without body"] == []
