"""A daemon for a test, and one for many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from daemon.host import NOTE, SOON, Host
from store.conftest import postgresql, server

__all__ = ["postgresql", "server"]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A daemon of one's own, not started yet."""
    made = Host(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A running daemon for all tests that disturb nobody: each brings a project and a ledger of its own.

    Its first backfill waits for a cycle within the next minute, for a test that comes later.
    """
    folder = tmp_path_factory.mktemp("work")
    secrets = folder / "vault.env"
    secrets.write_text("# of the vault alone\nVAULT_KEY=open sesame\n")
    groups = {"single": {"slots": 1}, "pair": {"slots": 2}, "vault": {"slots": 2, "secrets": str(secrets)}}
    made = Host(folder, slots=8, groups=groups)
    due = (datetime.now(UTC) + timedelta(seconds=75)).replace(second=0, microsecond=0)  # 15 to 75 s from now
    soon = {"task": "soon", "cron": f"{due.minute} {due.hour} * * *", "command": NOTE}
    made.catalog([soon], business_date_offset=0)
    made.start()
    assert made.submit(str(due.date()), roots=["soon"]) == SOON
    yield made
    made.close()
