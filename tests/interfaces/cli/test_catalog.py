"""`backfill catalog`: what could run, as tables for people and as it came for scripts."""

from __future__ import annotations

import json
from typing import Any

from interfaces.cli.fake_daemon import FakeDaemon, problem
from interfaces.cli.running import client

VERSION = {"version_id": "aee2ca32", "projects": 1, "workflows": 1, "tasks": 2}


def task(number: int, name: str, workflow: str = "daily", **more: Any) -> dict[str, Any]:
    found = {"id": number, "name": name, "workflow": workflow, "project": "shop", "cron": "0 2 * * *"}
    found |= {"timezone": "UTC", "business_date_offset": 1, "command": f"run {name}", "python": None, "retries": 2}
    found |= {"retry_delay": 30.0, "timeout": None, "resource_group": "default", "priority": 3, "max_active": None}
    found |= {"owner": None, "description": "a\x1b[2Jb", "parameters": {"limit": "1"}, "upstream": [], "downstream": []}
    return found | more


def needed(name: str, cycle: str, dates: int | None = None) -> dict[str, Any]:
    return {"id": 9, "name": name, "workflow": "daily", "project": "shop", "cycle": cycle, "dates": dates}


def test_list(daemon: FakeDaemon) -> None:
    """Workflows unless tasks or projects are asked for; narrowed by what narrows them, and by nothing else."""
    workflow = {"id": 70, "project": "shop", "name": "dai\x1bly", "type": "Scheduled", "tasks": 2}
    daemon.listing("/v1/workflows", workflow)
    daemon.listing("/v1/tasks", task(1, "extract"), task(2, "load"), task(3, "report"))
    shown = client("catalog", "list", "--project", "shop", state=daemon.state)
    assert shown.stdout.splitlines()[1].split() == ["70", "shop", r"dai\x1bly", "Scheduled", "2"]
    listed = client(
        "catalog", "list", "tasks", "--workflow", "daily", "--project", "shop", "--json", state=daemon.state
    )
    assert [each["id"] for each in json.loads(listed.stdout)] == [1, 2, 3]
    assert daemon.asked[-1].query.keys() >= {"project", "workflow"}
    refused = client("catalog", "list", "projects", "--project", "shop", state=daemon.state)
    assert (refused.returncode, "--project says nothing about projects" in refused.stderr) == (2, True)


def test_show(daemon: FakeDaemon) -> None:
    """A task by id or name, with what it waits for; a name that several have is refused with their full names."""
    whole = task(
        2, "load", upstream=[needed("extract", "same"), needed("load", "previous"), needed("feed", "dates", 7)]
    )
    daemon.listing("/v1/tasks", task(1, "extract"), task(2, "load"), task(3, "extract", "weekly"))
    daemon.on("GET", "/v1/tasks/2", whole)
    daemon.on("GET", "/v1/catalog", VERSION)
    for ref in ("2", "load", "shop/daily/load"):
        shown = client("catalog", "show", ref, state=daemon.state).stdout
        assert "shop/daily/extract, shop/daily/load (previous cycle), shop/daily/feed (last 7 dates)" in shown
        assert r"a\x1b[2Jb" in shown
        assert "(UTC), 1 day after the business date" in shown
    twice = client("catalog", "show", "extract", state=daemon.state)
    assert (twice.returncode, "shop/daily/extract, shop/weekly/extract" in twice.stderr) == (2, True)
    assert client("catalog", "show", "nobody", state=daemon.state).returncode == 2
    whole_of_it = client("catalog", "show", state=daemon.state).stdout
    assert whole_of_it == "catalog aee2ca32: 1 project, 1 workflow, 2 tasks\n"


def test_reload(daemon: FakeDaemon) -> None:
    """What the files say is taken, or refused with every fault and its place."""
    daemon.on("POST", "/v1/catalog/reload", VERSION)
    assert json.loads(client("catalog", "reload", "--json", state=daemon.state).stdout) == VERSION
    fault = ("shop.yaml:3:5: workflows[0].tasks", "3", "a list")
    daemon.on("POST", "/v1/catalog/reload", problem(422, "invalid_catalog", "refused", fault))
    refused = client("catalog", "reload", state=daemon.state)
    assert (refused.returncode, "given 3; allowed: a list" in refused.stderr) == (2, True)
