"""What a token's projects do not have is not there: not by its id, not in lists, not in the words of anything else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

import httpx
import pytest
from interfaces.http.site import PATIENCE, Site, open_site

from backfilld.interfaces.http.services import Services
from backfilld.service.access import ITSELF, Scope
from backfilld.service.tokens import NewToken

CATALOG = """
- project: shop
  id: 7
  timezone: UTC
  business_date_offset: 0
  workflows:
    - {workflow: daily, id: 70, tasks: [{task: extract, id: 1, command: 'true'}, {task: gate, id: 2,
        command: 'until [ -e "$gate" ]; do sleep 0.02; done', depends_on: [extract]}], parameters: {gate: /nowhere}}
- project: bank
  id: 8
  timezone: UTC
  business_date_offset: 0
  workflows:
    - workflow: ledgers
      id: 80
      tasks:
        - {task: vault, id: 21, command: 'false', depends_on: [{project: shop, workflow: daily, task: extract}]}
        - {task: safe, id: 22, command: 'echo gold'}
        - {task: drawer, id: 23, virtual: true, depends_on: [{project: shop, workflow: daily, task: extract}]}
    - {workflow: by_hand, id: 81, type: Manual, tasks: [{task: audit, id: 24, virtual: true}]}
"""
STRANGE = re.compile(r"vault|safe\b|drawer|bank|ledgers|by_hand|gold")
NOWHERE = 4_000_000_000
"""An id that nothing has."""


@dataclass(frozen=True)
class Two:
    """A site of two projects: a backfill of either, and one of the first that runs tasks of the second too."""

    site: Site
    mine: int
    strange: int
    shared: int
    operation: str
    narrow: httpx.Client
    """Whoever holds all scopes, for the first project."""

    def instance(self, backfill: int, task: str) -> int:
        return int(self.site.instance(backfill, task)["id"])


def request(project: str, task: str, mode: str = "ManualSelection", **more: Any) -> dict[str, Any]:
    return {
        "name": f"of {project}",
        "type": "SupplementData",
        "project_id": project,
        "periods": {"biz_dates": [{"start_biz_date": "2024-01-01", "end_biz_date": "2024-01-02"}]},
        "default_run_properties": {"root_task_ids": [task], "mode": mode, "parallelism": 2},
        **more,
    }


def submitted(site: Site, client: httpx.Client, asked: dict[str, Any]) -> tuple[int, str]:
    answer = client.post("/v1/backfills", json=asked)
    assert answer.status_code == 202, answer.text
    site.until(answer.headers["Location"], lambda it: it["status"] == "completed")
    return answer.json()["backfill_id"], answer.json()["id"]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Everything has come to rest: what fails has failed."""
    with open_site(tmp_path_factory.mktemp("two"), CATALOG) as site:
        token = site.services.tokens.issue(NewToken("narrow", Scope.ADMIN, frozenset({7})), ITSELF).text
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=site.http.base_url, headers=headers, timeout=PATIENCE, trust_env=False) as narrow:
            mine, _ = submitted(site, narrow, request("shop", "extract"))
            strange, operation = submitted(site, site.http, request("bank", "safe"))
            shared, _ = submitted(site, site.http, request("shop", "extract", "AllDownstream", on_failure="Continue"))
            for backfill in (mine, strange):
                site.stands(backfill, "succeeded")
            site.until(f"/v1/backfills/{shared}", lambda it: it["counts"]["failed"] == 2)
            yield Two(site, mine, strange, shared, operation, narrow)
            site.http.post(f"/v1/backfills/{shared}/cancel")
            site.until(f"/v1/backfills/{shared}", lambda it: it["done_at"] is not None)  # its tasks would outlive it


BODIES: dict[str, Any] = {
    "acts": {"act": "cancel", "filter": {}},
    "cut": {"upstream": [1]},
    "set_priority": {"priority": 2},
    "set_not_before": {"not_before": None},
    "replan": {"parallelism": 2},
}
"""What routes need to be told before they look whom it is about, by the last word of their path."""
AMENDMENT = {"parallelism": 2}
OF_NO_PROJECT = {"/v1/resource_groups/{name}", "/v1/tokens/{token}"}
"""What every caller sees, and what has rules of its own."""


