"""From a request to its end, as a caller sees it."""

from __future__ import annotations

from interfaces.http.site import Site


def test_a_backfill_from_preview_to_success(site: Site) -> None:
    """A request is previewed, accepted and run to its end, and runs what the preview said."""
    plan = site.http.post("/v1/plans", json=site.request("extract", "silent")).json()
    backfill = site.submit("extract", "silent")
    done = site.stands(backfill, "succeeded")
    assert done["counts"]["succeeded"] == done["instances"] == plan["counts"]["instances"] == 2
    assert (done["plan_hash"], done["version_id"]) == (plan["plan_hash"], plan["version_id"])
    assert done["runs"] == {"succeeded": 1}


def test_what_was_asked_is_shown(site: Site) -> None:
    """A backfill shows its request with names and defaults in place."""
    request = site.request("silent", days=3, order="Desc", parallelism=2, priority=5) | {
        "name": "shown",
        "comment": "why",
        "tags": [{"key": "ticket", "value": "D-17"}],
    }
    backfill = site.http.post("/v1/backfills", json=request).json()["backfill_id"]
    shown = site.stands(backfill, "succeeded")
    assert shown["dates"] == {"count": 3, "first": "2024-01-01", "last": "2024-01-03"}
    assert {key: shown[key] for key in ("name", "project", "workflow", "env_type", "order", "on_failure")} == {
        "name": "shown",
        "project": "shop",
        "workflow": "daily",
        "env_type": "Prod",
        "order": "Desc",
        "on_failure": "Continue",
    }
    assert (shown["parallelism"], shown["priority"], shown["comment"]) == (2, 5, "why")
    assert shown["tags"] == [{"key": "ticket", "value": "D-17"}]


def test_a_request_without_workflow_or_priority(site: Site) -> None:
    """What was left out of a request and has no default is null."""
    request = site.request("silent")
    del request["workflow_id"], request["workflow_parameters"]
    backfill = site.http.post("/v1/backfills", json=request).json()["backfill_id"]
    shown = site.stands(backfill, "succeeded")
    assert (shown["workflow"], shown["priority"], shown["comment"]) == (None, None, None)


def test_the_pascal_case_spelling(site: Site) -> None:
    """A body in the PascalCase spelling is the same request."""
    periods = {"BizDates": [{"StartBizDate": "2024-01-01", "EndBizDate": "2024-01-01"}]}
    request = {
        "Name": "trial",
        "Type": "SupplementData",
        "ProjectId": 7,
        "Periods": periods,
        "DefaultRunProperties": {"RootTaskIds": [12]},
    }
    answer = site.http.post("/v1/plans", json=request)
    assert answer.status_code == 200, answer.text
    assert [task["name"] for task in answer.json()["tasks"]] == ["silent"]


def test_a_preview_writes_nothing(site: Site) -> None:
    """After a preview there is no backfill more; with `instances` it names each with what it waits for."""
    before = [each["id"] for each in site.get("/v1/backfills")["items"]]
    plan = site.http.post("/v1/plans?instances=true", json=site.request("extract", "hourly")).json()
    waits = [each["waits_for"] for each in plan["instances"]]
    assert waits == [[], *[[plan["instances"][0]["id"]]] * 24]
    assert [each["id"] for each in site.get("/v1/backfills")["items"]] == before


def test_an_operation_ends(site: Site) -> None:
    """The operation of a submission is found where Location says, and tells when it was completed."""
    answer = site.http.post("/v1/backfills", json=site.request("silent"))
    operation = site.until(answer.headers["Location"], lambda it: it["status"] == "completed")
    assert operation.keys() == {"id", "status", "backfill_id", "completed"}
    assert operation["id"] == answer.json()["id"]
    assert operation["completed"].endswith("Z")


