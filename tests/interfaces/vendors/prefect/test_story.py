"""The official client, unmodified, against a real daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon.host import Host
from interfaces.vendors.hosted import address_of, hosted, token_on
from interfaces.vendors.prefect.calling import ON_CALL, SHOP
from interfaces.vendors.prefect.conftest import CATALOG
from interfaces.vendors.sdks import python_story


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """One that lets everybody ask as usual."""
    with hosted(tmp_path / "host", CATALOG) as opened:
        yield opened


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Host]:
    """One that lets a token ask twice a second."""
    with hosted(tmp_path / "slow", CATALOG, "[rate_limits]\ntoken = 2") as opened:
        yield opened


def words(host: Host) -> list[str]:
    """Where the door is, and a key for it."""
    return [f"{address_of(host)}/api", token_on(host, "prefect")["token"]]


def test_a_story(host: Host, slow: Host) -> None:
    """Made, polled, listed, paused, resumed, cancelled, logged, deleted; and every error as the client raises it."""
    told = python_story(Path(__file__).parent / "story.py", *words(host), *words(slow), str(host.folder))

    assert told["version"] == "3.8.8"
    assert told["checked"]
    assert told["deployment"] == [str(ON_CALL), str(SHOP), str(SHOP), "on_call"]
    life = told["whole life"]
    assert (life["same"], life["run time"], life["in order"]) == (True, True, True)
    assert (life["name"], life["tags"], life["created by"]) == ("story-a", ["story", "k=v"], "DEPLOYMENT")
    assert life["parameters"]["day"] == "2024-11-20"
    assert (life["states"][0], life["states"][-1]) == ("SCHEDULED", "COMPLETED")
    assert life["lines"] == life["log"] == ["day 2024-11-20", "done"]
    paused = told["paused"]
    assert paused["answers"] == [
        ["WAIT", "SCHEDULED", "StateWaitDetails"],
        ["ACCEPT", "SCHEDULED", "StateAcceptDetails"],
        ["ACCEPT", "PAUSED", "StateAcceptDetails"],
        ["ACCEPT", "RUNNING", "StateAcceptDetails"],
        ["ACCEPT", "CANCELLED", "StateAcceptDetails"],
        ["ABORT", "CANCELLED", "StateAbortDetails"],
        ["ACCEPT", "COMPLETED", "StateAcceptDetails"],
    ]
    assert 0 < paused["wait"] <= 24 * 3600
    assert (paused["pause key"], paused["message"]) == ("key", "enough")
    assert paused["known"] == ["Known", "by hand"]
    assert paused["gone"] == ["ObjectNotFound", 404]
    assert told["many"] == {
        "all": True,
        "made": ["CREATED"] * 3,
        "listed": ["story-many-1", "story-many-0"],
        "told": [["ACCEPT", "CANCELLED"]] * 3,
        "in order of ids": True,
        "count": 1,
        "of deployment": 3,
        "cancelled": True,
        "deleted": 3,
        "left": 0,
    }
    assert told["wrong key"] == ["PrefectHTTPStatusError", 401]
    assert told["errors"] == {
        "no run": ["ObjectNotFound", 404],
        "no run to act on": ["ObjectNotFound", 404],
        "no deployment": ["ObjectNotFound", 404],
        "no flow": ["PrefectHTTPStatusError", 404],
        "limit": ["PrefectHTTPStatusError", 422],
    }
    assert told["after 429"] == ["on_call"] * 3
