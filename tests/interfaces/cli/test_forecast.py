"""`backfill forecast`: the table of variants, the deadline, and the picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from interfaces.cli.fake_daemon import FakeDaemon, backfill, problem
from interfaces.cli.running import client

NOW = "2024-03-01T20:00:00Z"


def pace(end: str | None, nights: int = 0) -> dict[str, Any]:
    stall = None if end else {"since": NOW, "code": "held", "message": "held until it is released"}
    return {"end": end, "nights": nights, "stall": stall}


def course(p50: str | None, p90: str | None, **more: Any) -> dict[str, Any]:
    usual = {"parallelism": None, "window": None, "p50": pace(p50, 1), "p90": pace(p90, 2), "dates": [], "windows": []}
    return usual | more


def forecast(*courses: dict[str, Any]) -> dict[str, Any]:
    basis = {"tasks": 4, "unknown": 1, "assumed_seconds": 60, "note": "1 of 4 tasks has no history: 1 min each assumed"}
    return {"name": "january", "now": NOW, **basis, "courses": list(courses)}


@pytest.fixture
def request_file(tmp_path: Path) -> Path:
    file = tmp_path / "january.yaml"
    file.write_text("name: january\n")
    return file


SLOW = course("2024-03-02T01:00:00Z", "2024-03-03T02:00:00Z", parallelism=1)
FAST = course("2024-03-01T23:00:00Z", "2024-03-02T00:30:59Z", parallelism=2)


def test_a_line_a_variant(daemon: FakeDaemon, request_file: Path) -> None:
    """Ends at both paces and the nights, after what they rest on; a range is sent number by number."""
    daemon.on("POST", "/v1/forecasts", forecast(SLOW, FAST))

    done = client("forecast", str(request_file), "--parallelism", "1..2", "--window", "22:00-06:00", state=daemon.state)
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            "january: 1 of 4 tasks has no history: 1 min each assumed",
            "parallelism  end (p50)             end (p90)             nights",
            "          1  2024-03-02 01:00 UTC  2024-03-03 02:00 UTC  1 to 2",
            "          2  2024-03-01 23:00 UTC  2024-03-02 00:30 UTC  1 to 2",
        ],
    )
    asked = daemon.asked[-1].query
    assert (asked["parallelism"], asked["window"]) == (["1", "2"], ["22:00-06:00"])


@pytest.mark.parametrize(
    ("deadline", "code", "said"),
    [("2024-03-02T06:00:00Z", 0, "parallelism 2, at 2024-03-02 00:30 UTC"), ("2024-03-01T23:30:00Z", 1, "none")],
)
def test_the_first_that_meets_a_deadline(
    deadline: str, code: int, said: str, daemon: FakeDaemon, request_file: Path
) -> None:
    """Nine of ten times; a script is told by the exit code."""
    daemon.on("POST", "/v1/forecasts", forecast(SLOW, FAST))

    done = client("forecast", str(request_file), "--deadline", deadline, state=daemon.state)
    assert (done.returncode, done.stdout.splitlines()[-1].partition(": ")[2]) == (code, said)


def test_a_fault_of_an_option(daemon: FakeDaemon, request_file: Path) -> None:
    """What is wrong with an option is not shown as a line of the file."""
    fault = ("query.window", "8-20", "HH:MM-HH:MM")
    daemon.on("POST", "/v1/forecasts", problem(422, "invalid_request", "one field is wrong", fault))

    done = client("forecast", str(request_file), "--window", "8-20", state=daemon.state)
    assert (done.returncode, done.stderr.strip()) == (2, "query.window: given 8-20; allowed: HH:MM-HH:MM")


def test_a_backfill_that_never_ends(daemon: FakeDaemon) -> None:
    """The reason has a line of its own; JSON is what the daemon says."""
    found = forecast(course(None, None))
    daemon.on("GET", "/v1/backfills/3/forecast", found)

    lines = client("forecast", "3", state=daemon.state).stdout.splitlines()
    assert lines[2].split()[:2] == ["never", "never"]
    assert lines[-1] == "never ends: held until it is released (from 2024-03-01 20:00 UTC on)"
    assert json.loads(client("forecast", "3", "--json", state=daemon.state).stdout) == found


def test_the_picture(daemon: FakeDaemon, tmp_path: Path) -> None:
    """A lone variant is drawn into the file; a file that cannot be written is a fault."""
    day = {"bizdate": "2013-01-01", "begin": NOW, "end_p50": "2024-03-01T21:00:00Z", "outlasts_window": True}
    drawn = course("2024-03-01T21:00:00Z", "2024-03-01T22:00:00Z", dates=[day | {"end_p90": "2024-03-01T22:00:00Z"}])
    daemon.on("GET", "/v1/backfills/3/forecast", forecast(drawn))

    done = client("forecast", "3", "--plot", str(tmp_path / "a.svg"), state=daemon.state)
    assert done.returncode == 0
    assert "go on after the close of the window in which they began: 2013-01-01" in done.stdout
    assert (tmp_path / "a.svg").read_text().startswith("<svg")
    assert client("forecast", "3", "--plot", str(tmp_path / "no" / "a.svg"), state=daemon.state).returncode == 2


def test_the_picture_of_a_comparison(daemon: FakeDaemon, tmp_path: Path) -> None:
    """Several variants are drawn side by side, below the same table."""
    daemon.on("GET", "/v1/backfills/3/forecast", forecast(SLOW, FAST))

    done = client("forecast", "3", "--parallelism", "1..2", "--plot", str(tmp_path / "a.svg"), state=daemon.state)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 4)
    assert "2 variants" in (tmp_path / "a.svg").read_text()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--parallelism", "3..1"],
        ["--parallelism", "many"],
        ["--deadline", "tomorrow"],
        ["--from", "2024-03-01T20:00:00Z"],
    ],
)
def test_what_cannot_be_asked(wrong: list[str], daemon: FakeDaemon) -> None:
    """It is refused before anything is sent; a backfill goes on from where it is."""
    assert client("forecast", "3", *wrong, state=daemon.state).returncode == 2
    assert daemon.asked == []


def test_show_says_when_it_ends(daemon: FakeDaemon) -> None:
    """An open backfill is shown with its latest forecast, or why there is none."""
    daemon.on("GET", "/v1/backfills/3", backfill())
    daemon.listing("/v1/backfills/3/runs")
    path = "/v1/backfills/3/forecast/latest"

    assert "not known: it is being worked out" in client("show", "3", state=daemon.state).stdout
    daemon.on("GET", path, {"forecast": forecast(FAST), "reason": None})
    assert "2024-03-01 23:00 UTC, nine of ten times by 2024-03-02 00:30 UTC; 1 of 4 tasks has no history" in (
        client("show", "3", state=daemon.state).stdout
    )
    daemon.on("GET", "/v1/backfills/3", backfill(status="succeeded"))
    assert json.loads(client("show", "3", "--json", state=daemon.state).stdout)["forecast"] is None