def test_a_failure_and_its_rerun(site: Site) -> None:
    """What failed is told with its last lines; after a rerun it succeeds, and the numbers of attempts go on."""
    backfill = site.submit("picky", "after_picky", gate="later")
    failed = site.stands(backfill, "failed")
    assert (failed["counts"]["failed"], failed["counts"]["waiting"]) == (1, 1)
    (failure,) = site.get(f"/v1/backfills/{backfill}/failures")["items"]
    assert failure["log_tail"] == f"looking for {site.gate('later')}"
    assert (failure["exit_code"], failure["attempt"], failure["instance"]["task"]) == (1, 1, "picky")

    site.gate("later").touch()
    again = site.post(f"/v1/backfills/{backfill}/rerun")
    assert (again["counts"]["failed"], again["done_at"]) == (0, None)
    site.stands(backfill, "succeeded")
    picky = site.get(f"/v1/task_instances/{failure['instance']['id']}")
    assert [(each["number"], each["state"]) for each in picky["attempts"]] == [(1, "failed"), (2, "succeeded")]
    assert site.get(f"/v1/backfills/{backfill}/failures")["items"] == []


def test_a_run_and_an_instance_run_again(site: Site) -> None:
    """A rerun of one date leaves the others failed; a rerun of one instance runs what waits for it too."""
    backfill = site.submit("picky", "after_picky", days=3, gate="third", parallelism=3)
    site.stands(backfill, "failed")
    first, second, _ = site.get(f"/v1/backfills/{backfill}/runs")["items"]
    site.gate("third").touch()
    site.post(f"/v1/runs/{second['id']}/rerun")
    site.until(f"/v1/backfills/{backfill}", lambda it: it["runs"] == {"failed": 2, "succeeded": 1} and it["done_at"])
    site.post(f"/v1/task_instances/{site.instance(backfill, 'picky', first['id'])['id']}/rerun")
    site.until(f"/v1/backfills/{backfill}", lambda it: it["runs"] == {"failed": 1, "succeeded": 2} and it["done_at"])


def test_cancelling_an_instance_a_run_and_all(site: Site) -> None:
    """Each act ends what it names: an instance that waits, a date not admitted yet, and what runs."""
    backfill = site.submit("extract", "hold", "load", "hourly", days=4, gate="never")
    first, second, *_ = site.get(f"/v1/backfills/{backfill}/runs")["items"]
    hold = site.until(
        f"/v1/backfills/{backfill}/task_instances?run={first['id']}&task=hold",
        lambda it: it["items"][0]["state"] == "running",
    )["items"][0]
    load = site.instance(backfill, "load", first["id"])
    after = site.post(f"/v1/task_instances/{load['id']}/cancel")
    assert (after["status"], after["counts"]["cancelled"]) == ("running", 1)
    after = site.post(f"/v1/runs/{second['id']}/cancel")
    assert after["counts"]["cancelled"] == 1 + 27
    assert sum(after["counts"].values()) == after["instances"] == 4 * 27
    site.post(f"/v1/backfills/{backfill}/cancel")
    after = site.stands(backfill, "cancelled")
    assert after["counts"]["cancelled"] + after["counts"]["succeeded"] == after["instances"]
    assert site.get(f"/v1/task_instances/{hold['id']}")["attempts"][0]["state"] == "stopped"


def test_an_idempotency_key(site: Site) -> None:
    """A key sent again is answered with what was accepted then, however it is written; for another request: 409."""
    request, key = site.request("silent"), {"Idempotency-Key": "once-only"}
    first = site.http.post("/v1/backfills", json=request, headers=key)
    turned = dict(reversed(request.items()))
    second = site.http.post("/v1/backfills", json=turned, headers=key)
    assert second.status_code == first.status_code == 202
    assert second.headers["Location"] == first.headers["Location"]
    third = site.http.post("/v1/backfills", json=request | {"name": "other"}, headers=key)
    assert (third.status_code, third.json()["code"]) == (409, "idempotency_key_reused")
    other = site.http.post("/v1/backfills", json=request)
    assert other.json()["backfill_id"] != first.json()["backfill_id"]


def test_what_a_task_handed_back(site: Site) -> None:
    """An attempt shows the task's output as JSON; a number that JSON does not have is null."""
    backfill = site.submit("handed")
    site.stands(backfill, "succeeded")
    (attempt,) = site.get(f"/v1/task_instances/{site.instance(backfill, 'handed')['id']}")["attempts"]
    assert attempt["output"] == {"rows": 3, "share": None}
    assert (len(attempt["id"]), attempt["exit_code"], attempt["reason"]) == (32, 0, "")
    assert attempt["claimed_at"] <= attempt["ended_at"]
