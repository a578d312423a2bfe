"""The commands of acts: what they ask, what they tell, and their exit codes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from interfaces.cli.fake_daemon import FakeDaemon, acted
from interfaces.cli.running import client

from backfilld.interfaces.cli.output import Exit

AT = "2024-05-06T22:00:00Z"


def sent(daemon: FakeDaemon) -> list[tuple[str, Any]]:
    """The acts that were asked: path and body."""
    return [(each.path, each.body) for each in daemon.asked if each.method == "POST"]


@pytest.mark.parametrize(
    ("arguments", "act", "body"),
    [
        (("start", "3"), "start", {}),
        (("pause", "3"), "pause", {}),
        (("pause", "3", "--until", AT), "pause", {"until": AT}),
        (("resume", "3"), "resume", {}),
        (("cancel", "3", "--force"), "cancel", {"force": True}),
        (("rerun", "3", "--downstream"), "rerun", {"downstream": True}),
        (("rerun", "3", "--latest"), "rerun", {"latest": True}),
        (("skip", "3"), "skip", {}),
        (("hold", "3"), "hold", {}),
        (("release", "3"), "release", {}),
        (("trigger", "3"), "trigger", {}),
        (("stop", "3"), "stop", {}),
        (("set", "3", "--priority", "9"), "set_priority", {"priority": 9}),
        (("set", "3", "--not-before", AT), "set_not_before", {"not_before": AT}),
        (("set", "3", "--not-before", "now"), "set_not_before", {"not_before": None}),
        (("set", "3", "--parallelism", "2"), "replan", {"parallelism": 2}),
        (("set", "3", "--on-failure", "Hold"), "replan", {"on_failure": "Hold"}),
        (("set-state", "3", "succeeded"), "set_succeeded", {}),
        (("set-state", "3", "failed", "--force"), "set_failed", {"force": True}),
        (("set-state", "3", "skipped"), "skip", {}),
        (("set-state", "3", "cancelled"), "cancel", {}),
    ],
)
def test_what_a_command_asks(arguments: tuple[str, ...], act: str, body: dict[str, Any], daemon: FakeDaemon) -> None:
    """Each option goes along under its name, and nothing else."""
    daemon.on("POST", f"/v1/backfills/3/{act}", acted(act, accepted=1))

    assert client(*arguments, state=daemon.state).returncode == 0
    assert sent(daemon) == [(f"/v1/backfills/3/{act}", body)]


def test_several_settings_are_asked_one_after_the_other(daemon: FakeDaemon) -> None:
    """With --json there is one answer an act."""
    daemon.on("POST", "/v1/backfills/3/set_priority", acted("set_priority", accepted=1))
    daemon.on("POST", "/v1/backfills/3/replan", acted("replan", no_change=1))

    done = client("set", "3", "--priority", "9", "--parallelism", "2", "--json", state=daemon.state)

    assert [each["act"]["name"] for each in json.loads(done.stdout)] == ["set_priority", "replan"]


def test_a_filter(daemon: FakeDaemon) -> None:
    """Tasks and states go in one body, with the date if there is one."""
    daemon.on("POST", "/v1/backfills/3/acts", acted("skip", accepted=1))
    wanted = ("--task", "extract", "--task", "7", "--in-state", "failed", "--date", "2013-01-02")

    assert client("skip", "3", *wanted, state=daemon.state).returncode == 0
    period = {"start_biz_date": "2013-01-02", "end_biz_date": "2013-01-02"}
    passing = {"tasks": ["extract", "7"], "states": ["failed"], **period}
    assert sent(daemon) == [("/v1/backfills/3/acts", {"act": "skip", "filter": passing})]


def test_what_is_told(daemon: FakeDaemon) -> None:
    """How many items were answered how, and why not."""
    verdicts = ("rejected", "it is succeeded", None), ("later", "its process is stopped first", 10)
    daemon.on("POST", "/v1/backfills/3/set_failed", acted("set_failed", *verdicts, accepted=2, rejected=1, later=1))

    assert client("set-state", "3", "failed", state=daemon.state).stdout.splitlines()[:3] == [
        "set failed: 2 accepted, 1 rejected, 1 later",
        "  instance 7: it is succeeded",
        "  instance 8: its process is stopped first (up to 10 s)",
    ]


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({"accepted": 1, "rejected": 1}, Exit.OK),
        ({"later": 1, "rejected": 1}, Exit.OK),
        ({"no_change": 1}, Exit.OK),
        ({}, Exit.OK),
        ({"rejected": 2}, Exit.FAILED),
    ],
)
def test_the_exit_code(counts: dict[str, int], code: Exit, daemon: FakeDaemon) -> None:
    """Only where all that was meant was rejected does a script have to know."""
    daemon.on("POST", "/v1/backfills/3/skip", acted("skip", **counts))

    assert client("skip", "3", state=daemon.state).returncode == code


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("set", "3"), "say what to set"),
        (("skip", "3", "--task", "a", "--run", "1"), "--task and --in-state go with --date"),
        (("set-state", "3", "lost"), "lost"),
        (("set", "3", "--priority", "12"), "less than or equal to 11"),
    ],
)
def test_what_cannot_be_meant(arguments: tuple[str, ...], told: str, daemon: FakeDaemon) -> None:
    """A fault in one line, and nothing is asked."""
    done = client(*arguments, state=daemon.state)

    assert (done.returncode, sent(daemon)) == (Exit.FAULT, [])
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_audit(daemon: FakeDaemon) -> None:
    """The newest entries, no more than asked for."""
    entries = [
        {"id": number, "at": AT, "by": "local", "what": "cancel", "about": {"backfill": 3}, "counts": {"no_change": 2}}
        for number in (3, 2, 1)
    ]
    daemon.on("GET", "/v1/audit", {"items": entries, "next": None})

    _, *lines = client("audit", "-n", "2", state=daemon.state).stdout.splitlines()
    assert [line.split() for line in lines] == [
        [number, AT, "local", "cancel", "2", "no", "change", '{"backfill":', "3}"] for number in "32"
    ]
    assert json.loads(client("audit", "--json", state=daemon.state).stdout) == entries


@pytest.mark.parametrize(("whole", "code"), [(True, Exit.OK), (False, Exit.FAILED)])
def test_the_audit_is_checked(whole: bool, code: Exit, daemon: FakeDaemon) -> None:
    """A changed entry is a failure, and named."""
    daemon.on("GET", "/v1/audit/check", {"whole": whole, "broken": None if whole else 17})

    done = client("audit", "--check", state=daemon.state)
    assert (done.returncode, "17" in done.stdout) == (code, not whole)
