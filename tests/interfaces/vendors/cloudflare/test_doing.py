"""Instances through the door and what comes of them; who may not is told so."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from interfaces.http.site import Site
from interfaces.vendors.cloudflare.conftest import ACCOUNT
from interfaces.vendors.on_call import at, token

ROOT = f"/client/v4/accounts/{ACCOUNT}"
RESERVED = "cf_" + "0" * 64


def made(cloudflare: httpx.Client, workflow: str, **fields: Any) -> str:
    """A new instance."""
    answer = cloudflare.post(f"/workflows/{workflow}/instances", json=fields)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["result"]["id"])


def stands(site: Site, name: str, status: str) -> int:
    """Its number, once it stands so in our own door."""
    found = site.until(
        f"/v1/backfills/by_instance_id/{name}?project=200",
        lambda it: it["status"] == status and (it["done_at"] is not None or status in ("running", "paused")),
    )
    return int(found["id"])


def pointers(answer: httpx.Response) -> list[str]:
    """Where its faults stand."""
    return [each["source"]["pointer"] for each in answer.json()["errors"]]


def test_what_is_sent_with_an_instance(site: Site, cloudflare: httpx.Client) -> None:
    """Text that is JSON and the value itself are the same payload; retention and group are those of the request."""
    kept = {"success_retention": "5 minutes", "error_retention": 60_000}
    for params in ('{"day": "1"}', {"day": "1"}):
        name = made(
            cloudflare, "nightly", params=params, instance_retention=kept, location_hint="default", instance_id=_id()
        )
        number = stands(site, name, "succeeded")
        asked = site.get(f"/v1/backfills/{number}/request")
        assert asked["payload"] == {"day": "1"}
        assert asked["instance_retention"] == {"success_retention": 300_000, "error_retention": 60_000}
        assert asked["default_run_properties"]["runtime_resource"] == "default"
        assert asked["type"] == "TriggerWorkflow"


def test_a_batch_is_made_whole_or_not_at_all(cloudflare: httpx.Client) -> None:
    """Every fault of every item is told where it was sent, and nothing of the batch is there."""
    name = _id()
    wrong: list[Any] = [
        {"instance_id": name},
        {"instance_id": RESERVED, "foo": 1},
        {"instance_retention": {"success_retention": "soon", "other": 1}},
        7,
    ]
    answer = cloudflare.post("/workflows/nightly/instances/batch", json=wrong)
    assert answer.status_code == 400
    retention = {"/2/instance_retention/other", "/2/instance_retention/success_retention"}
    assert set(pointers(answer)) == {"/1/foo", "/1/instance_id", "/3"} | retention
    refused = [{"instance_id": name}, {"location_hint": "moon"}, {"params": {"day": "a\nb"}}]
    answer = cloudflare.post("/workflows/nightly/instances/batch", json=refused)
    assert (answer.status_code, set(pointers(answer))) == (400, {"/1/location_hint", "/2/params/day"})
    twice = [{"instance_id": name}, {"instance_id": name}]
    answer = cloudflare.post("/workflows/nightly/instances/batch", json=twice)
    assert (answer.status_code, pointers(answer)) == (400, ["/1/instance_id"])
    assert cloudflare.get(f"/workflows/nightly/instances/{name}").status_code == 404


def test_a_lost_answer_is_given_again(cloudflare: httpx.Client) -> None:
    """What a client sends again by itself is made once; another instance of that name is refused all the same."""
    name, again = _id(), {"x-stainless-retry-count": "1"}
    one = {"instance_id": name, "params": {"day": "1"}, "instance_retention": {"error_retention": "1 day"}}
    path = "/workflows/nightly/instances"
    answers = [cloudflare.post(path, json=one, headers=again).json()["result"] for _ in range(2)]
    assert answers[0] == answers[1]
    batch = cloudflare.post(f"{path}/batch", json=[one], headers=again)
    assert [each["id"] for each in batch.json()["result"]] == [name]
    for other in (one | {"params": {"day": "2"}}, one | {"location_hint": "default"}, {"instance_id": name}):
        assert cloudflare.post(path, json=other, headers=again).status_code == 400
    assert cloudflare.post(path, json=one, headers={"x-stainless-retry-count": "0"}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/workflows/nowhere/instances", b"{}", 404),
        ("POST", "/workflows/scheduled/instances", b"{}", 404),
        ("POST", "/workflows/nightly/instances", b"{", 400),
        ("POST", "/workflows/nightly/instances", b"[]", 400),
        ("POST", "/workflows/nightly/instances?dry=1", b"{}", 400),
        ("POST", "/workflows/nightly/instances/batch", b"{}", 400),
        ("GET", "/workflows/nightly/instances?status=done", b"", 400),
        ("GET", "/workflows/nightly/instances?per_page=101", b"", 400),
        ("GET", "/workflows/nightly/instances?page=0", b"", 400),
        ("GET", "/workflows/nightly/instances?date_start=today", b"", 400),
        ("GET", "/workflows/nightly/instances?direction=up", b"", 400),
        ("GET", "/workflows/nightly/instances/none", b"", 404),
        ("GET", "/workflows/nightly/instances/none/step?name=a", b"", 400),
        ("PATCH", "/workflows/nightly/instances/none/status", b'{"status": "pause"}', 404),
        ("PATCH", "/workflows/nightly/instances/none/status", b'{"status": "stop"}', 400),
        ("PATCH", "/workflows/nightly/instances/none/status", b'{"status": "terminate", "rollback": true}', 400),
        ("PATCH", "/workflows/nightly/instances/none/status", b'{"status": "pause", "from": {"name": "a"}}', 400),
        ("PATCH", "/workflows/nightly/instances/none/status", b'{"status": "restart", "from": {"count": 2}}', 400),
        ("PATCH", "/workflows/nightly/instances/none/status", b'{"status": "restart", "from": {"type": "sleep"}}', 400),
        ("GET", "/rules/lists/bulk_operations/4da8780eeb215e6cb7f48dd981c4ea02", b"", 404),
        ("DELETE", "/workflows/nightly", b"", 405),
        ("GET", "/workers", b"", 404),
    ],
)
def test_refusals(cloudflare: httpx.Client, method: str, path: str, body: bytes, status: int) -> None:
    """Errors have the envelope and integer codes, and no status that is sent again by its clients."""
    answer = cloudflare.request(method, path, content=body)
    told = answer.json()
    assert (answer.status_code, told["success"], told["result"]) == (status, False, None)
    assert all(each["code"] == 10_000 + status for each in told["errors"])
    assert told["errors"]


def test_events_stay_with_their_instance(site: Site, cloudflare: httpx.Client) -> None:
    """One that was sent is shown as a step, whole where that is asked for; what has ended takes none."""
    name = made(cloudflare, "gated", instance_id=_id(), params={"gate": str(site.gate("events"))})
    stands(site, name, "running")
    path = f"/workflows/gated/instances/{name}"
    answer = cloudflare.post(f"{path}/events/approved", json={"by": "me"})
    assert answer.json()["result"]["instanceId"] == name
    events = [each for each in cloudflare.get(path).json()["result"]["steps"] if each["type"] == "waitForEvent"]
    assert [(each["name"], each["finished"], each["output"]) for each in events] == [("approved", True, '{"by": "me"}')]
    step = cloudflare.get(f"{path}/step", params={"name": "approved", "type": "waitForEvent"}).json()["result"]
    assert (step["event_type"], step["output"]) == ("approved", {"by": "me"})
    assert cloudflare.get(f"{path}/step?name=denied&type=waitForEvent").status_code == 404
    for attempt, status in ((1, 200), (2, 400)):
        query = {"name": "approved", "type": "waitForEvent", "attempt": attempt}
        assert cloudflare.get(f"{path}/step", params=query).status_code == status
    site.gate("events").touch()
    stands(site, name, "succeeded")
    assert cloudflare.post(f"{path}/events/approved", json={}).status_code == 400


def test_a_failed_instance_says_why(site: Site, cloudflare: httpx.Client) -> None:
    """It is errored, by the first task that failed; restarted from there, what came before is not done again."""
    gate = site.gate(_id())
    name = made(cloudflare, "broken", instance_id=_id(), params={"gate": str(gate)})
    stands(site, name, "failed")
    path = f"/workflows/broken/instances/{name}"
    for status, found in (("errored", True), ("terminated", False), ("running", False)):
        listed = cloudflare.get("/workflows/broken/instances", params={"status": status}).json()["result"]
        assert (name in [each["id"] for each in listed]) is found
    shown = cloudflare.get(path).json()["result"]
    told = shown["status"], shown["success"], shown["error"]
    assert told == ("errored", False, {"name": "breaks", "message": "exit code 1"})
    step = cloudflare.get(f"{path}/step?name=breaks&type=step&attempt=1").json()["result"]
    assert (step["status"], step["error"]["message"]) == ("errored", "exit code 1")
    assert cloudflare.get(f"{path}/step?name=breaks&type=step&attempt=2").status_code == 404
    gate.touch()
    assert cloudflare.patch(f"{path}/status", json={"status": "restart", "from": {"name": "nobody"}}).status_code == 404
    assert cloudflare.patch(f"{path}/status", json={"status": "restart", "from": {"name": "breaks"}}).status_code == 200
    stands(site, name, "succeeded")
    steps = cloudflare.get(path).json()["result"]["steps"]
    assert {each["name"]: len(each["attempts"]) for each in steps} == {"fine": 1, "breaks": 2}


def test_a_restart_begins_with_a_step(site: Site, cloudflare: httpx.Client) -> None:
    """What follows the step is done again, too, and what came before is not."""
    gate = site.gate(_id())
    gate.touch()
    name = made(cloudflare, "chain", instance_id=_id(), params={"gate": str(gate)})
    stands(site, name, "succeeded")
    path = f"/workflows/chain/instances/{name}"
    assert cloudflare.patch(f"{path}/status", json={"status": "restart", "from": {"name": "two"}}).status_code == 200

    def attempts() -> list[int]:
        return [len(each["attempts"]) for each in cloudflare.get(path).json()["result"]["steps"]]

    stands(site, name, "succeeded")
    assert attempts() == [1, 2, 2]


def test_a_paused_instance_is_restarted(site: Site, cloudflare: httpx.Client) -> None:
    """Who restarts what is paused wants it to run; one that runs is stopped first."""
    gate = site.gate(_id())
    name = made(cloudflare, "gated", instance_id=_id(), params={"gate": str(gate)})
    instances = f"/v1/backfills/{stands(site, name, 'running')}/task_instances?task=gate"
    site.until(instances, lambda it: it["items"][0]["state"] == "running")
    path = f"/workflows/gated/instances/{name}"
    assert cloudflare.patch(f"{path}/status", json={"status": "pause"}).json()["result"]["status"] == "waitingForPause"
    assert cloudflare.patch(f"{path}/status", json={"status": "restart"}).status_code == 200
    gate.touch()
    stands(site, name, "succeeded")
    steps = cloudflare.get(path).json()["result"]["steps"]
    assert next(each for each in steps if each["name"] == "gate")["attempts"][0]["success"] is False


def test_lists_are_paged_by_numbers_and_cursors(site: Site, cloudflare: httpx.Client) -> None:
    """From a cursor on pages count anew; past the last one there is nothing; moments have both ends in."""
    names = [made(cloudflare, "by%2Fnight:%20west", instance_id=_id()) for _ in range(3)]
    for name in names:
        stands(site, name, "succeeded")
    path = "/workflows/by%2Fnight:%20west/instances"

    def page(**query: Any) -> tuple[list[str], Any]:
        told = cloudflare.get(path, params=query).json()
        return [each["id"] for each in told["result"]], told["result_info"]

    found, info = page(per_page=2, direction="asc")
    assert (found, info["total_count"], info["count"]) == (names[:2], 3, 2)
    assert page(per_page=2, direction="asc", cursor=info["cursor"])[0] == names[2:]
    assert page(per_page=1, direction="asc", cursor=info["cursor"], page=2)[0] == []
    assert page(per_page=1, page=2)[0] == [names[1]]
    made_at = [each["created_on"] for each in cloudflare.get(path, params={"direction": "asc"}).json()["result"]]
    assert page(date_start=made_at[1], date_end=made_at[1])[0] == names[1:2]
    assert len(page(date_start="0001-01-01T00:00:00", date_end="9999-12-31T23:59:59.999999Z")[0]) == 3
    assert cloudflare.get(path, params={"date_end": "9999-12-31T23:59:59-14:00"}).status_code == 400
    assert page(status="errored")[0] == []
    assert set(page(status="complete")[0]) == set(names)
    workflow = cloudflare.get("/workflows/by%2Fnight:%20west").json()["result"]
    assert workflow == cloudflare.get("/workflows/west").json()["result"]
    assert (workflow["name"], workflow["class_name"]) == ("west", "by/night: west")
    assert (workflow["instances"]["complete"], workflow["instances"]["queued"]) == (3, 0)


def test_who_may_what(site: Site) -> None:
    """Reading needs read, making run, acting operate; another account is no caller's; no or bad credentials: 401."""
    read, run, operate = (token(site, "cloudflare", each)["token"] for each in ("read", "run", "operate"))
    other = token(site, "cloudflare", projects=["shop"])["token"]
    pair = token(site, "cloudflare", name="ada@example.test")["token"]
    with at(site, ROOT, {}) as bare:

        def status(method: str, path: str, **headers: str) -> int:
            return bare.request(method, path, json={"status": "pause"}, headers=headers).status_code

        def bearer(text: str) -> dict[str, str]:
            return {"Authorization": f"Bearer {text}"}

        assert bare.get("/workflows/nightly", headers=bearer(read)).status_code == 200
        assert bare.post("/workflows/nightly/instances", json={}, headers=bearer(read)).status_code == 403
        assert bare.post("/workflows/nightly/instances", json={}, headers=bearer(run)).status_code == 200
        assert status("PATCH", "/workflows/nightly/instances/none/status", **bearer(run)) == 403
        assert status("PATCH", "/workflows/nightly/instances/none/status", **bearer(operate)) == 404
        assert bare.get("/workflows/nightly", headers=bearer(other)).status_code == 403
        good: list[dict[str, str]] = [
            {"X-Auth-Email": "ada@example.test", "X-Auth-Key": pair},
            {"X-Auth-Email": "ada@example.test", "X-Auth-Key": "wrong", **bearer(read)},
            {"X-Auth-User-Service-Key": read},
        ]
        bad: list[dict[str, str]] = [
            {},
            bearer("cf-token-1"),
            bearer(token(site, "datadog")["token"]),
            {"X-Auth-Email": "eve@example.test", "X-Auth-Key": pair},
            {"X-Auth-Key": pair},
        ]
        for headers in good:
            assert bare.get("/workflows/nightly", headers=headers).status_code == 200, headers
        for headers in bad:
            assert bare.get("/workflows/nightly", headers=headers).status_code == 401, headers


def test_a_project_without_an_account_of_the_settings(site: Site) -> None:
    """Its account is its id, with zeros before it."""
    shown = {"Authorization": f"Bearer {token(site, 'cloudflare')['token']}"}
    with at(site, "/client/v4", shown) as client:
        (found,) = client.get(f"/accounts/{7:032}/workflows").json()["result"]
    assert (found["name"], found["script_name"]) == ("on_call", "shop")


def _id() -> str:
    return uuid4().hex
