"""Every error is a problem with a stable code, and tells nothing that is not the caller's business."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from interfaces.http.site import TOKEN, Site, served

from backfilld.errors import DependencyLoop, IllegalTransition, ProductError, StoreConflict, StoreUnavailable
from backfilld.interfaces.http.problems import STATUS
from backfilld.service.backfills import Backfills
from backfilld.service.ticker import Ticker

NOT_OF_CALLERS = {"error", "invalid_settings", "illegal_transition", "unsealable"}
BEHIND_THE_DOOR = ("backfilld.errors", "backfilld.service.", "backfilld.interfaces.http.")


def check(answer: httpx.Response, status: int, code: str) -> Any:
    """The problem, after a look at its form."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "code", "errors"} <= problem.keys()
    assert problem.pop("request_id") == answer.headers["x-request-id"]
    assert (problem["status"], problem["code"]) == (status, code)
    assert all(fault.keys() == {"path", "given", "allowed"} for fault in problem["errors"])
    return problem


def kinds(kind: type[ProductError]) -> Iterator[type[ProductError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from kinds(each)


def test_every_code_has_a_status() -> None:
    """Each error raised on purpose is the caller's, with a status, or is named as none of theirs."""
    codes = {kind.code for kind in kinds(ProductError) if kind.__module__.startswith(BEHIND_THE_DOOR)}
    assert codes - STATUS.keys() == NOT_OF_CALLERS


def test_every_fault_of_a_request_at_once(site: Site) -> None:
    """An invalid request is refused with the path, the given and the allowed of each fault."""
    request = site.request("extract") | {"type": "Other", "unknown": 1, "first": 0}
    problem = check(site.http.post("/v1/plans", json=request), 422, "invalid_request")
    assert {"type", "unknown", "first"} <= {fault["path"] for fault in problem["errors"]}
    assert check(site.http.post("/v1/backfills", json=request), 422, "invalid_request") == problem


def test_a_plan_that_cannot_be(site: Site) -> None:
    """What planning refuses keeps its own code."""
    chain = site.request() | {"default_run_properties": {"mode": "Chain", "include_task_ids": ["load", "extract"]}}
    assert "reversed?" in check(site.http.post("/v1/plans", json=chain), 422, "no_chain")["detail"]
    general = site.request("hold") | {
        "default_run_properties": {"mode": "General", "root_task_ids": ["hold"], "include_task_ids": ["picky"]}
    }
    check(site.http.post("/v1/plans", json=general), 422, "not_downstream")
    check(site.http.post("/v1/plans", json=site.request("often", days=9000)), 422, "plan_too_large")
    check(site.http.post("/v1/plans?instances=true", json=site.request("often", days=5000)), 422, "plan_too_large")


def test_a_plan_with_errors(site: Site) -> None:
    """A preview shows errors in the plan as findings; a submission is refused for them."""
    request = site.request("extract") | {
        "periods": {
            "biz_dates": [{"start_biz_date": "2024-01-01", "end_biz_date": "2024-01-01"}],
            "start_time": "12:00:00",
            "end_time": "13:00:00",
        }
    }
    findings = site.http.post("/v1/plans", json=request).json()["findings"]
    assert "error" in {finding["severity"] for finding in findings}
    check(site.http.post("/v1/backfills", json=request), 422, "plan_refused")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/backfills/999999",
        "/v1/backfills/999999/runs",
        "/v1/backfills/999999/task_instances",
        "/v1/backfills/999999/failures",
        "/v1/task_instances/999999",
        "/v1/task_instances/9223372036854775807",
        "/v1/task_instances/999999/log",
        "/v1/operations/00000000-0000-0000-0000-000000000000",
        "/v1/nothing",
        "/v1/backfills/",
    ],
)
def test_what_is_not_there(site: Site, path: str) -> None:
    """No such thing: 404."""
    check(site.http.get(path), 404, "not_found")


