"""Nothing is done twice under one idempotency key, whatever it is and whenever it is sent again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from interfaces.http.site import TOKEN, Site, served

from backfilld.errors import StoreUnavailable
from backfilld.ports import IdempotencyKey, KeptAnswer, UsedKey


def key(word: str | None = None) -> dict[str, str]:
    """The header, with a word that nobody else uses."""
    return {"Idempotency-Key": word or uuid4().hex}


def same(first: httpx.Response, second: httpx.Response) -> bool:
    """Whether both are one answer, but for the word that says which was sent again."""
    assert second.headers.get("idempotent-replayed") == "true"
    return (first.status_code, first.content, first.headers.get("location"), first.headers["content-type"]) == (
        second.status_code,
        second.content,
        second.headers.get("location"),
        second.headers["content-type"],
    )


def test_a_submission_is_answered_as_it_was(site: Site) -> None:
    """Byte for byte, though its operation has gone on since."""
    request, once = site.request("silent"), key()
    first = site.http.post("/v1/backfills", json=request, headers=once)
    site.stands(first.json()["backfill_id"], "succeeded")
    assert same(first, site.http.post("/v1/backfills", json=request, headers=once))


def test_an_act_is_done_once(site: Site) -> None:
    """A rerun that is sent again makes no second attempt, and is answered as the first was."""
    backfill = site.submit("silent")
    site.stands(backfill, "succeeded")
    instance, once = site.instance(backfill, "silent")["id"], key()
    first = site.http.post(f"/v1/task_instances/{instance}/rerun", headers=once)
    assert first.json()["act"]["counts"]["accepted"] == 1
    site.until(f"/v1/task_instances/{instance}", lambda it: it["state"] == "succeeded" and it["attempt"] == 2)
    assert same(first, site.http.post(f"/v1/task_instances/{instance}/rerun", headers=once))
    assert site.get(f"/v1/task_instances/{instance}")["attempt"] == 2


def test_an_amendment_is_done_once(site: Site) -> None:
    """Sent again it is answered as it was, where another of the same words would be one amendment more."""
    backfill = site.submit("silent", days=2)
    site.stands(backfill, "succeeded")
    asked = {"add_dates": [{"start_biz_date": "2024-02-01", "end_biz_date": "2024-02-01"}]}
    once = key()
    first = site.http.patch(f"/v1/backfills/{backfill}", json=asked, headers=once)
    assert first.status_code == 200, first.text
    assert same(first, site.http.patch(f"/v1/backfills/{backfill}", json=asked, headers=once))
    assert len(site.get(f"/v1/backfills/{backfill}")["amendments"]) == 1


def test_a_schedule_fires_once(site: Site) -> None:
    """A firing that is sent again is the same backfill."""
    once = key()
    first = site.http.post("/v1/schedules/nightly/fire", headers=once)
    assert first.status_code == 202, first.text
    assert same(first, site.http.post("/v1/schedules/nightly/fire", headers=once))
    other = site.http.post("/v1/schedules/nightly/fire", headers=key())
    assert other.json()["backfill_id"] != first.json()["backfill_id"]


def test_many_at_once_are_one(site: Site) -> None:
    """Who sends it while it is under way is answered with what that comes to."""
    request, once = site.request("silent"), key()

    def send(_: int) -> httpx.Response:
        return site.http.post("/v1/backfills", json=request, headers=once)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert {answer.content for answer in answers} == {answers[0].content}
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1


@pytest.mark.parametrize("change", ["body", "path", "query", "method"])
def test_a_key_is_for_one_request(site: Site, change: str) -> None:
    """Another body, path, query or method under the same key is refused, and nothing is done."""
    backfill, once = site.submit("picky", gate="never"), key()
    site.stands(backfill, "failed")
    path = f"/v1/backfills/{backfill}/set_priority"
    assert site.http.post(path, json={"priority": 2}, headers=once).status_code == 200
    others: dict[str, tuple[str, str, Any]] = {
        "body": ("POST", path, {"priority": 3}),
        "path": ("POST", f"/v1/backfills/{backfill}/cancel", {"priority": 2}),
        "query": ("POST", f"{path}?a=b", {"priority": 2}),
        "method": ("PATCH", f"/v1/backfills/{backfill}", {"priority": 2}),
    }
    method, other, body = others[change]
    answer = site.http.request(method, other, json=body, headers=once)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert site.get(f"/v1/backfills/{backfill}")["status"] == "failed"


def test_a_key_is_its_caller_s(site: Site) -> None:
    """Somebody else's same word is another key."""
    once, request = key(), site.request("silent")
    mine = site.http.post("/v1/backfills", json=request, headers=once)
    token = site.http.post("/v1/tokens", json={"name": "other", "scope": "run"}).json()["token"]
    theirs = site.http.post("/v1/backfills", json=request, headers={**once, "Authorization": f"Bearer {token}"})
    assert theirs.status_code == 202
    assert theirs.json()["backfill_id"] != mine.json()["backfill_id"]


