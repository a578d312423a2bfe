"""A daemon that has nothing to do does nothing, and is there when its time comes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

from daemon.host import NOTE, Host, until


def test_waiting_costs_nothing_and_ends_in_time(host: Host) -> None:
    """While backfills wait for a cycle to come no thread of ours runs at all; then each starts, once, not too early."""
    due = (datetime.now(UTC) + timedelta(seconds=65)).replace(second=0, microsecond=0)
    soon = f"{due.minute} {due.hour} * * *"
    names = ["a", "b", "c"]
    host.catalog([{"task": name, "cron": soon, "command": NOTE} for name in names], business_date_offset=0)
    host.start()
    backfills = [host.submit(str(due.date()), str(due.date() + timedelta(days=1)), roots=[name]) for name in names]
    until(lambda: {host.get(f"/v1/backfills/{each}")["status"] for each in backfills} == {"waiting"})
    until(lambda: doing(host, 1.5) == {})

    assert doing(host, 3.0) == {}
    assert not host.lines()
    until(lambda: len(host.lines()) == 3, patience=90)
    assert datetime.now(UTC) >= due
    assert sorted(host.starts()) == [f"{name} {due:%Y-%m-%dT%H:%M:%SZ} 1" for name in names]


def doing(host: Host, seconds: float) -> dict[str, int]:
    """How often each thread but the HTTP server's own loop was put to sleep again meanwhile, if at all."""
    assert host.process is not None
    before = switches(host.process.pid)
    sleep(seconds)  # a span to look at, not a moment to hope for
    after = switches(host.process.pid)
    return {thread: count - before.get(thread, 0) for thread, count in after.items() if count != before.get(thread, 0)}


def switches(pid: int) -> dict[str, int]:
    """Voluntary context switches by thread: one for each time that it has waited for something."""
    threads = (folder for folder in Path(f"/proc/{pid}/task").iterdir() if folder.name != str(pid))
    pattern = re.compile(r"^voluntary_ctxt_switches:\s+(\d+)$", re.MULTILINE)
    return {
        thread.name: int(found[1]) for thread in threads if (found := pattern.search((thread / "status").read_text()))
    }
