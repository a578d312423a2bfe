"""The official client, unmodified, against a daemon."""

from __future__ import annotations

from pathlib import Path

from interfaces.http.site import Site, served
from interfaces.vendors.prefect.calling import ON_CALL, SHOP
from interfaces.vendors.prefect.conftest import token_at
from interfaces.vendors.sdks import python_story

from backfilld.interfaces.http.rates import RateLimits


def test_a_story(site: Site) -> None:
    """Made, polled, listed, paused, resumed, cancelled, logged, deleted; and every error as the client raises it."""
    with served(site.services, RateLimits(token=2)) as slow:
        told = python_story(
            Path(__file__).parent / "story.py",
            f"{site.http.base_url}/api",
            token_at(site, "operate"),
            f"{slow}/api",
            str(site.folder),
        )

    assert told["version"] == "3.8.8"
    assert told["checked"]
    assert told["deployment"] == [str(ON_CALL), str(SHOP), str(SHOP), "on_call"]
    life = told["whole life"]
    assert (life["same"], life["run time"], life["in order"]) == (True, True, True)
    assert (life["name"], life["tags"], life["created by"]) == ("story-a", ["story", "k=v"], "DEPLOYMENT")
    assert life["parameters"]["day"] == "2024-11-20"
    assert (life["states"][0], life["states"][-1]) == ("SCHEDULED", "COMPLETED")
    assert life["lines"] == ["day 2024-11-20", "done"]
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
