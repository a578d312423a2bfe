"""A daemon for a test, and one for many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from daemon.host import NOTE, SOON, Host, asking

STILL = {"project": "still", "workflows": [{"workflow": "w", "tasks": [{"task": "t", "virtual": True}]}]}
"""A project that stays whatever catalogs come."""
YESTERDAY = {"start_biz_date": "yesterday", "end_biz_date": "yesterday"}
"""Business dates that a schedule counts from its firing."""
ASKED = {**asking(roots=["t"], project="still"), "name": "soon", "periods": {"biz_dates": [YESTERDAY]}}


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A daemon of one's own, not started yet."""
    made = Host(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A running daemon for all tests that disturb nobody: each brings a project and a ledger of its own.

    Its first backfill waits for a cycle within the next minute, and a schedule fires then, for tests that come later.
    """
    folder = tmp_path_factory.mktemp("work")
    secrets = folder / "vault.env"
    secrets.write_text("# of the vault alone\nVAULT_KEY=open sesame\n")
    groups = {
        "kept": {"slots": 2, "reserved": 1},
        "single": {"slots": 1},
        "pair": {"slots": 2},
        "vault": {"slots": 2, "secrets": str(secrets)},
    }
    made = Host(folder, slots=8, groups=groups)
    due = (datetime.now(UTC) + timedelta(seconds=75)).replace(second=0, microsecond=0)  # 15 to 75 s from now
    soon = {"task": "soon", "cron": f"{due.minute} {due.hour} * * *", "command": NOTE}
    made.catalog([soon], business_date_offset=0)
    (folder / "catalog" / "still.yaml").write_text(json.dumps(STILL))
    (folder / "schedules").mkdir()
    schedule = {"schedule": "soon", "cron": f"{due.minute} {due.hour} {due.day} {due.month} *", "request": ASKED}
    (folder / "schedules" / "soon.yaml").write_text(json.dumps(schedule))
    made.start()
    assert made.submit(str(due.date()), roots=["soon"]) == SOON
    yield made
    made.close()


@pytest.fixture(autouse=True)
def nothing_goes_on(request: pytest.FixtureRequest) -> Iterator[None]:
    """On the daemon of many tests, what is open once one has failed is cancelled: it has slots of others."""
    shared = request.getfixturevalue("work") if "work" in request.fixturenames else None
    failed = request.session.testsfailed
    yield
    if isinstance(shared, Host) and request.session.testsfailed > failed:
        clear(shared)


def clear(work: Host) -> None:
    """Cancel what is open, but for what waits for its cycle, and wait until it is done."""
    numbers = {each["backfill_id"] for each in work.get("/v1/overview")["backfills"]} - {SOON}
    for each in numbers:
        work.act("backfills", each, "cancel")
    for each in numbers:
        work.ended(each)
