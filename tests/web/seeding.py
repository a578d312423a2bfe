"""What the browser finds: a small catalog, and backfills in each of the words that a list shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from daemon.host import PATIENCE, Host, asking, until

FIRST = date(2000, 1, 1)
PROJECT, WORKFLOW = "shop", "daily"
GATED = 'while [ -e "$alive" ] && ! [ -e "$gate" ]; do sleep 0.2; done; echo "through the gate"'
"""Waits for its gate, and no longer than the tests go on: no task outlives them."""
PICKY = 'echo "looking for $gate"; test -e "$gate"'
TASKS: list[dict[str, Any]] = [
    {"task": "extract_orders", "id": 1, "command": "seq 1 200; printf '\\033[32mdone\\033[0m\\n'"},
    {"task": "extract_users", "id": 2, "virtual": True},
    {"task": "clean_orders", "id": 3, "virtual": True, "depends_on": ["extract_orders"]},
    {"task": "join_users", "id": 4, "virtual": True, "depends_on": ["clean_orders", "extract_users"]},
    {"task": "gated", "id": 5, "command": GATED, "resource_group": "heavy", "depends_on": ["extract_users"]},
    {"task": "after_gated", "id": 6, "virtual": True, "depends_on": ["gated"]},
    {"task": "picky", "id": 7, "command": PICKY, "depends_on": ["extract_users"]},
    {"task": "after_picky", "id": 8, "virtual": True, "depends_on": ["picky"]},
    {"task": "hourly", "id": 9, "cron": "0 * * * *", "virtual": True},
    {"task": "report", "id": 10, "virtual": True, "depends_on": ["join_users"], "description": "What the board reads"},
    {"task": "says", "id": 11, "command": 'cat "$gate"'},
]
CATALOG = {
    "project": PROJECT,
    "id": 7,
    "timezone": "UTC",
    "business_date_offset": 0,
    "workflows": [{"workflow": WORKFLOW, "id": 70, "tasks": TASKS}],
}
SCHEDULES = [
    {
        "schedule": "nightly",
        "cron": "30 1 * * *",
        "timezone": "Europe/Berlin",
        "request": asking("yesterday", roots=["report"], project=PROJECT),
    },
    {"schedule": "yearly", "cron": "@yearly", "request": asking("yesterday", roots=["report"], project=PROJECT)},
]
QUICK = ["extract_users", "clean_orders", "join_users", "report"]
TEN_YEARS, MANY, LAYER = 3650, 500, 20
DAYS = 100
"""The most that a backfill of a test may have: the next one's begin behind them, so that none waits for another."""


def alive_file(host: Host) -> Path:
    """What is there for as long as tasks may wait."""
    return host.folder / "alive"


class Served:
    """A running daemon, and where it is."""

    def __init__(self, host: Host, catalog: Mapping[str, Any], schedules: Sequence[Mapping[str, Any]] = ()) -> None:
        """Start it with these; it has no backfills yet."""
        self.host = host
        alive_file(host).touch()
        given = {"gate": "/nowhere", "alive": str(alive_file(host))}
        workflows = [{**each, "parameters": given} for each in catalog["workflows"]]
        (host.folder / "catalog" / "shop.yaml").write_text(json.dumps({**catalog, "workflows": workflows}))
        (host.folder / "schedules").mkdir()
        (host.folder / "schedules" / "all.yaml").write_text(json.dumps(schedules))
        host.start()

    @property
    def url(self) -> str:
        """Where the daemon listens, without a slash at its end."""
        return str(self.host.client.base_url).rstrip("/")

    @property
    def token(self) -> str:
        """The one of the local endpoint: it may do all."""
        found: str = json.loads((self.host.state / "endpoint.json").read_text())["token"]
        return found

    def token_for(self, scope: str) -> str:
        """A new one that may do no more than this."""
        answer = self.host.client.post("/v1/tokens", json={"name": f"may {scope}", "scope": scope})
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token

    def get(self, path: str) -> Any:
        """The JSON at `/v1` and this path, asked beside the page."""
        return self.host.get(f"/v1{path}")

    def stands(self, backfill: int, status: str) -> dict[str, Any]:
        """The backfill once its status is this one."""
        until(lambda: self.get(f"/backfills/{backfill}")["status"] == status)
        found: dict[str, Any] = self.get(f"/backfills/{backfill}")
        return found


