"""The official clients, unmodified, against a daemon."""

from __future__ import annotations

from pathlib import Path

from interfaces.http.site import Site, served
from interfaces.vendors.on_call import token
from interfaces.vendors.sdks import node_story, python_story

from backfilld.interfaces.http.rates import RateLimits

HERE = Path(__file__).parent


def keys(site: Site) -> list[str]:
    """Of somebody who acts, and of a reader: words for the stories."""
    made = token(site, "datadog"), token(site, "datadog", "read")
    return [word for each in made for word in (each["id"], each["token"])]


def test_a_story_in_python(site: Site) -> None:
    """Executed, polled, listed, cancelled; workflows; every error; waiting where asked to."""
    base = str(site.http.base_url).rstrip("/")
    with served(site.services, RateLimits(token=1)) as tight:
        told = python_story(HERE / "story.py", base, tight, *keys(site), str(site.gate("python")))
    payload = {"day": "2024-11-20", "n": {"a": [1, None, "é"]}}
    assert told["made"] == ["str", True, payload, payload, None]
    assert told["times"] == "datetime"
    assert told["listed"] == [True, True, []]
    assert (told["cancelled"], told["end"]) == (True, "cancelled")
    assert told["workflow"] == ["nightly", ["load-1", "load-2"], ["team:ops"]]
    assert told["by id"]
    assert told["workflows"] == [["by/night: west", "nightly"], 3]
    assert told["paged"] == ["nightly", "nightly load", "by/night: west"]
    assert told["errors"] == {
        "bad keys": ["ForbiddenException", 403, 1],
        "reader": ["ForbiddenException", 403, 1],
        "no workflow": ["ApiException", 400, 1],
        "no such workflow": ["NotFoundException", 404, 1],
        "no instance": ["NotFoundException", 404, 1],
        "ended": ["ApiException", 400, 1],
    }
    assert told["too often"] == ["ApiException", 429, 1]
    assert told["waited"] == ["nightly"] * 3


def test_a_story_in_node(site: Site) -> None:
    """The same, with errors whose body this client reads for some statuses alone."""
    base = str(site.http.base_url).rstrip("/")
    told = node_story(HERE / "story.mjs", base, *keys(site), str(site.gate("node")))
    assert told["output"] == {"day": "2024-11-21", "n": {"a": [1, True, None, "é"]}}
    assert told["listed"] == [True, True]
    assert told["cancelled"]
    assert told["workflow"] == ["nightly", 2]
    assert told["workflows"] == "nightly load"
    assert told["errors"] == [[403, 1], [403, 1], [400, 1], [400, 1], [404, 1], [400, 1]]
