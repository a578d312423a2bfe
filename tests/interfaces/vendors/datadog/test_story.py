"""The official clients, unmodified, against a real daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon.host import Host
from interfaces.vendors.hosted import address_of, hosted, token_on
from interfaces.vendors.on_call import WHOLE
from interfaces.vendors.sdks import node_story, python_story

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Each story has instances of its own."""
    with hosted(tmp_path_factory.mktemp("datadog") / "host", WHOLE) as opened:
        yield opened


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One that lets a token ask once a second."""
    with hosted(tmp_path_factory.mktemp("datadog") / "tight", WHOLE, "[rate_limits]\ntoken = 1") as opened:
        yield opened


def keys(host: Host, scope: str = "operate") -> list[str]:
    """Of somebody with a scope: words for the stories."""
    made = token_on(host, "datadog", scope)
    return [made["id"], made["token"]]


def test_a_story_in_python(host: Host, tight: Host) -> None:
    """Executed, polled, listed, cancelled; workflows; every error; waiting where asked to."""
    limited, gate = [address_of(tight), *keys(tight)], str(host.folder / "python")
    told = python_story(HERE / "story.py", address_of(host), *limited, *keys(host), *keys(host, "read"), gate)
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


def test_a_story_in_node(host: Host) -> None:
    """The same, with errors whose body this client reads for some statuses alone."""
    gate = str(host.folder / "node")
    told = node_story(HERE / "story.mjs", address_of(host), *keys(host), *keys(host, "read"), gate)
    assert told["output"] == {"day": "2024-11-21", "n": {"a": [1, True, None, "é"]}}
    assert told["listed"] == [True, True]
    assert told["cancelled"]
    assert told["workflow"] == ["nightly", 2]
    assert told["workflows"] == "nightly load"
    assert told["errors"] == [[403, 1], [403, 1], [400, 1], [400, 1], [404, 1], [400, 1]]
    assert told["nowhere"] == [404, "there is no workflow nowhere"]
