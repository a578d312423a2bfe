"""A real daemon process on a state folder of its own, and a ledger that its tasks write themselves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

BACKFILLD = Path(sys.executable).parent / "backfilld"
NOTE = 'echo "$BACKFILL_TASK $BACKFILL_CYCLE_TIME $BACKFILL_ATTEMPT" >> "$ledger"'
"""One line is one start: appended by the task, whoever started it."""
PATIENCE = 60.0


class Host:
    """Starts, kills and asks one daemon after another on the same folder."""

    def __init__(self, folder: Path, slots: int = 4) -> None:
        self.folder, self.state, self.ledger = folder, folder / "state", folder / "ledger"
        self.ledger.touch()
        (folder / "catalog").mkdir()
        self.settings = folder / "backfilld.toml"
        self.settings.write_text(f"[resource_groups.default]\nslots = {slots}\n")
        self.process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client()

    def catalog(self, tasks: list[dict[str, Any]], **project: Any) -> None:
        """Write a catalog of one workflow; every task knows where the ledger is."""
        workflow = {"workflow": "w", "parameters": {"ledger": str(self.ledger)}, "tasks": tasks}
        whole = {"project": "p", "timezone": "UTC", **project, "workflows": [workflow]}
        (self.folder / "catalog" / "p.yaml").write_text(json.dumps(whole))

    def launch(self) -> subprocess.Popen[bytes]:
        """Start a daemon process, and do not wait for it."""
        command = [BACKFILLD, "--settings", self.settings, "--catalog", self.folder / "catalog"]
        log = (self.folder / "daemon.log").open("ab")
        with log:
            return subprocess.Popen([*command, "--state", self.state, "--port", "0"], stdout=log, stderr=log)

    def start(self) -> None:
        """Start a daemon and wait until it answers."""
        endpoint = self.state / "endpoint.json"
        endpoint.unlink(missing_ok=True)
        self.process = self.launch()
        until(lambda: endpoint.exists() or self.process is None or self.process.poll() is not None)
        assert self.process.poll() is None, (self.folder / "daemon.log").read_text()
        found = json.loads(endpoint.read_text())
        self.client.close()
        self.client = httpx.Client(
            base_url=found["url"], headers={"Authorization": f"Bearer {found['token']}"}, timeout=30
        )

    def kill(self) -> None:
        """The daemon is gone from one moment to the next."""
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals) -> float:
        """Signal the daemon; the seconds until it was gone."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        return time.monotonic() - began

    def close(self) -> None:
        """Leave nothing behind: tasks end by themselves."""
        self.client.close()
        if self.process is not None and self.process.poll() is None:
            self.end(signal.SIGTERM)

    def submit(self, **fields: Any) -> int:
        """An accepted backfill's id."""
        answer = self.client.post("/v1/backfills", json=asking(**fields))
        assert answer.status_code == 202, answer.text
        return int(answer.json()["backfill_id"])

    def get(self, path: str) -> Any:
        """The JSON of a path; anything but 200 fails."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ended(self, backfill: int) -> dict[str, Any]:
        """The backfill once it is done."""
        until(lambda: self.get(f"/v1/backfills/{backfill}")["done_at"])
        found: dict[str, Any] = self.get(f"/v1/backfills/{backfill}")
        return found

    def instances(self, backfill: int, **wanted: str) -> list[dict[str, Any]]:
        """All its instances, page by page."""
        query = "".join(f"&{key}={value}" for key, value in wanted.items())
        items: list[dict[str, Any]] = []
        after: int | None = None
        while True:
            page = f"&after={after}" if after is not None else ""
            found = self.get(f"/v1/backfills/{backfill}/task_instances?limit=500{query}{page}")
            items += found["items"]
            after = found["next"]
            if after is None:
                return items

    def starts(self) -> Counter[str]:
        """How often each line stands in the ledger: task, cycle, attempt."""
        return Counter(self.ledger.read_text().splitlines())

    def started_cycles(self) -> Counter[str]:
        """How often each task and cycle was started, whatever the attempt."""
        return Counter(line.rsplit(" ", 1)[0] for line in self.ledger.read_text().splitlines())


def asking(first: str = "2024-01-01", last: str = "2024-01-01", roots: Any = "all", **run: Any) -> dict[str, Any]:
    """A request for dates and tasks of the host's project."""
    return {
        "name": "test",
        "project_id": "p",
        "type": "SupplementData",
        "periods": {"biz_dates": [{"start_biz_date": first, "end_biz_date": last}]},
        "default_run_properties": {"root_task_ids": roots, **run},
    }


def until(true: Any, patience: float = PATIENCE) -> None:
    """Wait for something that must come; fails loudly when it does not."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process of this number lives."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