def routes(site: Site) -> list[tuple[str, str]]:
    paths = site.get("/openapi.json")["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods if "{" in path]


def places(two: Two, path: str, backfill: int, task: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands in a path for something of the backfill, and for what is nowhere."""
    instance = two.instance(backfill, task)
    number = {"runs": instance >> 20, "task_instances": instance, "backfills": backfill}.get(path.split("/")[2])
    attempt = path.endswith("/attempts/{number}")
    there = {
        "backfill": backfill,
        "day": "2024-01-01",
        "run": instance >> 20,
        "instance": instance,
        "number": 1 if attempt else number,
        "operation": two.operation,
        "project": 8,
        "workflow": 80,
        "task": 21,
        "name": "bank",
    }
    nowhere = dict.fromkeys(there, NOWHERE) | {
        "instance": NOWHERE << 20,
        "day": "2024-01-01",
        "operation": "00000000-0000-4000-8000-000000000000",
        "name": "nowhere",
    }
    if path.startswith("/v1/task_instances"):
        nowhere["number"] = 1 if attempt else NOWHERE << 20
    return there, nowhere


def asked(two: Two, method: str, path: str, values: dict[str, Any]) -> tuple[int, str]:
    """Status and body, the ids in it written as words."""
    body = AMENDMENT if method == "PATCH" else BODIES.get(path.rpartition("/")[2], {})
    given = None if method == "GET" else body
    answer = two.narrow.request(method, path.format(**values), json=given)
    said = re.sub(r'"(request_id|instance)": "[^"]*"', "", answer.text)
    for name, value in values.items():
        if "{" + name + "}" in path:
            said = re.sub(rf"\b{re.escape(str(value))}\b", name, said)
    return answer.status_code, said


def test_what_is_of_another_project_is_not_there(two: Two) -> None:
    """Every route answers for an id of another project as for one that nothing has, to the letter."""
    walked = [each for each in routes(two.site) if each[1] not in OF_NO_PROJECT]
    assert len(walked) > 60
    answers = {}
    for method, path in walked:
        there, nowhere = places(two, path, two.strange, "safe")
        answers[method, path] = asked(two, method, path, there), asked(two, method, path, nowhere)
    assert {route: told for route, told in answers.items() if told[0] != told[1] or told[0][0] != 404} == {}


def test_a_task_instance_of_another_project_is_not_there(two: Two) -> None:
    """Nor is it where its backfill is seen: a backfill may run tasks of several projects."""
    for method, path in routes(two.site):
        if path.startswith("/v1/task_instances/"):
            there, nowhere = places(two, path, two.shared, "vault")
            assert asked(two, method, path, there) == asked(two, method, path, nowhere), (method, path)
            assert asked(two, method, path, there)[0] == 404, (method, path)


LISTS = [
    "/v1/backfills",
    "/v1/overview",
    "/v1/resource_groups",
    "/v1/runs",
    "/v1/task_instances",
    "/v1/operations",
    "/v1/projects",
    "/v1/workflows",
    "/v1/tasks",
    "/v1/schedules",
    "/v1/alerts",
    "/v1/audit",
    "/v1/backfills/{shared}/task_instances",
    "/v1/backfills/{shared}/tasks",
    "/v1/backfills/{shared}/plan",
    "/v1/backfills/{shared}/failures",
    "/v1/backfills/{shared}/explain",
    "/v1/backfills/{shared}/output",
    "/v1/backfills/{shared}/timeline",
    "/v1/backfills/{shared}/timeline/2024-01-01",
    "/v1/backfills/{shared}/amendments",
    "/v1/task_instances/{extract}/downstream",
    "/v1/task_instances/{extract}/explain",
    "/v1/tasks/1",
    "/v1/ledger?task=shop/daily/extract&start_biz_date=2024-01-01&end_biz_date=2024-01-02&upstream=true",
]

OF_WHOLE_BACKFILLS = {
    "/v1/backfills/{shared}/tasks",
    "/v1/backfills/{shared}/timeline",
    "/v1/backfills/{shared}/timeline/2024-01-01",
}
"""Nobody is shown a part of these."""


@pytest.mark.parametrize("path", LISTS)
def test_lists_leave_out_what_is_of_another_project(two: Two, path: str) -> None:
    """No list, and nothing that is told of a backfill that is seen, names what is of another project."""
    filled = path.format(shared=two.shared, extract=two.instance(two.shared, "extract"))
    all_of_it, answer = two.site.http.get(filled), two.narrow.get(filled)
    part = 403 if path in OF_WHOLE_BACKFILLS else 200
    assert (all_of_it.status_code, answer.status_code) == (200, part), answer.text
    assert not STRANGE.search(answer.text), answer.text
    assert f'"backfill_id":{two.strange},' not in answer.text
    assert f'"backfill":{two.strange}' not in answer.text


def test_lists_keep_what_is_seen(two: Two) -> None:
    """They have what is left, whole pages of it, whoever asks first."""
    for path, key, mine in (("/v1/backfills", "id", {two.mine, two.shared}), ("/v1/tasks", "id", {1, 2})):
        assert {each[key] for each in two.narrow.get(path).json()["items"]} == mine
        assert {each[key] for each in two.site.get(path)["items"]} > mine
    shown = two.narrow.get("/v1/task_instances").json()["items"]
    assert [each["task"] for each in shown] == ["extract"] * 2 + ["extract", "gate"] * 2
    runs = two.narrow.get("/v1/runs").json()["items"]
    assert {each["backfill_id"] for each in runs} == {two.mine, two.shared}
    assert {each["by"] for each in two.narrow.get("/v1/audit").json()["items"]} >= {"backfilld"}


def test_names_of_another_project_mean_nothing(two: Two) -> None:
    """In a request, a filter or a question they are unknown as a name that nobody ever gave."""
    answers = [two.narrow.post("/v1/plans", json=request(name, "safe")) for name in ("bank", "pawn")]
    assert [each.status_code for each in answers] == [422, 422]
    assert answers[0].json()["errors"][0]["allowed"] == answers[1].json()["errors"][0]["allowed"]
    for query in ("/v1/backfills?project=%s", "/v1/tasks?project=%s", "/v1/task_instances?task=%s"):
        answers = [two.narrow.get(query % name) for name in ("bank", "pawn")]
        first, second = (re.sub("bank|pawn", "x", each.json()["detail"]) for each in answers)
        assert first == second
    assert two.narrow.get("/v1/backfills?project=8").json() == {"items": [], "next": None}
    assert two.narrow.get("/v1/task_instances?task=22").json() == {"items": [], "next": None}


def test_an_administrator_of_one_project(two: Two) -> None:
    """Gives out no token for others, hears of no others when he tries, and does not read the catalog of all anew."""
    asked = {"name": "of somebody", "scope": "read"}
    answers = [two.narrow.post("/v1/tokens", json={**asked, "projects": [name]}) for name in ("bank", "pawn")]
    first, second = (re.sub("bank|pawn", "x", each.json()["detail"]) for each in answers)
    assert first == second
    assert not STRANGE.search(first)
    reload = two.narrow.post("/v1/catalog/reload")
    assert (reload.status_code, reload.json()["code"]) == (403, "forbidden")


def test_a_plan_leaves_out_what_the_caller_does_not_see(two: Two) -> None:
    """It counts what is left out, names nothing of it, and not who holds its cycles."""
    plan = two.narrow.post("/v1/plans", json=request("shop", "extract", "AllDownstream")).json()
    assert {each["name"] for each in plan["tasks"]} == {"extract", "gate"}
    assert plan["not_permitted"] == 2
    assert not STRANGE.search(str(plan))


def test_slots_and_what_goes_on_are_told_without_strangers(two: Two) -> None:
    """How many slots are in use everybody sees, whose they are and what is open only of their own projects."""
    token = two.site.services.tokens.issue(NewToken("banker", Scope.READ, frozenset({8})), ITSELF).text
    found = {}
    for name, shown in (("narrow", two.narrow.headers["Authorization"]), ("banker", f"Bearer {token}")):
        headers = {"Authorization": shown}
        (group,) = two.site.http.get("/v1/resource_groups", headers=headers).json()["items"]
        whole = two.site.http.get("/v1/overview", headers=headers).json()
        numbers = [each["backfill_id"] for each in whole["backfills"]]
        found[name] = (group["in_use"], group["held_by"], whole["open"], numbers)
    mine = [{"backfill_id": two.shared, "slots": 2}]
    assert found == {"narrow": (2, mine, 1, [two.shared]), "banker": (2, [], 0, [])}


def runs_of(two: Two) -> set[int]:
    return {each["id"] for each in two.site.get(f"/v1/backfills/{two.shared}/runs")["items"]}


def test_acts_touch_only_what_is_seen(two: Two) -> None:
    """An act on a backfill that is seen in part is done to the instances that are seen, or refused as a whole.

    Of runs that a filter finds each has its verdict: those that are seen in part are rejected, the others are not.
    """
    base = f"/v1/backfills/{two.shared}"
    before = two.site.instance(two.shared, "vault")
    skipped = two.narrow.post(f"{base}/acts", json={"act": "skip", "filter": {"states": ["failed"]}}).json()
    assert sum(skipped["act"]["counts"].values()) == 0
    held = two.narrow.post(f"{base}/hold").json()["act"]["verdicts"]
    assert {(each["of"], each["id"] >> 20) for each in held} == {("instance", run) for run in runs_of(two)}
    flags = {each["task"]: each["held"] for each in two.site.get(f"{base}/task_instances")["items"]}
    assert flags == {"extract": False, "gate": True, "vault": False, "drawer": False}
    two.narrow.post(f"{base}/release")
    for path, body in (("pause", {}), ("set_priority", {"priority": 3})):
        refused = two.narrow.post(f"{base}/{path}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert two.narrow.patch(base, json={"parallelism": 1}).status_code == 403
    of_runs = {"act": "set_priority", "priority": 3, "filter": {"business_date": {"any_": ["2024-01-01"]}}}
    for dry_run in (True, False):
        told = two.narrow.post("/v1/runs/bulk_set_state", json={**of_runs, "dry_run": dry_run}).json()
        reason = f"backfill {two.shared} also runs tasks of projects that your token does not have: "
        in_part = [each for each in told["verdicts"] if (each["reason"] or "").startswith(reason)]
        assert [(each["id"], each["verdict"]) for each in in_part] == [(min(runs_of(two)), "rejected")]
        assert told["count"] == len(told["verdicts"]) == 2
    assert two.site.instance(two.shared, "vault") == before


def test_nobody_listens_to_a_part(two: Two) -> None:
    """A backfill that is seen in part has neither stream nor grid; one that is not seen is not there."""
    for topics, status in ((f"backfill:{two.shared}", 403), (f"list,backfill:{two.strange}", 404)):
        answer = two.narrow.get("/v1/stream", params={"topics": topics})
        assert answer.status_code == status
        assert not STRANGE.search(answer.text)
    assert two.narrow.get(f"/v1/backfills/{two.shared}/grid").status_code == 403


def test_every_part_is_narrowed_or_tells_of_no_project() -> None:
    """A use case that endpoints are given has another form for each caller, unless it stands here with its reason."""
    of_no_project = {
        "executor": "knows attempts by names that only views give out",
        "ticker": "endpoints ask it for the time",
        "tokens": "is told the caller each time",
        "sessions": "are as good as their tokens",
        "measuring": "figures are for those who see all",
        "keys": "are a caller's own",
        "store": "is narrowed by itself",
        "feed": "is told the caller each time",
        "annotations": "doors ask for those of what they were shown",
        "pauses": "end by themselves; the door that asks for one was shown its run",
        "accounts": "are settings, by which a project is only named",
    }
    narrowed = {each.name for each in fields(Services)} - of_no_project.keys()
    hints = get_type_hints(Services)
    assert {name for name in narrowed if not hasattr(hints[name], "for_")} == set()
