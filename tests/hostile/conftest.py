"""One daemon that all of this room is hostile to."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator

import pytest
from daemon.host import Host, until

TASKS = [
    {"task": "quick", "virtual": True},
    {"task": "hourly", "virtual": True, "cron": "0 * * * *", "depends_on": ["quick"]},
    {"task": "broken", "command": "false", "retries": 0},
]
OFTEN = 1_000_000
"""Requests a second: how often somebody may ask is another matter."""


@pytest.fixture(scope="session")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A daemon with a backfill that has ended, and one that was never started; any number of connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    made = Host(tmp_path_factory.mktemp("victim"))
    made.environment["BACKFILLD_RATE_LIMITS"] = json.dumps({"token": OFTEN, "address": OFTEN})
    made.catalog(TASKS, business_date_offset=0)
    made.start()
    ended = made.submit("2024-01-01", "2024-01-03", roots=["quick", "hourly", "broken"], parallelism=3)
    made.submit("2024-01-01", roots=["quick"], top={"auto_start_enabled": False})
    until(lambda: made.get(f"/v1/backfills/{ended}")["done_at"])
    yield made
    told = made.told()
    made.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "Traceback" not in told, told[told.index("Traceback") - 1_000 :][:5_000]
