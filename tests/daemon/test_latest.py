"""A rerun by the running catalog on a real daemon, over a kill and a restart."""

from __future__ import annotations

import signal
from typing import Any

from daemon.host import NOTE, Host, until
from daemon.test_acts import again, done

FAILS = {"task": "t", "command": f"{NOTE}; exit 1"}
FIXED = {
    "task": "t",
    "command": 'echo "mended $size $BACKFILL_ATTEMPT" >> "$ledger"; test "$BACKFILL_ATTEMPT" -ge 3',
    "parameters": {"size": "large"},
    "retries": 1,
    "retry_delay": 0,
}


def reload(host: Host, task: dict[str, Any]) -> None:
    """Have the daemon run another catalog."""
    host.catalog([task])
    loaded = host.told().count("is running")
    assert host.process is not None
    host.process.send_signal(signal.SIGHUP)
    until(lambda: host.told().count("is running") > loaded)


def test_a_mended_command_reruns_what_failed(host: Host) -> None:
    """Its command, parameters and retries count at once, over a kill, and for plain reruns after it."""
    host.catalog([FAILS, {"task": "after", "command": NOTE, "depends_on": ["t"]}])
    host.start()
    backfill = host.submit(last="2024-01-02", roots=["t", "after"], top={"on_failure": "Continue"})
    assert host.ended(backfill)["status"] == "failed"
    version = host.get(f"/v1/backfills/{backfill}")["version_id"]
    failed = host.instances(backfill, task="t")[0]["id"]
    assert host.get(f"/v1/task_instances/{failed}")["catalog_version"] is None

    reload(host, FIXED)
    done(host, "task_instances", failed, "rerun", latest=True)
    assert host.ended(backfill)["runs"] == {"succeeded": 1, "failed": 1}, "the other date is as planned"
    mended = host.get(f"/v1/task_instances/{failed}")["catalog_version"]
    assert mended not in (None, version)

    host.catalog([FAILS])
    again(host)
    done(host, "task_instances", failed, "rerun")
    host.ended(backfill)
    ran = [line for line in host.lines() if line.startswith("mended")]
    assert ran == ["mended large 2", "mended large 3", "mended large 4"]
    assert host.get(f"/v1/task_instances/{failed}")["catalog_version"] == mended
