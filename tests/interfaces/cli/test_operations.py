"""`backfill operations` and `operation`: what they show, what they wait for, and what a script learns of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from interfaces.cli.fake_daemon import FakeDaemon
from interfaces.cli.running import client

from backfilld.interfaces.cli.output import Exit

ACT = "3f9a0c1b-e2d4-4778-8a11-0c5c2c2f7a01"
ACCEPTANCE = "7b0d4e2a-3a55-4c1e-9d51-0c5c2c2f7a01"
REFUSAL = {"of": "instance", "id": 7, "verdict": "rejected", "reason": "it is succeeded\x1b[2J", "seconds": None}


def act(status: str, accepted: int, rejected: int = 0, **changed: Any) -> dict[str, Any]:
    """An act on five task instances, as the daemon shows it."""
    return {
        "id": ACT,
        "status": status,
        "act": "set_failed",
        "of": "instance",
        "by": "ci (ab12)",
        "asked": {},
        "total": 5,
        "done": accepted + rejected,
        "counts": {"accepted": accepted, "rejected": rejected, "no_change": 0, "later": 0},
        "refusals": [REFUSAL] if rejected else [],
        "accepted_at": "2024-05-01T10:00:00Z",
    } | changed


def test_the_list(daemon: FakeDaemon) -> None:
    """Acts, the newest first, with how far they are; acceptances where they are asked for; with --json all of it."""
    daemon.on("GET", "/v1/operations", {"items": [act("running", 2, 1)], "next": None})
    shown = client("operations", state=daemon.state)
    (_, row), told = shown.stdout.splitlines(), " ".join(shown.stdout.split())
    assert (shown.returncode, shown.stderr, row.split()[0]) == (Exit.OK, "", ACT)
    assert "set failed running 3 5 task instances 2 accepted, 1 rejected ci (ab12)" in told
    listed = client("operations", "-n", "1", "--json", state=daemon.state)
    assert json.loads(listed.stdout) == [act("running", 2, 1)]

    accepted = {"id": ACCEPTANCE, "status": "completed", "backfill_id": 17, "completed": "2024-05-01T10:00:01Z"}
    daemon.on("GET", "/v1/operations", {"items": [accepted], "next": None})
    told = client("operations", "--kind", "acceptance", state=daemon.state).stdout
    assert told.splitlines()[1].split() == [ACCEPTANCE, "17", "completed", "2024-05-01T10:00:01Z"]
    assert [each.query["kind"] for each in daemon.asked] == [["act"], ["act"], ["acceptance"]]


def test_nothing_to_list(daemon: FakeDaemon) -> None:
    """It says so."""
    daemon.on("GET", "/v1/operations", {"items": [], "next": None})
    assert client("operations", state=daemon.state).stdout == "no operations of this kind\n"


def test_how_far_one_is(daemon: FakeDaemon) -> None:
    """Who asked for what, how many items were answered how, why not, and why it ended; looking is no failure."""
    error = f"its token, ci ({ACT}), was revoked"
    daemon.on("GET", f"/v1/operations/{ACT}", act("failed", 2, 1, error=error))
    shown = client("operation", ACT, state=daemon.state)
    assert (shown.returncode, shown.stdout.splitlines()) == (
        Exit.OK,
        [
            f"operation {ACT}: set failed on 5 task instances, by ci (ab12): failed, 3 decided",
            "  2 accepted, 1 rejected",
            "  instance 7: it is succeeded\\x1b[2J",
            f"  it ended early: {error}",
        ],
    )
    daemon.on("GET", f"/v1/operations/{ACCEPTANCE}", {"id": ACCEPTANCE, "status": "running", "backfill_id": 17})
    told = client("operation", ACCEPTANCE, state=daemon.state).stdout
    assert told == f"operation {ACCEPTANCE}: backfill 17, running\n"


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (act("completed", 5), Exit.OK),
        (act("completed", 4, 1), Exit.OK),
        (act("completed", 0, 5), Exit.FAILED),
        (act("failed", 4, error="stopped by ann"), Exit.FAILED),
    ],
)
def test_waiting_for_one(end: dict[str, Any], code: Exit, daemon: FakeDaemon) -> None:
    """It is shown at its end, and the exit code says whether it failed, or all that was meant was rejected."""
    daemon.on("GET", f"/v1/operations/{ACT}", act("pending", 0), act("running", 1), end)
    done = client("operation", ACT, "--wait", "--json", state=daemon.state)
    assert (done.returncode, json.loads(done.stdout)) == (code, end)


def test_stopping_one(daemon: FakeDaemon) -> None:
    """Nothing more of it is done; what is done is told."""
    daemon.on("DELETE", f"/v1/operations/{ACT}", act("failed", 2, error="stopped by local"))
    shown = client("operation", ACT, "--stop", state=daemon.state)
    assert (shown.returncode, shown.stdout.splitlines()[-1]) == (Exit.OK, "  it ended early: stopped by local")


def test_what_is_no_operation(daemon: FakeDaemon) -> None:
    """What is no id is a fault, and nobody is asked."""
    done = client("operation", "17", state=daemon.state)
    assert (done.returncode, "'ID'" in done.stderr, daemon.asked) == (Exit.FAULT, True, [])
