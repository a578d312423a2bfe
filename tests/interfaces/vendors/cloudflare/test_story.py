"""The official clients, unmodified, against a real daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon.host import Host, until
from interfaces.vendors.cloudflare.conftest import ACCOUNT
from interfaces.vendors.hosted import address_of, hosted, token_on
from interfaces.vendors.on_call import WHOLE
from interfaces.vendors.sdks import node_story, python_story

HERE = Path(__file__).parent
EMAIL = "user@example.test"
SETTINGS = f'[cloudflare_accounts]\nvendors = "{ACCOUNT}"'


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Each story has instances of its own."""
    with hosted(tmp_path_factory.mktemp("cloudflare") / "host", WHOLE, SETTINGS) as opened:
        yield opened


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One that lets a token ask twice a second."""
    settings = f"{SETTINGS}\n[rate_limits]\ntoken = 2"
    with hosted(tmp_path_factory.mktemp("cloudflare") / "slow", WHOLE, settings) as opened:
        yield opened


def words(host: Host, gate: str) -> list[str]:
    """For the stories: the account; tokens of who acts, reads, or has an address; an operation, and a gate."""
    made = token_on(host, "cloudflare"), token_on(host, "cloudflare", "read"), token_on(host, "cloudflare", name=EMAIL)
    shown = [each["token"] for each in made]
    return [ACCOUNT, *shown[:2], EMAIL, shown[2], accepted(host), str(host.folder / gate)]


def accepted(host: Host) -> str:
    """The id of an operation that is completed."""
    answer = host.client.post("/v1/workflows/nightly load/execute", json={"project": "vendors"})
    operation = str(answer.json()["id"])
    until(lambda: host.get(f"/v1/operations/{operation}")["status"] == "completed")
    return operation


def test_a_story_in_python(host: Host, slow: Host) -> None:
    """Made, polled, listed, paused, resumed, terminated, restarted; every error; waiting where asked to."""
    limited = [f"{address_of(slow)}/client/v4", token_on(slow, "cloudflare")["token"]]
    told = python_story(HERE / "story.py", f"{address_of(host)}/client/v4", *limited, *words(host, "python"))
    gate = {"gate": str(host.folder / "python")}
    assert told["made"] == ["py-1", "queued", "api"]
    assert told["running"] == [gate, ["before", "gate"], None, None]
    assert (told["paused"], told["resumed"], told["terminated"]) == ("waitingForPause", "running", "terminated")
    assert told["ended"] == ["terminated", False, False]
    assert told["final"] == ["BadRequestError", 400, True]
    assert told["restarted"][:2] == [["before", 1], ["gate", 2]]
    assert told["again"][:2] == [["before", 2], ["gate", 3]]
    assert told["newest first"] == "after"
    assert told["simple"] == [3, []]
    assert (told["event"], told["event's step"]) == ({"by": "me"}, ["waitForEvent"])
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


def test_a_story_in_node(host: Host) -> None:
    """The same with objects where the other client sends text, and with both credentials at once."""
    told = node_story(HERE / "story.mjs", f"{address_of(host)}/client/v4", *words(host, "node"))
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
