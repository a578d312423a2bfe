"""A rerun by the running catalog on a real daemon, over a kill and a restart."""

from __future__ import annotations

from daemon.host import NOTE, Host
from daemon.test_acts import again, done

FAILS = {"task": "t", "command": f"{NOTE}; exit 1"}
FIXED = {
    "task": "t",
    "command": 'echo "mended $size $BACKFILL_ATTEMPT" >> "$ledger"; test "$BACKFILL_ATTEMPT" -ge 3',
    "parameters": {"size": "large"},
    "retries": 1,
    "retry_delay": 0,
}


def test_a_mended_command_reruns_what_failed(host: Host) -> None:
    """Its command, parameters and retries count at once, over a kill, and for plain reruns after it."""
    host.catalog([FAILS, {"task": "after", "command": NOTE, "depends_on": ["t"]}])
    host.start()
    backfill = host.submit(last="2024-01-02", roots=["t", "after"], top={"on_failure": "Continue"})
    assert host.ended(backfill)["status"] == "failed"
    version = host.get(f"/v1/backfills/{backfill}")["version_id"]
    failed = host.instances(backfill, task="t")[0]["id"]
    assert host.get(f"/v1/task_instances/{failed}")["catalog_version"] is None

    host.catalog([FIXED])
    again(host)
    assert host.get("/v1/audit/check")["whole"]
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