class Big(Served):
    """One with a backfill of ten years and 500 tasks; its first task waits for ever, so only one date has begun."""

    def __init__(self, host: Host) -> None:
        """Start the daemon, and have the backfill planned and written."""
        tasks = layered()
        tasks[0] = {"task": tasks[0]["task"], "command": GATED}
        super().__init__(host, {**CATALOG, "workflows": [{"workflow": "big", "tasks": tasks}]})
        names, last = [each["task"] for each in tasks], FIRST + timedelta(days=TEN_YEARS - 1)
        answer = host.client.post(
            "/v1/backfills",
            json={**asking(str(FIRST), str(last), names, project=PROJECT), "name": "ten years"},
            timeout=PATIENCE,
        )
        assert answer.status_code == 202, answer.text
        self.backfill = int(answer.json()["backfill_id"])
        until(lambda: self.get(f"/operations/{answer.json()['id']}")["status"] == "completed")
        until(lambda: self.get(f"/backfills/{self.backfill}")["counts"]["running"] == 1)


def layered() -> list[dict[str, Any]]:
    """Many tasks in layers, each behind the one above it and the last of the layer before."""
    names = [f"layer_{at // LAYER:02}_task_{at:03}" for at in range(MANY)]
    above = [sorted({at - LAYER, at - at % LAYER - 1}) if at >= LAYER else [] for at in range(MANY)]
    return [
        {"task": name, "virtual": True, "depends_on": [names[up] for up in ups]}
        for name, ups in zip(names, above, strict=True)
    ]


class Seeded(Served):
    """One with backfills that are there for all tests to look at; each test acts on its own."""

    def __init__(self, host: Host) -> None:
        """Start the daemon with the catalog and its schedules."""
        super().__init__(host, CATALOG, SCHEDULES)
        self._next = FIRST
        self.done = self.failed = self.going = self.paused = 0

    def seed(self) -> Seeded:
        """Have backfills done, failed, going on and paused."""
        self.done = self.submit("orders restated", QUICK, days=20, parallelism=10)
        self.failed = self.submit("users reloaded", ["extract_users", "picky", "after_picky"], days=5, parallelism=5)
        self.going = self.submit(
            "gated reload", ["extract_orders", "extract_users", "gated", "after_gated"], days=6, parallelism=2
        )
        until(lambda: self.get(f"/backfills/{self.going}")["counts"]["running"] == 2)  # no slot is left for the next
        self.paused = self.submit("later perhaps", ["gated", "hourly"], days=3)
        self.host.act("backfills", self.paused, "pause")
        self.stands(self.done, "succeeded")
        self.stands(self.failed, "failed")
        self.stands(self.paused, "paused")
        return self

    def gate(self, name: str) -> Path:
        """The file that tasks of a backfill with this gate wait or look for."""
        return self.host.folder / name

    def submit(self, name: str, tasks: Sequence[str], *, days: int = 1, gate: str = "gate", **run: Any) -> int:
        """A backfill of dates that no other has; `run` has fields of its run's properties."""
        first = self.free()
        asked = asking(str(first), str(first + timedelta(days=days - 1)), list(tasks), project=PROJECT, **run)
        more = {"workflow_id": WORKFLOW, "workflow_parameters": {"gate": str(self.gate(gate))}}
        answer = self.host.client.post("/v1/backfills", json={**asked, **more, "name": name})
        assert answer.status_code == 202, answer.text
        until(lambda: self.get(f"/operations/{answer.json()['id']}")["status"] == "completed")
        return int(answer.json()["backfill_id"])

    def free(self) -> date:
        """The first of `DAYS` dates that no other backfill has, or will have."""
        first, self._next = self._next, self._next + timedelta(days=DAYS)
        return first

    def instance(self, backfill: int, task: str, day: int = 0) -> dict[str, Any]:
        """The instance of a task that has one cycle a date; `day` counts the backfill's dates from 0."""
        return self.host.instances(backfill, task=task)[day]
