"""A real daemon process on a state folder of its own, and a ledger that its tasks write themselves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

import httpx
from daemon.nursery import Born, nursery

BACKFILLD = Path(sys.executable).parent / "backfilld"
NOTE = 'echo "$BACKFILL_TASK $BACKFILL_CYCLE_TIME $BACKFILL_ATTEMPT" >> "$ledger"'
"""One line is one start: appended by the task, whoever started it."""
SPAN = 'echo "{} $BACKFILL_TASK $BACKFILL_CYCLE_TIME $BACKFILL_ID" >> "$ledger"'
BEGIN, END = SPAN.format("begin"), SPAN.format("end")
"""Two lines round a task's work: what lies between them certainly ran."""
PATIENCE = 90.0
TRIES = 3
"""How often a promise in seconds is tried: other tests may hold the machine up once, a broken promise fails each."""
SOON = 1
"""The backfill of the shared daemon whose cycle comes a while after the start."""


class Host:
    """Starts, kills and asks one daemon after another on the same folder."""

    def __init__(
        self, folder: Path, slots: int = 4, groups: Mapping[str, Mapping[str, Any]] | None = None, **settings: Any
    ) -> None:
        """`slots` are those of the group `default`; `groups` stand beside it."""
        self.folder, self.state, self.ledger = folder, folder / "state", folder / "ledger"
        self.ledger.touch()
        self.project, self.served = "p", 0
        (folder / "catalog").mkdir()
        self.settings = folder / "backfilld.toml"
        self.settings.write_text(_toml(settings, {"default": {"slots": slots}, **(groups or {})}))
        self.process: subprocess.Popen[bytes] | Born | None = None
        self.before: tuple[str, ...] = ()
        """The command that a daemon is started by, if any: only then it loads its program itself."""
        self.environment: dict[str, str] = {}
        """What a daemon has in its environment beside what the tests have."""
        self.port = 0
        """Where the next daemon listens; 0: where there is room."""
        self.client = httpx.Client()

    def catalog(self, tasks: list[dict[str, Any]], kind: str = "Scheduled", **project: Any) -> None:
        """Write a catalog of one workflow; every task knows where the ledger is."""
        workflow = {"workflow": "w", "type": kind, "parameters": {"ledger": str(self.ledger)}, "tasks": tasks}
        whole = {"project": self.project, "timezone": "UTC", **project, "workflows": [workflow]}
        (self.folder / "catalog" / "p.yaml").write_text(json.dumps(whole))

    def serve(self, tasks: list[dict[str, Any]], kind: str = "Scheduled", **project: Any) -> None:
        """Give the running daemon another project, with a ledger of its own; what was accepted keeps its own."""
        self.served += 1
        self.project, self.ledger = f"p{self.served}", self.folder / f"ledger-{self.served}"
        self.ledger.touch()
        self.catalog(tasks, kind, **project)
        loaded = self.told().count("is running")
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.told().count("is running") > loaded or "is refused" in self.told())
        assert "is refused" not in self.told(), self.told()

    def told(self) -> str:
        """What the daemons have logged."""
        log = self.folder / "daemon.log"
        return log.read_text() if log.exists() else ""

    def launch(self) -> subprocess.Popen[bytes] | Born:
        """Start a daemon process, and do not wait for it."""
        places = ["--settings", self.settings, "--catalog", self.folder / "catalog", "--state", self.state]
        words, environment = [BACKFILLD, *places, "--port", str(self.port)], {**os.environ, **self.environment}
        with (self.folder / "daemon.log").open("ab") as log:
            if self.before or self.environment:
                return subprocess.Popen([*self.before, *words], stdout=log, stderr=log, env=environment)
            return nursery().start(words, log, environment)

    def start(self) -> None:
        """Start a daemon and wait until it answers."""
        endpoint = self.state / "endpoint.json"
        endpoint.unlink(missing_ok=True)
        self.process = self.launch()
        until(lambda: endpoint.exists() or self.process is None or self.process.poll() is not None)
        assert self.process.poll() is None, self.told()
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

    def accepted(self, *dates: str, **fields: Any) -> dict[str, Any]:
        """The operation of an accepted backfill."""
        answer = self.client.post("/v1/backfills", json=asking(*dates, project=self.project, **fields))
        assert answer.status_code == 202, answer.text
        operation: dict[str, Any] = answer.json()
        return operation

    def submit(self, *dates: str, **fields: Any) -> int:
        """An accepted backfill's id."""
        return int(self.accepted(*dates, **fields)["backfill_id"])

    def get(self, path: str) -> Any:
        """The JSON of a path; anything but 200 fails."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ended(self, backfill: int, patience: float = PATIENCE) -> dict[str, Any]:
        """The backfill once it is done."""
        until(lambda: self.get(f"/v1/backfills/{backfill}")["done_at"], patience)
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

    def one(self, backfill: int, task: str) -> dict[str, Any]:
        """The only instance of a task, with its attempts."""
        (item,) = self.instances(backfill, task=task)
        found: dict[str, Any] = self.get(f"/v1/task_instances/{item['id']}")
        return found

    def log(self, instance: Mapping[str, Any], span: str | None = None) -> bytes:
        """What the last attempt has written, or a range of it."""
        asked = {"Range": span} if span else {}
        answer = self.client.get(f"/v1/task_instances/{instance['id']}/log", headers=asked)
        assert answer.status_code == (206 if span else 200), answer.text
        return answer.content

    def act(self, what: str, number: int, act: str) -> None:
        """Cancel or rerun a backfill, run or task instance."""
        answer = self.client.post(f"/v1/{what}/{number}/{act}")
        assert answer.status_code == 200, answer.text

    def file(self, name: str) -> Path:
        """A file beside the ledger, which tasks know as `$ledger.name`."""
        return Path(f"{self.ledger}.{name}")

    def lines(self) -> list[str]:
        """The ledger, in the order in which it was written."""
        return self.ledger.read_text().splitlines()

    def starts(self) -> Counter[str]:
        """How often each line stands in the ledger: task, cycle, attempt."""
        return Counter(self.ledger.read_text().splitlines())

    def started_cycles(self) -> Counter[str]:
        """How often each task and cycle was started, whatever the attempt."""
        return Counter(line.rsplit(" ", 1)[0] for line in self.ledger.read_text().splitlines())


def asking(
    first: str = "2024-01-01",
    last: str | None = None,
    roots: Any = "all",
    *,
    project: str = "p",
    top: Mapping[str, Any] | None = None,
    **run: Any,
) -> dict[str, Any]:
    """A request for dates and tasks of the host's project; `top` has fields beside the run's properties."""
    return {
        "name": "test",
        "project_id": project,
        "type": "SupplementData",
        "periods": {"biz_dates": [{"start_biz_date": first, "end_biz_date": last or first}]},
        "default_run_properties": {"root_task_ids": roots, **run},
        **(top or {}),
    }


def until(true: Any, patience: float = PATIENCE) -> None:
    """Wait for something that must come; fails loudly when it does not."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def most_at_once(lines: list[str]) -> int:
    """How many were certainly under way at one moment, by the lines of BEGIN and END."""
    steps = [1 if line.startswith("begin") else -1 for line in lines]
    return max(accumulate(steps), default=0)


def alive(pid: int) -> bool:
    """Whether a process of this number lives; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def _toml(settings: Mapping[str, Any], groups: Mapping[str, Mapping[str, Any]]) -> str:
    """As TOML: values first, then groups as tables."""
    lines = _values(settings)
    for name, group in groups.items():
        lines += [f"[resource_groups.{name}]", *_values(group)]
    return "\n".join([*lines, ""])


def _values(pairs: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {json.dumps(value)}" for key, value in pairs.items()]
