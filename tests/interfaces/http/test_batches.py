"""Several requests together, names of one's own, and runs that are handed something."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from interfaces.http.site import Site

BATCH = "/v1/backfills/batch"


def named(site: Site, name: str | None = None, **changes: Any) -> dict[str, Any]:
    """A request under a name that nobody else uses."""
    return site.request("silent") | {"instance_id": name or uuid4().hex} | changes


def faults(answer: Any) -> dict[str, str]:
    """What was given, by path."""
    return {each["path"]: each["given"] for each in answer.json()["errors"]}


def test_a_batch_is_accepted_in_order(site: Site) -> None:
    """Each request has its operation, in their order, and is found by its name."""
    requests = [named(site), site.request("silent"), named(site)]
    answer = site.http.post(BATCH, json={"requests": requests})
    assert answer.status_code == 202, answer.text
    items = answer.json()["items"]
    assert [each["instance_id"] for each in items] == [each.get("instance_id") for each in requests]
    numbers = [each["backfill_id"] for each in items]
    assert numbers == sorted(set(numbers))
    for each in items:
        site.stands(each["backfill_id"], "succeeded")
        operation = site.get(f"/v1/operations/{each['operation']['id']}")
        assert operation["backfill_id"] == each["backfill_id"]
    found = site.get(f"/v1/backfills/by_instance_id/{items[0]['instance_id']}")
    assert (found["id"], found["instance_id"]) == (numbers[0], items[0]["instance_id"])
    assert "instance_id" not in site.get(f"/v1/backfills/{numbers[0]}/request")


def test_every_fault_of_every_request_is_told(site: Site) -> None:
    """And nothing is accepted, not even what is right."""
    newest = site.get("/v1/backfills", limit=1)["items"][0]["id"] if site.get("/v1/backfills")["items"] else None
    wrong = site.request("nobody") | {"env_type": "Test"}
    answer = site.http.post(BATCH, json={"requests": [named(site), wrong, named(site, workflow_id="none")]})
    assert answer.status_code == 422
    assert set(faults(answer)) == {
        "requests[1].default_run_properties.root_task_ids[0]",
        "requests[1].env_type",
        "requests[2].workflow_id",
    }
    after = site.get("/v1/backfills", limit=1)["items"]
    assert newest == (after[0]["id"] if after else None)


def test_names_that_are_none(site: Site) -> None:
    """Letters, digits, - and _; one name once in a batch; no request but mappings."""
    twice = uuid4().hex
    requests: list[Any] = [named(site, "a b"), named(site, "x" * 101), 7, named(site) | {"instance_id": ""}]
    answer = site.http.post(BATCH, json={"requests": requests, "more": 1})
    assert set(faults(answer)) == {
        "more",
        "requests[0].instance_id",
        "requests[1].instance_id",
        "requests[2]",
        "requests[3].instance_id",
    }
    answer = site.http.post(BATCH, json={"requests": [named(site, twice), named(site, twice)]})
    assert faults(answer) == {"requests[1].instance_id": twice}


def test_a_batch_has_its_size(site: Site) -> None:
    """From one request to a hundred."""
    for requests in ([], [{}] * 101, {}, None):
        answer = site.http.post(BATCH, json={"requests": requests})
        assert (answer.status_code, set(faults(answer))) == (422, {"requests"})


def test_requests_of_a_batch_cannot_look_at_each_other(site: Site) -> None:
    """They are judged at once: what would skip or reject what others hold is submitted by itself."""
    answer = site.http.post(BATCH, json={"requests": [named(site, on_conflict="Skip")]})
    assert faults(answer) == {"requests[0].on_conflict": '"Skip"'}


def test_a_name_that_is_taken(site: Site) -> None:
    """It refuses the whole batch with every such name, or is answered with what is there, as was asked."""
    old, new = named(site), named(site)
    first = site.http.post(BATCH, json={"requests": [old]}).json()["items"][0]
    answer = site.http.post(BATCH, json={"requests": [new, old]})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_exists")
    assert faults(answer) == {"requests[1].instance_id": old["instance_id"]}
    assert site.http.get(f"/v1/backfills/by_instance_id/{new['instance_id']}").status_code == 404
    answer = site.http.post(BATCH, json={"requests": [new, old], "if_exists": "return"})
    made, kept = answer.json()["items"]
    assert (kept["backfill_id"], kept["operation"]) == (first["backfill_id"], None)
    assert made["operation"]["backfill_id"] == made["backfill_id"] > kept["backfill_id"]


def test_a_workflow_is_handed_a_payload(site: Site) -> None:
    """It is in the task's file, its scalars set declared parameters, and what the tasks hand back is shown."""
    payload = {"day": 31, "rows": [1, {"a": None}], "other": "x"}
    name = uuid4().hex
    asked = {"payload": payload, "parameters": {"note": "by hand"}, "instance_id": name, "comment": "again"}
    answer = site.http.post("/v1/workflows/on_call/execute", json=asked)
    assert answer.status_code == 202, answer.text
    backfill = answer.json()["backfill_id"]
    shown = site.stands(backfill, "succeeded")
    assert (shown["type"], shown["name"], shown["instance_id"], shown["comment"]) == (
        "TriggerWorkflow",
        "on_call",
        name,
        "again",
    )
    outputs = site.pages(f"/v1/backfills/{backfill}/output", limit=1)
    assert [(each["task"], each["output"]) for each in outputs] == [
        ("handed_on", payload),
        ("told", {"day": "31", "note": "by hand"}),
    ]
    (attempt,) = site.get(f"/v1/task_instances/{outputs[0]['task_instance_id']}")["attempts"]
    assert attempt["output"] == payload
    again = site.http.post("/v1/workflows/71/execute", json=asked)
    assert (again.status_code, faults(again)) == (409, {"instance_id": name})


def test_what_is_wrong_with_an_execution(site: Site) -> None:
    """Each field under the name that it has there; a scheduled workflow is not executed, an unknown one not found."""
    wrong = {"parameters": {"unheard": "of"}, "environment": "Prod", "payload": {}}
    answer = site.http.post("/v1/workflows/71/execute", json=wrong)
    assert set(faults(answer)) == {"parameters.unheard"}
    answer = site.http.post("/v1/workflows/on_call/execute", json={"environment": "Test", "Tasks": [], "tags": 7})
    assert set(faults(answer)) == {"environment", "Tasks", "tags"}
    answer = site.http.post("/v1/workflows/daily/execute", json={})
    assert set(faults(answer)) == {"workflow"}
    for path in ("/v1/workflows/none/execute", "/v1/workflows/1/execute", f"/v1/workflows/{'9' * 40}/execute"):
        assert site.http.post(path, json={}).status_code == 404
    answer = site.http.post("/v1/workflows/on_call/execute", json={"project": "none"})
    assert set(faults(answer)) == {"project"}
