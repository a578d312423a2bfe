"""`logs --follow`: every byte once, to the end of the attempt, whatever becomes of the connection."""

from __future__ import annotations

import json

from interfaces.cli.fake_daemon import Answer, Asked, FakeDaemon, instance
from interfaces.cli.running import client

LOG = b"one\ntwo\nthree\n"


def attempts(*, ended: bool) -> dict[str, object]:
    return {**instance(), "attempts": [{"number": 2, "ended_at": "2024-05-01T10:00:00Z" if ended else None}]}


def grows(asked: Asked) -> Answer:
    """Ten bytes at a time, and a range where one is asked for."""
    if "Range" in asked.headers:
        return Answer(LOG[:8], 206, {"Content-Range": "bytes 0-7/8"})
    first = int(asked.query["from"][0])
    return Answer(LOG[first : first + 10])


def test_to_the_end_of_the_attempt(daemon: FakeDaemon) -> None:
    """An answer that ends before the attempt does is gone on with where it ended; the attempt is the one that was."""
    daemon.on("GET", "/v1/task_instances/7", attempts(ended=False), attempts(ended=False), attempts(ended=True))
    daemon.on("GET", "/v1/task_instances/7/log", grows)

    done = client("logs", "7", "--follow", state=daemon.state)

    assert (done.returncode, done.stdout) == (0, LOG.decode())
    asked = [each.query for each in daemon.asked if each.path.endswith("/log")]
    assert [each["from"] for each in asked] == [["0"], ["10"]]
    assert all(each["attempt"] == ["2"] and each["follow"] == ["true"] for each in asked)


def test_from_the_last_lines_on(daemon: FakeDaemon) -> None:
    """With --tail it begins with so many lines, and goes on behind them."""
    daemon.on("GET", "/v1/task_instances/7", attempts(ended=True))
    daemon.on("GET", "/v1/task_instances/7/log", grows)

    done = client("logs", "7", "-f", "--tail", "1", state=daemon.state)

    assert done.stdout == "two\nthree\n"


def test_a_daemon_that_goes(daemon: FakeDaemon) -> None:
    """It is asked again for as long as patience lasts, and then given up with the code of its kind."""
    daemon.on("GET", "/v1/task_instances/7", attempts(ended=False))
    daemon.on("GET", "/v1/task_instances/7/log", grows, Answer(b"", 503))

    done = client("logs", "7", "-f", "--patience", "0", state=daemon.state)

    assert (done.returncode, done.stdout) == (3, "one\ntwo\nth")
    daemon.on("GET", "/v1/task_instances/7/log", Answer(b"", 503), grows)
    assert client("logs", "7", "-f", state=daemon.state).returncode == 3


def test_as_json(daemon: FakeDaemon) -> None:
    """With --json it is one object, at the end."""
    daemon.on("GET", "/v1/task_instances/7", attempts(ended=True))
    daemon.on("GET", "/v1/task_instances/7/log", Answer(LOG))

    done = client("logs", "7", "-f", "--json", state=daemon.state)

    assert json.loads(done.stdout) == {"instance": 7, "attempt": 2, "log": LOG.decode()}
