"""`backfill amend` and `backfill cut`: what they ask, and what they tell."""

from __future__ import annotations

from typing import Any

import pytest
from interfaces.cli.fake_daemon import FakeDaemon, backfill
from interfaces.cli.running import client

from backfilld.interfaces.cli.output import Exit

NIGHT = {"type": "Daily", "start_time": "22:00:00", "end_time": "06:00:00", "immediately": False}


def asked(daemon: FakeDaemon) -> list[Any]:
    """The bodies that were sent."""
    return [each.body for each in daemon.asked if each.method in ("PATCH", "POST")]


def amended(**more: Any) -> dict[str, Any]:
    return {**backfill(), "amendments": [{"number": 1}], **more}


@pytest.mark.parametrize(
    ("options", "body"),
    [
        (
            ("--add", "2024-02-01..2024-02-10", "--add", "yesterday"),
            {
                "add_dates": [
                    {"start_biz_date": "2024-02-01", "end_biz_date": "2024-02-10"},
                    {"start_biz_date": "yesterday", "end_biz_date": "yesterday"},
                ]
            },
        ),
        (
            ("--drop", "-7d..-2d"),
            {"drop_dates": [{"start_biz_date": "-7d", "end_biz_date": "-2d"}]},
        ),
        (("--window", "22:00-06:00"), {"run_policy": NIGHT}),
        (
            ("--window", "22:00:00-06:00:00", "--weekend", "--immediately"),
            {"run_policy": NIGHT | {"type": "Weekend", "immediately": True}},
        ),
        (("--own-windows",), {"run_policy": None}),
        (
            ("--parallelism", "3", "--priority", "7", "--on-failure", "Hold"),
            {"parallelism": 3, "priority": 7, "on_failure": "Hold"},
        ),
        (
            ("--parallelism", "3", "--expect-plan", "f00dec6e05ba"),
            {"parallelism": 3, "expect_plan": "f00dec6e05ba"},
        ),
    ],
)
def test_what_is_asked(options: tuple[str, ...], body: dict[str, Any], daemon: FakeDaemon) -> None:
    """Each option under its name, all in one amendment; what was done is told in two lines."""
    daemon.on("PATCH", "/v1/backfills/3", amended())

    done = client("amend", "3", *options, state=daemon.state)

    assert asked(daemon) == [body]
    assert done.stdout.splitlines() == [
        "amended (1): backfill 3 january, 4 task instances on 2 dates",
        "backfill 3 january: running, 0 of 4 done (0%), 0 running, 0 failed, 0 of 2 dates settled",
    ]


def test_a_dry_run_tells_what_would_change(daemon: FakeDaemon) -> None:
    """Each change in a line, then how large the backfill would be."""
    planned = {
        "id": 3,
        "dry_run": True,
        "plan_hash": "f00dec6e05bacafe",
        "dates": {"count": 3},
        "instances": 6,
        "to_run": 5,
        "changes": ["1 date more"],
    }
    daemon.on("PATCH", "/v1/backfills/3", planned)

    done = client("amend", "3", "--add", "2024-02-01", "--dry-run", state=daemon.state)

    assert asked(daemon)[0]["dry_run"] is True
    assert done.stdout.splitlines() == [
        "  1 date more",
        "5 task instances (1 other left out) on 3 dates, plan f00dec6e05ba; nothing was done",
    ]


def test_a_cut(daemon: FakeDaemon) -> None:
    """Instances by their ids."""
    daemon.on("POST", "/v1/task_instances/7/cut", amended())

    assert client("cut", "7", "--upstream", "5", "--upstream", "6", state=daemon.state).returncode == Exit.OK
    assert asked(daemon) == [{"upstream": [5, 6]}]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "say what to change"),
        (("--expect-plan", "f00dec6e05ba"), "say what to change"),
        (("--weekend",), "go with --window"),
        (("--window", "22:00-06:00", "--own-windows"), "only one of"),
        (("--parallelism", "0"), "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_meant(options: tuple[str, ...], told: str, daemon: FakeDaemon) -> None:
    """A fault in one line, and nothing is asked."""
    done = client("amend", "3", *options, state=daemon.state)

    assert (done.returncode, asked(daemon)) == (Exit.FAULT, [])
    assert told in done.stderr
