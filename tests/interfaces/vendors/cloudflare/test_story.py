"""The official clients, unmodified, against a daemon."""

from __future__ import annotations

from pathlib import Path

import pytest
from interfaces.http.site import Site, served
from interfaces.vendors.cloudflare.conftest import ACCOUNT
from interfaces.vendors.on_call import token
from interfaces.vendors.sdks import node_story, python_story

from backfilld.interfaces.http.rates import RateLimits

HERE = Path(__file__).parent
EMAIL = "user@example.test"


@pytest.fixture
def accepted(site: Site) -> str:
    """The id of an operation that is completed."""
    asked = {"project": "vendors"}
    operation = site.http.post("/v1/workflows/nightly load/execute", json=asked).json()["id"]
    site.until(f"/v1/operations/{operation}", lambda it: it["status"] == "completed")
    return str(operation)


def tokens(site: Site) -> list[str]:
    """Of somebody who acts, of a reader, and of somebody with an address: words for the stories."""
    made = token(site, "cloudflare"), token(site, "cloudflare", "read"), token(site, "cloudflare", name=EMAIL)
    return [made[0]["token"], made[1]["token"], EMAIL, made[2]["token"]]


def test_a_story_in_python(site: Site, accepted: str) -> None:
    """Made, polled, listed, paused, resumed, terminated, restarted; every error; waiting where asked to."""
    base = f"{str(site.http.base_url).rstrip('/')}/client/v4"
    with served(site.services, RateLimits(token=2)) as slow:
        words = [base, f"{slow}/client/v4", ACCOUNT, *tokens(site), accepted, str(site.gate("python"))]
        told = python_story(HERE / "story.py", *words)
    gate = {"gate": str(site.gate("python"))}
    assert told["made"] == ["py-1", "queued", "api"]
    assert told["running"] == [gate, ["before", "gate"], None, None]
    assert (told["paused"], told["resumed"], told["terminated"]) == ("waitingForPause", "running", "terminated")
    assert told["ended"] == ["terminated", False, False]
    assert told["final"] == ["BadRequestError", 400, True]
    assert told["restarted"][:2] == [["before", 1], ["gate", 2]]
    assert told["again"][:2] == [["before", 2], ["gate", 3]]
    assert told["newest first"] == "after"
    assert told["simple"] == [3, []]
    assert told["batch"] == [["queued"] * 3, "py-a"]
    assert (told["pages"], told["oldest first"], told["none"]) == (True, True, [])
    assert (told["step"], told["attempt"]) == (["complete", "2024-11-20"], ["complete", None])
    assert told["output"] == '{"day": "2024-11-20"}'
    assert told["workflow"][:2] == ["nightly", "vendors"]
    assert told["workflow"][2] >= 3
    assert told["workflow"][3]
    assert told["workflows"] == ["nightly", "nightly load"]
    assert told["operation"][0]
    assert told["operation"][2] == "completed"
    assert told["pair"] == "nightly"
    assert told["reader"] == ["PermissionDeniedError", 403, True]
    assert told["nobody"] == ["AuthenticationError", 401, True]
    assert told["errors"] == {
        "other account": ["PermissionDeniedError", 403, True],
        "no workflow": ["NotFoundError", 404, True],
        "no instance": ["NotFoundError", 404, True],
        "twice": ["BadRequestError", 400, True],
        "too many": ["BadRequestError", 400, True],
        "no operation": ["NotFoundError", 404, True],
    }
    assert told["retries"] == 0
    assert told["waited"]


def test_a_story_in_node(site: Site, accepted: str) -> None:
    """The same with objects where the other client sends text, and with both credentials at once."""
    base = f"{str(site.http.base_url).rstrip('/')}/client/v4"
    told = node_story(HERE / "story.mjs", base, ACCOUNT, *tokens(site), accepted, str(site.gate("node")))
    assert told["made"] == ["js-1", "queued"]
    assert (told["paused"], told["resumed"], told["terminated"]) == ("waitingForPause", "running", "terminated")
    assert told["ended"]
    assert told["batch"] == [3, "js-a"]
    assert told["listed"]
    assert told["nothing"] == []
    assert told["step"] == "2024-11-20"
    assert told["event"] == ["BadRequestError", 400], "it has ended"
    assert told["operation"] == "completed"
    assert told["pair"] == "nightly"
    assert told["reader"] == ["PermissionDeniedError", 403]
    assert told["errors"] == [["NotFoundError", 404], ["BadRequestError", 400], ["PermissionDeniedError", 403]]
