"""A store that was put back, and a host that remembers more than it."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from daemon.host import BACKFILLD, NOTE, Host, alive, until

WAITS = f'{NOTE}; echo $$ > "$ledger.$BACKFILL_TASK.pid"; until [ -e "$ledger.go" ]; do sleep 0.05; done'


def backfilld(host: Host, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What an administrator asks on the host."""
    command = [BACKFILLD, *arguments, "--settings", host.settings, "--state", host.state]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def pid_of(host: Host, task: str) -> int:
    """The process of a task that waits, once there is one."""
    file = host.file(f"{task}.pid")
    until(lambda: file.exists() and file.read_text().strip())
    return int(file.read_text())


def test_a_restored_store_and_its_host_come_to_terms(host: Host) -> None:
    """What was started after the backup is ended before anything starts; what it knew still runs, and is adopted.

    What is open in the backup, and of which the host has removed its record, is lost: never a success, never again.
    """
    host.catalog([{"task": name, "command": WAITS} for name in ("kept", "gone", "later")])
    host.start()
    kept, gone = host.submit(roots=["kept"]), host.submit(roots=["gone"])
    adopted, _ = pid_of(host, "kept"), pid_of(host, "gone")
    copy = host.folder / "copy"
    assert backfilld(host, "backup", copy).returncode == 0

    later = host.submit(roots=["later"])
    stranger = pid_of(host, "later")
    (forgotten,) = host.one(gone, "gone")["attempts"]
    host.act("backfills", gone, "cancel")
    host.ended(gone)
    host.end(signal.SIGTERM)
    (host.state / "spool" / f"{forgotten['id']}.claim").unlink()  # as an hour later
    assert backfilld(host, "restore", copy, "--force").returncode == 0
    assert alive(stranger)
    host.start()

    assert not alive(stranger)
    assert alive(adopted)
    assert "that it does not know" in host.told()
    assert host.client.get(f"/v1/backfills/{later}").status_code == 404
    assert host.ended(gone)["counts"]["lost"] == 1
    host.file("go").touch()
    assert host.ended(kept)["status"] == "succeeded"
    again = host.submit("2024-01-01", roots=["later"])
    assert host.ended(again)["status"] == "succeeded"
    assert sorted(line.split()[0] for line in host.lines()) == ["gone", "kept", "later", "later"]
    with closing(sqlite3.connect(host.state / "backfilld.db")) as store:
        assert store.execute("SELECT restored_at FROM lease").fetchone() == (None,)
