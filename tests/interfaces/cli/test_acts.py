"""The commands of acts: what they ask, what they tell, and their exit codes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from interfaces.cli.fake_daemon import Answer, FakeDaemon, acted, backfill
from interfaces.cli.running import client, on_terminal

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


def found(count: int, operation: str | None = None, **counts: int) -> dict[str, Any]:
    """What the daemon answers to an act on what a filter finds."""
    words = dict.fromkeys(("accepted", "rejected", "no_change", "later"), 0) | counts
    return {"operation_id": operation, "count": count, "counts": words, "verdicts": []}


def going_on(status: str, done: int, **more: Any) -> dict[str, Any]:
    """An act that goes on, or has ended."""
    counts = found(0, accepted=done)["counts"]
    told = {"id": "op", "status": status, "act": "skip", "of": "instance", "by": "local", "asked": {}}
    return {**told, "total": 5_000, "done": done, "counts": counts, "refusals": [], "accepted_at": AT, **more}


BULK = "/v1/task_instances/bulk_set_state"


def test_a_filter(daemon: FakeDaemon) -> None:
    """Tasks and states go in one filter, with the date if there is one; what it finds is counted first."""
    daemon.on("POST", BULK, found(2), found(2, "op", accepted=2))
    daemon.on("GET", "/v1/backfills/3", backfill())
    wanted = ("--task", "extract", "--task", "7", "--in-state", "failed", "--date", "2013-01-02", "--reason", "late")

    done = client("skip", "3", *wanted, state=daemon.state)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "skip: 2 accepted")
    tasks, states = {"any_": ["extract", "7"]}, {"any_": ["failed"]}
    passing = {"backfill": {"any_": [3]}, "business_date": {"any_": ["2013-01-02"]}, "task": tasks, "state": states}
    asked = {"act": "skip", "filter": passing, "reason": "late"}
    assert sent(daemon) == [(BULK, asked | {"dry_run": True}), (BULK, asked | {"limit": 1_000})]


PLAN = {
    "dates": ["2013-01-02"],
    "tasks": [{"id": 7, "name": "a"}, {"id": 8, "name": "shop/one/b"}, {"id": 9, "name": "shop/two/b"}],
}


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("aimed", "stranger"),
    [
        (("--task", "a", "--task", "extrct"), "no task extrct in backfill 3"),
        (("--task", "a", "--date", "2013-01-03"), "no business date 2013-01-03 in backfill 3"),
        (("--task", "a", "--task", "8", "--task", "shop/two/b", "--task", "b", "--date", "2013-01-02"), None),
        (("--task", "shop/one/a"), None),
    ],
)
def test_a_name_that_means_nothing(
    dry: tuple[str, ...], aimed: tuple[str, ...], stranger: str | None, daemon: FakeDaemon
) -> None:
    """Where nothing is meant as the backfill has no such task or date, that is said: it is no success."""
    daemon.on("POST", BULK, found(0))
    daemon.on("GET", "/v1/backfills/3/plan", PLAN)
    daemon.on("GET", "/v1/backfills/3", backfill())
    done = client("skip", "3", *aimed, *dry, state=daemon.state)
    assert done.returncode == (Exit.OK if stranger is None else Exit.FAULT), done.stdout + done.stderr
    assert (stranger or "") in done.stderr


def test_a_dry_run(daemon: FakeDaemon) -> None:
    """It says how many are meant, of dates as of instances, and asks for nothing."""
    daemon.on("POST", "/v1/runs/bulk_set_state", found(3_650, accepted=19, no_change=1))

    done = client("cancel", "3", "--dry-run", "--force", state=daemon.state)
    assert done.stdout.splitlines()[0].startswith("cancel would be done to 3,650; of the first ")
    asked = {"act": "cancel", "filter": {"backfill": {"any_": [3]}}, "force": True, "dry_run": True}
    assert sent(daemon) == [("/v1/runs/bulk_set_state", asked)]


def test_very_many_are_confirmed(daemon: FakeDaemon) -> None:
    """Where nobody can be asked, a script has to say yes; what follows is told once it has ended."""
    daemon.on("POST", BULK, found(5_000))
    refused = client("skip", "3", "--task", "a", state=daemon.state)
    assert (refused.returncode, "5,000 are meant: add --yes" in refused.stderr) == (Exit.FAULT, True)
    assert [body["dry_run"] for _, body in sent(daemon)] == [True]

    daemon.on("POST", BULK, Answer(going_on("pending", 0), 202))
    daemon.on("GET", "/v1/operations/op", going_on("running", 2_000), going_on("completed", 5_000))
    daemon.on("GET", "/v1/backfills/3", backfill())
    done = client("skip", "3", "--task", "a", "--yes", state=daemon.state)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "skip: 5,000 accepted")
    assert done.stderr == "operation op goes on by itself; to see how far it is: backfill operation op --wait\n"
    assert "expect_count" not in sent(daemon)[-1][1]


@pytest.mark.parametrize(
    ("count", "typed", "done"),
    [(2_000, "y", True), (2_000, "n", False), (20_000, "20,000", True), (20_000, "y", False)],
)
def test_somebody_is_asked_on_a_terminal(count: int, typed: str, done: bool, daemon: FakeDaemon) -> None:
    """The more are meant, the more it takes; what was confirmed is that number and no other."""
    daemon.on("POST", BULK, found(count), found(count, "op", accepted=count))
    daemon.on("GET", "/v1/backfills/3", backfill())
    code, told = on_terminal("skip", "3", "--task", "a", state=daemon.state, typed=f"{typed}\n")
    assert code == (Exit.OK if done else Exit.FAULT), told
    assert f"{count:,} are meant" in told
    assert [body.get("expect_count") for _, body in sent(daemon)] == [None, count][: 1 + done]


def test_an_act_that_ends_early(daemon: FakeDaemon) -> None:
    """An operation that fails says why, and a script knows."""
    daemon.on("POST", "/v1/backfills/3/skip", Answer(going_on("pending", 0), 202))
    daemon.on("GET", "/v1/operations/op", going_on("failed", 10, error="an error of the daemon"))
    daemon.on("GET", "/v1/backfills/3", backfill())
    done = client("skip", "3", state=daemon.state)
    assert (done.returncode, "an error of the daemon" in done.stdout) == (Exit.FAILED, True)


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
