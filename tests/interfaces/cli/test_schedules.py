"""`backfill schedules`: what it asks, and what it tells."""

from __future__ import annotations

import json
from typing import Any

import pytest
from interfaces.cli.fake_daemon import FakeDaemon, backfill, problem
from interfaces.cli.running import client

from backfilld.interfaces.cli.output import Exit

AT = {"utc": "2024-05-07T05:30:00Z", "local": "2024-05-07T01:30:00-04:00"}
REQUEST = {"name": "reload", "periods": {"biz_dates": [{"start_biz_date": "-7d", "end_biz_date": "yesterday"}]}}


def firing(backfill: int | None = 3, reason: str | None = None, by: str | None = None) -> dict[str, Any]:
    status = "accepted" if reason is None else "refused"
    return {"moment": AT, "by": by, "at": AT["utc"], "status": status, "backfill_id": backfill, "reason": reason}


def schedule(name: str = "nightly", *, paused: bool = False, **more: Any) -> dict[str, Any]:
    """A schedule as the daemon shows it."""
    return {
        "name": name,
        "cron": "30 1 * * *",
        "timezone": "America/New_York",
        "catch_up": "once",
        "paused": paused,
        "paused_at": "2024-05-06T12:00:00Z" if paused else None,
        "known_since": "2024-01-01T00:00:00Z",
        "next": None if paused else AT,
        "last": None,
        **more,
    }


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_list(daemon: FakeDaemon) -> None:
    """A row a schedule: when it fires next, and what became of the latest firing."""
    lost = schedule("lost", paused=True, last=firing(None, "no such task: x"))
    daemon.on("GET", "/v1/schedules", {"items": [schedule(last=firing(by="local")), lost]})

    done = client("schedules", "list", state=daemon.state)
    assert done.returncode == 0
    _, nightly, other = lines(done.stdout)
    assert nightly[0] == "nightly"
    assert nightly[7:] == [AT["local"], AT["local"], "backfill", "3,", "asked", "for", "by", "local"]
    assert "paused since 2024-05-06T12:00:00Z" in done.stdout
    assert other[-4:] == ["no", "such", "task:", "x"]
    assert json.loads(client("schedules", "list", "--json", state=daemon.state).stdout)[1] == lost


def test_an_empty_list_says_where_they_would_be(daemon: FakeDaemon) -> None:
    """Who has none learns how to have one."""
    daemon.on("GET", "/v1/schedules", {"items": []})
    assert "beside its catalog" in client("schedules", "list", state=daemon.state).stdout


def test_show(daemon: FakeDaemon) -> None:
    """Times, file, the request as it can be submitted, and the latest firings; a name moves no cursor."""
    firings = [firing(), firing(None, "evil \x1b[31m")]
    daemon.on("GET", "/v1/schedules/nightly", schedule(file="nights.yaml", request=REQUEST, firings=firings))

    done = client("schedules", "show", "nightly", state=daemon.state)
    assert done.returncode == 0
    for told in (
        "nightly: 30 1 * * * (America/New_York)",
        f"next: {AT['local']}",
        "missed firings: once",
        "from nights.yaml, known since 2024-01-01T00:00:00Z",
        '    - {start_biz_date: "-7d", end_biz_date: yesterday}',
        f"{AT['local']}  backfill 3",
        r"refused: evil \x1b[31m",
    ):
        assert told in done.stdout
    daemon.on("GET", "/v1/schedules/nightly", schedule(file="nights.yaml", request=REQUEST, firings=[]))
    assert "it has not fired yet" in client("schedules", "show", "nightly", state=daemon.state).stdout


@pytest.mark.parametrize(("act", "paused", "told"), [("pause", True, "paused since"), ("resume", False, "fires next")])
def test_acts(act: str, paused: bool, told: str, daemon: FakeDaemon) -> None:
    """Each is one call, and says how the schedule stands then."""
    daemon.on("POST", f"/v1/schedules/nightly/{act}", schedule(paused=paused))

    done = client("schedules", act, "nightly", state=daemon.state)
    assert (done.returncode, done.stdout.startswith(f"nightly: {told}")) == (0, True)
    assert json.loads(client("schedules", act, "nightly", "--json", state=daemon.state).stdout)["paused"] is paused
    assert len(daemon.bodies(f"/v1/schedules/nightly/{act}")) == 2


def test_fire(daemon: FakeDaemon) -> None:
    """The backfill is told once its runs are written."""
    daemon.on("POST", "/v1/schedules/nightly/fire", {"id": "op", "status": "pending", "backfill_id": 3})
    daemon.on("GET", "/v1/operations/op", {"id": "op", "status": "completed", "backfill_id": 3})
    daemon.on("GET", "/v1/backfills/3", backfill(name="reload 2024-05-07"))

    assert "reload 2024-05-07" in client("schedules", "fire", "nightly", state=daemon.state).stdout
    assert json.loads(client("schedules", "fire", "nightly", "--json", state=daemon.state).stdout)["id"] == 3


def test_a_firing_that_is_refused(daemon: FakeDaemon) -> None:
    """Every fault on standard error, and the exit code of what is wrong."""
    daemon.on(
        "POST", "/v1/schedules/nightly/fire", problem(422, "invalid_request", "no", ("project_id", "x", "a project"))
    )
    done = client("schedules", "fire", "nightly", state=daemon.state)
    assert (done.returncode, done.stderr) == (Exit.FAULT, "project_id: given x; allowed: a project\n")


def test_next(daemon: FakeDaemon) -> None:
    """As many times as asked, on both clocks."""
    daemon.on("GET", "/v1/schedules/nightly/next", {"items": [AT]})

    done = client("schedules", "next", "nightly", "-n", "7", state=daemon.state)
    assert lines(done.stdout) == [["local", "utc"], [AT["local"], AT["utc"]]]
    assert daemon.asked[-1].query == {"count": ["7"]}
    assert json.loads(client("schedules", "next", "nightly", "--json", state=daemon.state).stdout) == [AT]


@pytest.mark.parametrize("arguments", [("show", "a/b"), ("pause", "../x"), ("fire", "a?b"), ("next", "ü"), ("shwo",)])
def test_what_can_be_no_name(arguments: tuple[str, ...], daemon: FakeDaemon) -> None:
    """It is refused here, in one line, and nothing is asked."""
    done = client("schedules", *arguments, state=daemon.state)
    assert (done.returncode, len(done.stderr.splitlines()), daemon.asked) == (Exit.FAULT, 1, [])


def test_without_a_word_it_shows_its_help(daemon: FakeDaemon) -> None:
    """What it can do, and nothing else; scripts see that nothing was done."""
    assert "backfill schedules" in client("schedules", "--help", state=daemon.state).stdout
    alone = client("schedules", state=daemon.state)
    assert (alone.returncode, alone.stderr, "resume" in alone.stdout) == (Exit.FAULT, "", True)
