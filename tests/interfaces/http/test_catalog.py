"""What is shown of the running catalog, of the plan of a backfill, and of what stands around a task instance."""

from __future__ import annotations

from typing import Any

import pytest
from interfaces.http.site import Site


@pytest.fixture(scope="module")
def failed(site: Site) -> int:
    """A backfill of three dates, on each of which one task has failed and what waits for it waits."""
    backfill = site.submit("picky", "after_picky", "extract", "hourly", days=3, gate="never", parallelism=3)
    site.stands(backfill, "failed")
    return backfill


def tasks(items: Any) -> list[str]:
    return [each["task"] for each in items]


def test_the_catalog_is_shown(site: Site) -> None:
    """Its projects, workflows and tasks, each as a page by id and one by one, with what waits for what."""
    catalog = site.get("/v1/catalog")
    flows = site.get("/v1/workflows")["items"]
    assert (catalog["projects"], catalog["workflows"]) == (1, len(flows))
    assert site.get("/v1/projects")["items"] == [site.get("/v1/projects/7")]
    assert site.get("/v1/workflows", project="shop", name="daily")["items"] == [site.get("/v1/workflows/70")]
    for kind in ("Scheduled", "Manual", "Triggered"):
        assert site.get("/v1/workflows", type=kind)["items"] == [each for each in flows if each["type"] == kind]
    found = site.pages("/v1/tasks", limit=3)
    assert [each["id"] for each in found] == sorted(each["id"] for each in found)
    assert len(found) == catalog["tasks"]
    (known,) = [each for each in found if each["id"] == 6]
    assert site.get("/v1/tasks", workflow=70, name="hourly")["items"] == [known]
    assert site.get("/v1/tasks", workflow=7)["items"] == []
    liked = site.pages("/v1/tasks", name_like="_O%LY", limit=1)
    assert liked == [each for each in found if each["name"] == "hourly"]
    hourly = site.get("/v1/tasks/6")
    assert hourly == known | {"upstream": hourly["upstream"], "downstream": []}
    assert [(each["name"], each["cycle"]) for each in hourly["upstream"]] == [("extract", "same")]
    assert {each["name"] for each in site.get("/v1/tasks/1")["downstream"]} == {"hold", "hourly"}
    for path in ("/v1/projects/8", "/v1/workflows/1", "/v1/tasks/999999"):
        assert site.http.get(path).status_code == 404


def test_the_catalog_is_read_again(site: Site) -> None:
    """What its files say now runs from then on, as the audit tells; a bad one is refused, and the other stays."""
    file = site.folder / "shop.yaml"
    before, text = site.get("/v1/catalog"), file.read_text()
    try:
        file.write_text(text.replace("'echo extract \"$bizdate\"'", "'echo \"$bizdate\"'"))
        changed = site.post("/v1/catalog/reload")
        assert changed["version_id"] != before["version_id"]
        assert site.get("/v1/tasks/1")["command"] == 'echo "$bizdate"'
        told = next(each for each in site.get("/v1/audit")["items"] if each["what"] == "reload")
        versions = {"before": before["version_id"], "after": changed["version_id"]}
        assert (told["by"], told["about"]) == ("local", {**versions, "from": "127.0.0.1"})
        file.write_text(text + "    unknown: 1\n")
        refused = site.http.post("/v1/catalog/reload")
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_catalog")
        assert refused.json()["detail"].startswith("shop.yaml:")  # where the folder is, is the host's own
        assert site.get("/v1/catalog") == changed
    finally:
        file.write_text(text)
        assert site.post("/v1/catalog/reload") == before


def test_the_plan_of_a_backfill(site: Site, failed: int) -> None:
    """Dates with their runs, tasks and edges; who has it already is not sent it again."""
    answer = site.http.get(f"/v1/backfills/{failed}/plan")
    plan = answer.json()
    assert plan["dates"] == ["2024-01-01", "2024-01-02", "2024-01-03"]
    assert plan["runs"] == [each["id"] for each in site.get(f"/v1/backfills/{failed}/runs")["items"]]
    assert [each["name"] for each in plan["tasks"]] == ["extract", "picky", "after_picky", "hourly"]
    assert plan["edges"] == [["picky", "after_picky"], ["extract", "hourly"]]
    assert plan["plan_hash"] == site.get(f"/v1/backfills/{failed}")["plan_hash"]
    assert plan["bridged"] == []
    tag = answer.headers["ETag"]
    for known, status in ((tag, 304), (f'"x", W/{tag}', 304), ('"x"', 200)):
        again = site.http.get(f"/v1/backfills/{failed}/plan", headers={"If-None-Match": known})
        assert (again.status_code, again.headers["ETag"]) == (status, tag)


