"""A daemon that has nothing to do does nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from time import sleep

from daemon.host import NOTE, Host, asking, until


def test_waiting_costs_nothing(host: Host) -> None:
    """While backfills and a schedule wait for their time no thread runs at all, also after a restart."""
    host.catalog([{"task": name, "command": NOTE} for name in "abc"])
    nightly = {"schedule": "leap", "cron": "0 0 29 2 *", "request": asking(roots=["a"])}
    (host.folder / "schedules").mkdir()
    (host.folder / "schedules" / "leap.yaml").write_text(json.dumps(nightly))
    host.start()
    backfills = [host.submit("2100-01-01", "2100-01-02", roots=[name]) for name in "abc"]
    host.kill()
    host.start()
    until(lambda: {host.get(f"/v1/backfills/{each}")["status"] for each in backfills} == {"waiting"})
    host.client.close()  # a connection that is kept open would be closed in time
    until(lambda: doing(host, 1.5) == {})

    assert doing(host, 3.0) == {}
    assert not host.lines()


def doing(host: Host, seconds: float) -> dict[str, int]:
    """How often each thread was put to sleep again meanwhile, if at all."""
    assert host.process is not None
    before = switches(host.process.pid)
    sleep(seconds)  # a span to look at, not a moment to hope for
    after = switches(host.process.pid)
    return {thread: count - before.get(thread, 0) for thread, count in after.items() if count != before.get(thread, 0)}


def switches(pid: int) -> dict[str, int]:
    """Voluntary context switches by thread: one for each time that it has waited for something."""
    pattern = re.compile(r"^voluntary_ctxt_switches:\s+(\d+)$", re.MULTILINE)
    return {
        thread.name: int(found[1])
        for thread in Path(f"/proc/{pid}/task").iterdir()
        if (found := pattern.search((thread / "status").read_text()))
    }