@pytest.mark.parametrize("act", ["cancel", "rerun", "hold", "release"])
@pytest.mark.parametrize("what", ["backfills", "runs", "task_instances"])
def test_acts_on_what_is_not_there(site: Site, what: str, act: str) -> None:
    """No such thing to act on: 404."""
    check(site.http.post(f"/v1/{what}/999999/{act}"), 404, "not_found")


def test_an_ordinal_that_no_date_has(site: Site) -> None:
    """Within a run that is there, an instance past its last is not found, with rows or without."""
    backfill = site.submit("silent")
    site.stands(backfill, "succeeded")
    past = site.instance(backfill, "silent")["id"] + 1
    check(site.http.get(f"/v1/task_instances/{past}"), 404, "not_found")
    check(site.http.post(f"/v1/task_instances/{past}/cancel"), 404, "not_found")


def test_another_method(site: Site) -> None:
    """A path that is there, asked with a method that is not: 405 with those that are."""
    for path, methods in (
        ("/v1/backfills", {"GET", "POST"}),
        ("/v1/backfills/1", {"GET", "PATCH"}),
        ("/v1/workflows/a/b/execute", {"POST"}),
        ("/healthz", {"GET"}),
        ("/docs", {"GET", "HEAD"}),
    ):
        answer = site.http.put(path)
        check(answer, 405, "method_not_allowed")
        assert set(answer.headers["allow"].split(", ")) == methods


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{} {}", b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a": 1e999}', b"name: trial", b"\xff", b"[" * 10_000],
)
def test_what_is_not_json(site: Site, body: bytes) -> None:
    """Not JSON to the letter, or a key twice: 400, with the place."""
    problem = check(site.http.post("/v1/backfills", content=body), 400, "invalid_json")
    assert problem["errors"]


@pytest.mark.parametrize("value", [None, [], 3, "text"])
def test_json_that_is_no_request(site: Site, value: object) -> None:
    """JSON of another kind is an invalid request."""
    check(site.http.post("/v1/plans", content=json.dumps(value)), 422, "invalid_request")


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/v1/backfills?limit=0", "query.limit"),
        ("/v1/backfills?limit=1001", "query.limit"),
        ("/v1/backfills?after=x", "query.after"),
        ("/v1/backfills?after=99999999999999999999", "query.after"),
        ("/v1/backfills?limit=1&limit=2", "query.limit"),
        ("/v1/backfills?status=failed", "query.status"),
        ("/v1/backfills/one", "path.backfill"),
        ("/v1/backfills/99999999999999999999", "path.backfill"),
        ("/v1/operations/1", "path.operation"),
    ],
)
def test_parameters(site: Site, path: str, fault: str) -> None:
    """A parameter that is wrong or unknown is refused by its name."""
    problem = check(site.http.get(path), 422, "invalid_request")
    assert [each["path"] for each in problem["errors"]] == [fault]


def test_filters_that_mean_nothing(site: Site) -> None:
    """A state that is none and a task that the backfill does not have are refused."""
    backfill = site.submit("silent")
    path = f"/v1/backfills/{backfill}/task_instances"
    check(site.http.get(path, params={"state": "done"}), 422, "invalid_request")
    problem = check(site.http.get(path, params={"task": ["silent", "load", "x"]}), 422, "invalid_request")
    assert [fault["given"] for fault in problem["errors"]] == ["load", "x"]


def test_no_route_ignores_a_query(site: Site) -> None:
    """Each documented path refuses a query parameter that it does not know."""
    for path, methods in site.get("/openapi.json")["paths"].items():
        for method in methods:
            asked = path.replace("{operation}", "00000000-0000-0000-0000-000000000000")
            asked = (
                asked.replace("{backfill}", "1")
                .replace("{run}", "1")
                .replace("{instance}", "1")
                .replace("{number}", "1")
            )
            answer = site.http.request(method, f"{asked}?nonsense=1", content=b"{}" if method == "post" else None)
            problem = check(answer, 422, "invalid_request")
            assert "query.nonsense" in [fault["path"] for fault in problem["errors"]]