def test_a_refusal_is_not_kept(site: Site) -> None:
    """Nothing was done, so the same key may ask again, also for something else."""
    once = key()
    assert site.http.post("/v1/backfills", json={"name": "?"}, headers=once).status_code == 422
    assert site.http.post("/v1/backfills", content=b"[[", headers=once).status_code == 400
    assert site.http.post("/v1/backfills", json=site.request("silent"), headers=once).status_code == 202


def test_a_key_that_is_given_twice(site: Site) -> None:
    """Which of two would count nobody could say."""
    answer = site.http.post(
        "/v1/backfills", json=site.request("silent"), headers=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    )
    assert answer.json()["errors"] == [{"path": "header.Idempotency-Key", "given": "2 values", "allowed": "one value"}]


def test_a_secret_is_kept_nowhere(site: Site) -> None:
    """What is answered under a key is kept, so a route that answers a secret takes none."""
    answer = site.http.post("/v1/tokens", json={"name": "ci", "scope": "read"}, headers=key("k"))
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "header.Idempotency-Key")


class Forgetful:
    """Keys of a store that can keep no answers, as if the daemon ended before each."""

    def __init__(self, keys: Any) -> None:
        self._keys = keys

    def used(self, key: IdempotencyKey) -> UsedKey | None:
        found: UsedKey | None = self._keys.used(key)
        return found

    def keep_answer(self, key: IdempotencyKey, answer: KeptAnswer, now: datetime) -> None:
        raise StoreUnavailable("gone")

    def forget_keys(self, before: datetime, most: int) -> datetime | None:
        return None


@pytest.fixture
def forgetful(site: Site) -> Iterator[httpx.Client]:
    """The same daemon behind a door that loses each answer."""
    services: Any = replace(site.services, keys=Forgetful(site.services.keys))
    with served(services) as url:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=url, headers=headers, trust_env=False) as http:
            yield http


def test_a_lost_answer_does_nothing_twice(site: Site, forgetful: httpx.Client) -> None:
    """An act whose answer was lost says that it was done; what was accepted is told again as it stands."""
    backfill = site.submit("silent")
    site.stands(backfill, "succeeded")
    instance, once = site.instance(backfill, "silent")["id"], key()
    path = f"/v1/task_instances/{instance}/rerun"
    assert forgetful.post(path, headers=once).status_code == 200
    again = forgetful.post(path, headers=once)
    assert (again.status_code, again.json()["code"]) == (409, "answer_lost")
    site.until(f"/v1/task_instances/{instance}", lambda it: it["state"] == "succeeded" and it["attempt"] == 2)

    request, once = site.request("silent"), key()
    first = forgetful.post("/v1/backfills", json=request, headers=once)
    again = forgetful.post("/v1/backfills", json=request, headers=once)
    assert (again.status_code, again.json()["backfill_id"]) == (202, first.json()["backfill_id"])
    batch = {"requests": [request, {**request, "instance_id": uuid4().hex}]}
    once = key()
    first = forgetful.post("/v1/backfills/batch", json=batch, headers=once)
    again = forgetful.post("/v1/backfills/batch", json=batch, headers=once)
    assert [it["backfill_id"] for it in again.json()["items"]] == [it["backfill_id"] for it in first.json()["items"]]


def test_every_route_that_changes_something_takes_a_key(site: Site) -> None:
    """The documentation names the header wherever something is changed, and nowhere else."""
    looking = {"/v1/plans", "/v1/forecasts"}
    anew = {("post", "/v1/tokens"), ("post", "/v1/session"), ("delete", "/v1/session")}  # no answer is kept of a secret
    for path, methods in site.get("/openapi.json")["paths"].items():
        for method, operation in methods.items():
            names = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}
            takes = method != "get" and path not in looking and (method, path) not in anew
            assert ("Idempotency-Key" in names) == takes, (method, path)