def test_what_a_plan_passes_through(site: Site) -> None:
    """A task between two that were asked for is named, and is none of the plan's."""
    plan = site.get(f"/v1/backfills/{site.submit('extract', 'load')}/plan")
    assert (plan["edges"], plan["bridged"]) == ([["extract", "load"]], ["hold"])


def test_neighbours_of_a_task_instance(site: Site, failed: int) -> None:
    """What it waits for and what waits for it, with states, page by page."""
    picky, extract = (site.instance(failed, task)["id"] for task in ("picky", "extract"))
    (after,) = site.get(f"/v1/task_instances/{picky}/downstream")["items"]
    assert (after["task"], after["state"]) == ("after_picky", "waiting")
    (up,) = site.get(f"/v1/task_instances/{after['id']}/upstream")["items"]
    assert (up["id"], up["state"]) == (picky, "failed")
    hours = site.pages(f"/v1/task_instances/{extract}/downstream", limit=10)
    assert tasks(hours) == ["hourly"] * 24
    assert [each["id"] for each in hours] == sorted(each["id"] for each in hours)
    assert site.get(f"/v1/task_instances/{extract}/upstream")["items"] == []
    assert site.http.get("/v1/task_instances/4000000000000/upstream").status_code == 404


def test_attempts_of_a_task_instance(site: Site, failed: int) -> None:
    """All of them, and each by its number."""
    picky = site.instance(failed, "picky")["id"]
    attempts = site.get(f"/v1/task_instances/{picky}/attempts")["items"]
    assert attempts == site.get(f"/v1/task_instances/{picky}")["attempts"]
    assert site.get(f"/v1/task_instances/{picky}/attempts/1") == attempts[0]
    assert site.http.get(f"/v1/task_instances/{picky}/attempts/2").status_code == 404


def test_resource_groups(site: Site) -> None:
    """Those of the settings, with what is taken of them."""
    (group,) = site.get("/v1/resource_groups")["items"]
    assert (group["name"], group["slots"], group["reserved"]) == ("default", 4, 0)
    assert site.get("/v1/resource_groups/default")["slots"] == 4
    assert site.http.get("/v1/resource_groups/other").status_code == 404


def test_lists_over_all_backfills(site: Site, failed: int) -> None:
    """Each filter keeps what it says, and nothing of what it says is missing."""
    shown = site.get(f"/v1/backfills/{failed}")
    asked = {"state": "failed", "project": "shop", "workflow": "daily", "by": "local", "name": "trial"}
    assert failed in {each["id"] for each in site.pages("/v1/backfills", **asked)}
    for word in ("failed", "not_started"):
        assert all(each["status"] == word for each in site.pages("/v1/backfills", limit=1, state=word))
    since = {"created_after": shown["accepted_at"]}
    assert site.pages("/v1/backfills", **since)[-1]["id"] <= failed
    for query in ({"tag": "nobody"}, {"by": "nobody"}, {"name_like": "tri_l%x"}):
        assert site.pages("/v1/backfills", **query) == []
    runs = site.pages("/v1/runs", limit=1, backfill=failed)
    assert runs == list(reversed(site.get(f"/v1/backfills/{failed}/runs")["items"]))
    assert runs[0] == site.get(f"/v1/runs/{runs[0]['id']}")
    last = site.get("/v1/runs", backfill=failed, start_biz_date="2024-01-03", state="failed")["items"]
    assert last == runs[:1]
    every = site.pages("/v1/task_instances", limit=7, backfill=failed)
    assert every == site.pages(f"/v1/backfills/{failed}/task_instances")
    picky = site.pages("/v1/task_instances", backfill=failed, task="picky", state="failed", end_biz_date="2024-01-02")
    assert [(each["task"], each["bizdate"]) for each in picky] == [("picky", "2024-01-01"), ("picky", "2024-01-02")]
    changed = {"changed_after": picky[0]["changed_at"], "run": picky[0]["run_id"]}
    assert picky[0] in site.pages("/v1/task_instances", **changed)
    assert site.pages("/v1/task_instances", changed_before=shown["accepted_at"], backfill=failed) == []
