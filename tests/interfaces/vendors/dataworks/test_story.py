"""DataWorks' own client, unmodified, drives a daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from daemon.host import Host
from interfaces.vendors.hosted import give_key, token_on
from interfaces.vendors.sdks import python_story

TASKS = [
    {"task": "first", "id": 1, "command": 'echo "first $bizdate"'},
    {"task": "second", "id": 2, "command": 'echo "second $BACKFILL_ATTEMPT"; exit 1', "depends_on": ["first"]},
    {"task": "third", "id": 3, "virtual": True, "depends_on": ["second"]},
]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What the client was given; the daemon has a key for secrets, and lets a token ask 30 times a second."""
    folder = tmp_path_factory.mktemp("story")
    host = Host(folder)
    give_key(host)
    host.settings.write_text(f"{host.settings.read_text()}\n[rate_limits]\ntoken = 30\n")
    host.catalog(TASKS, id=7)
    try:
        host.start()
        made = token_on(host, "dataworks")
        script = Path(__file__).with_name("story.py")
        yield python_story(script, ENDPOINT=host.client.base_url.netloc.decode(), **made["credential"])
    finally:
        host.close()


def test_created_polled_and_started(story: Any) -> None:
    """What was created waits until it is told to start, and its ids are those that acts take."""
    created = story["created"]
    first, second = created["WorkflowInstanceIds"]
    assert (created["Status"], second) == ("Created", first + 1)
    assert story["not started"] == ["NotRun"] * 6
    assert story["started"][str(first)] == {"Success": True, "Message": ""}
    assert story["started"]["4711"]["Success"] is False


def test_acted_on(story: Any) -> None:
    """Suspended, resumed, rerun, set to success and stopped: each id has its answer, and the dates end well."""
    assert [each["Success"] for each in story["suspended"].values()] == [True]
    assert story["paused"] == "Pause"
    assert [each["Success"] for each in story["resumed"].values()] == [True]
    assert sorted(each["Success"] for each in story["rerun"].values()) == [False, True]
    assert [each["Success"] for each in story["set"].values()] == [True, True]
    assert story["runs"] == ["Success", "Success"]
    assert story["rerun of runs"]["Status"] == "Success"
    assert [each["Success"] for each in story["stopped"].values()] == [True, True]


def test_looked_at(story: Any) -> None:
    """Instances, logs, attempts, operations, neighbours and the catalog are read by the client's own models."""
    assert story["log"] == "second 2\n"
    assert story["attempts"] == [2, 1]
    assert story["instance"]["Script"]["Content"] == 'echo "first $bizdate"'
    assert story["async"] == story["instance"]["Id"]
    assert story["operations"] == ["set_succeeded", "rerun: again", "start", "accepted"]
    assert story["downstream"] == ["second"]
    assert (story["task"], story["tasks"], story["workflow"]) == ("first", [3, 2], ["w", 3])
    assert story["older"]["TotalCount"] == 0


@pytest.mark.parametrize(
    ("step", "kind", "code", "status"),
    [
        ("script", "ClientException", "Forbidden.Access", 403),
        ("nothing", "ClientException", "MissingParameter.Name", 400),
        ("missing", "ClientException", "InvalidTaskInstance.NotFound", 404),
        ("wrong", "ClientException", "SignatureDoesNotMatch", 400),
        ("throttled", "ThrottlingException", "Throttling.User", 429),
    ],
)
def test_refused(story: Any, step: str, kind: str, code: str, status: int) -> None:
    """The client raises its own error for each refusal, with our code."""
    told = story[step]
    assert (told["type"], told["code"], told["status_code"]) == (kind, code, status)
    if kind == "ThrottlingException":
        assert told["retry_after"] == 1000


def test_told_to_ask_later(story: Any) -> None:
    """A client that retries what was throttled reads how long to wait, and gets its answer in the end."""
    assert story["patient"] == 1