def test_options_of_an_act(site: Site) -> None:
    """An act takes no body but an object with its own options: what it does not know is refused, not passed over."""
    backfill = site.submit("silent")
    site.stands(backfill, "succeeded")
    rerun = f"/v1/backfills/{backfill}/rerun"
    check(site.http.post(rerun, json={"newest": True}), 422, "invalid_request")
    check(site.http.post(rerun, content=b"{"), 400, "invalid_json")
    assert site.http.post(rerun, json={}).status_code == 200


@pytest.mark.parametrize("key", ["", "two words", "x" * 256])
def test_an_idempotency_key_that_is_none(site: Site, key: str) -> None:
    """A key is a word of at most 255 printable characters."""
    answer = site.http.post("/v1/backfills", json=site.request("silent"), headers={"Idempotency-Key": key})
    check(answer, 422, "invalid_request")


@pytest.mark.parametrize(
    "head",
    ["Content-Length: 2097153\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n200001\r\n" + "x" * 0x200001 + "\r\n"],
)
def test_a_body_that_is_too_large(site: Site, head: str) -> None:
    """Past 2 MB the answer comes at once: nobody waits for the rest, and nobody holds it."""
    url = site.http.base_url
    with socket.create_connection((url.host, url.port or 0), timeout=10) as sock:
        start = f"POST /v1/backfills HTTP/1.1\r\nHost: {url.host}\r\nAuthorization: Bearer {TOKEN}\r\n"
        sock.sendall((start + head).encode())
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"code": "body_too_large"' in answer


def test_a_body_of_just_the_limit(site: Site) -> None:
    """2 MB are read and judged."""
    body = b"{}" + b" " * (2**21 - 2)
    check(site.http.post("/v1/plans", content=body), 422, "invalid_request")


class Failing(Backfills):
    """Backfills that come to grief."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def preview(self, document: object) -> Any:
        raise self._error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DependencyLoop(["a", "b", "a"]), 422),
        (StoreConflict("another daemon holds the store"), 409),
        (StoreUnavailable("the store is locked"), 503),
    ],
)
def test_errors_from_within(site: Site, error: ProductError, status: int) -> None:
    """What the core raises on purpose keeps its code and its sentence."""
    with served(replace(site.services, backfills=Failing(error))) as url:
        answer = httpx.post(f"{url}/v1/plans", json={}, headers=site.http.headers, trust_env=False)
    assert check(answer, status, error.code)["detail"] == str(error)
    assert ("retry-after" in answer.headers) == (status == 503)


@pytest.mark.parametrize(
    "error", [OSError("/var/lib/secret"), IllegalTransition("READY", "LOST"), KeyError("SELECT 1")]
)
def test_an_error_of_ours(site: Site, error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected error is logged with an id; the caller is told that id and nothing else."""
    with served(replace(site.services, backfills=Failing(error))) as url:
        answer = httpx.post(f"{url}/v1/plans", json={}, headers=site.http.headers, trust_env=False)
    check(answer, 500, "internal_error")
    (record,) = [each for each in caplog.records if answer.headers["x-request-id"] in each.getMessage()]
    assert record.exc_info
    assert not any(word in answer.text for word in ("secret", "SELECT", "READY", "Traceback", ".py"))


def test_health_and_readiness(site: Site) -> None:
    """Alive while it answers; ready unless the store takes nothing, then with the reason."""
    assert site.get("/healthz") == {"status": "alive"}
    assert site.get("/readyz") == {"status": "ready"}
    old = site.services.ticker
    troubled = Ticker(old.engine, old.store, old.executor, old.clock, old._timers, 0)
    troubled.trouble = "the store does not answer: OperationalError"
    with served(replace(site.services, ticker=troubled)) as url:
        assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
        problem = check(httpx.get(f"{url}/readyz", trust_env=False), 503, "not_ready")
    assert problem["detail"] == troubled.trouble
