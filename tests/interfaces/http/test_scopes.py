"""What each route asks of a token is written down here, and asked for: nothing is open by oversight."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import httpx
import pytest
from interfaces.http.site import Site
from starlette.routing import Route as PlainRoute

from backfilld.interfaces.http.acts import AIMS
from backfilld.interfaces.http.app import BESIDE, RESOURCES, create_app
from backfilld.interfaces.http.gate import is_open
from backfilld.interfaces.http.routes import Route, Router, Routes
from backfilld.service.access import Scope
from backfilld.service.wishes import ACTS

TABLE = {
    None: """
        GET /healthz
        GET /readyz
        DELETE /v1/session
        POST /v1/session
    """,
    Scope.READ: """
        GET /metrics
        GET /v1/alerts
        GET /v1/backfills
        GET /v1/backfills/by_instance_id/{name}
        GET /v1/backfills/{backfill}
        GET /v1/backfills/{backfill}/amendments
        GET /v1/backfills/{backfill}/explain
        GET /v1/backfills/{backfill}/failures
        GET /v1/backfills/{backfill}/forecast
        GET /v1/backfills/{backfill}/forecast/latest
        GET /v1/backfills/{backfill}/grid
        GET /v1/backfills/{backfill}/output
        GET /v1/backfills/{backfill}/plan
        GET /v1/backfills/{backfill}/request
        GET /v1/backfills/{backfill}/runs
        GET /v1/backfills/{backfill}/task_instances
        GET /v1/backfills/{backfill}/tasks
        GET /v1/backfills/{backfill}/timeline
        GET /v1/backfills/{backfill}/timeline/{day}
        GET /v1/catalog
        GET /v1/ledger
        GET /v1/operations
        GET /v1/operations/{operation}
        GET /v1/overview
        GET /v1/projects
        GET /v1/projects/{project}
        GET /v1/resource_groups
        GET /v1/resource_groups/{name}
        GET /v1/runs
        GET /v1/runs/{run}
        GET /v1/schedules
        GET /v1/schedules/{name}
        GET /v1/schedules/{name}/next
        GET /v1/session
        GET /v1/stream
        GET /v1/task_instances
        GET /v1/task_instances/{instance}
        GET /v1/task_instances/{instance}/attempts
        GET /v1/task_instances/{instance}/attempts/{number}
        GET /v1/task_instances/{instance}/downstream
        GET /v1/task_instances/{instance}/explain
        GET /v1/task_instances/{instance}/log
        GET /v1/task_instances/{instance}/upstream
        GET /v1/tasks
        GET /v1/tasks/{task}
        GET /v1/whoami
        GET /v1/workflows
        GET /v1/workflows/{workflow}
    """,
    Scope.RUN: """
        POST /v1/backfills
        POST /v1/backfills/batch
        POST /v1/forecasts
        POST /v1/plans
        POST /v1/workflows/{workflow}/execute
    """,
    Scope.OPERATE: """
        DELETE /v1/operations/{operation}
        PATCH /v1/backfills/{backfill}
        POST /v1/backfills/{backfill}/acts
        POST /v1/runs/bulk_set_state
        POST /v1/schedules/{name}/fire
        POST /v1/schedules/{name}/pause
        POST /v1/schedules/{name}/resume
        POST /v1/task_instances/bulk_set_state
        POST /v1/task_instances/{instance}/cut
    """,
    Scope.ADMIN: """
        DELETE /v1/tokens/{token}
        GET /v1/audit
        GET /v1/audit/check
        GET /v1/tokens
        GET /v1/tokens/{token}
        POST /v1/alerts/test
        POST /v1/catalog/reload
        POST /v1/tokens
    """,
}
"""Beside the acts by name, which all ask for `operate`."""
UNDOCUMENTED = {"/docs", "/openapi.json"}
Operation = tuple[str, str]
Tokens = Mapping[Scope, str]


def written() -> dict[Operation, Scope | None]:
    """The table's operations, and the acts by name."""
    lines = {(line, scope) for scope, lines in TABLE.items() for line in lines.strip().splitlines()}
    found = {(method, path): scope for line, scope in lines for method, path in [line.split()]}
    acts = {("POST", f"/v1/{aim}/{{number}}/{act}"): Scope.OPERATE for aim in AIMS for act in ACTS}
    return found | acts


def built() -> dict[Operation, Scope | None]:
    """What the routes say of themselves."""
    routes = Routes(each.router for each in (*RESOURCES, *BESIDE)).all
    return {(method, route.path_format): route.scope for route in routes for method in route.methods or ()}


@pytest.fixture(scope="module")
def tokens(site: Site) -> Tokens:
    """A token of each scope."""
    asked = {scope: {"name": scope.word, "scope": scope.word} for scope in Scope}
    return {scope: site.http.post("/v1/tokens", json=body).json()["token"] for scope, body in asked.items()}


@pytest.fixture(scope="module")
def stranger(site: Site) -> Iterator[httpx.Client]:
    """A caller without a token."""
    with httpx.Client(base_url=site.http.base_url, trust_env=False) as client:
        yield client


def answered(client: httpx.Client, operation: Operation, token: str | None) -> httpx.Response:
    """To a request that every route refuses, as it has an unknown query, after it has looked at the caller."""
    method, path = operation
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return client.request(method, re.sub(r"\{\w+\}", "1", path), params={"nonsense": "1"}, headers=headers)


def test_every_route_is_in_the_table() -> None:
    """A new route needs a line above; one that is documented under no router of ours there is none."""
    assert built() == written()


def test_nothing_is_beside_the_routers(site: Site) -> None:
    """What the app serves is what its routers have, documented to the last route, and the documentation itself."""
    paths = site.get("/openapi.json")["paths"]
    assert {(method.upper(), path) for path, of in paths.items() for method in of} == built().keys()
    app = create_app(site.services)
    assert {route.path for route in app.routes if isinstance(route, PlainRoute)} == UNDOCUMENTED


def test_a_route_without_a_scope_cannot_be_made() -> None:
    """Neither a router nor a route by itself is made without saying it."""
    with pytest.raises(TypeError, match="scope"):
        Router(tags=["x"])  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="/x does not say which scope it needs"):
        Route("/x", lambda: None)


def test_no_route_is_open_without_a_token(stranger: httpx.Client) -> None:
    """Each but health answers 401, and says how to show a token."""
    for operation, scope in built().items():
        answer = answered(stranger, operation, None)
        assert (answer.status_code == 401) is (scope is not None), operation
        assert scope is not None or is_open(operation[1], operation[0])
        if scope is not None:
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["code"] == "unauthorized"


def test_each_scope_opens_what_it_is_for(stranger: httpx.Client, tokens: Tokens) -> None:
    """The scope just below is refused with the name of the one that is missing; the right one passes."""
    for operation, needed in built().items():
        if needed is not None:
            assert answered(stranger, operation, tokens[needed]).status_code == 422, operation
        if needed is not None and needed > Scope.READ:
            answer = answered(stranger, operation, tokens[Scope(needed - 1)])
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), operation
            assert f"the scope {needed.word};" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "MOVE"])
@pytest.mark.parametrize(
    "path",
    [
        "/docs",
        "/openapi.json",
        "/index.html",
        "/v1",
        "/v1/backfills",
        "/v1/tokens/1",
        "/v2/x",
        "/healthz/",
        "/healthz//",
    ],
)
def test_every_path_and_method_is_closed(stranger: httpx.Client, method: str, path: str) -> None:
    """Nobody without a token learns what is there and what is not, by whatever method."""
    assert stranger.request(method, path).status_code == 401


def test_what_is_there_for_whoever_reads(stranger: httpx.Client, tokens: Tokens) -> None:
    """Any token opens the documentation; paths and methods that are not there are told as such."""
    asked = {"GET /docs": 200, "GET /openapi.json": 200, "HEAD /docs": 200, "GET /v2/x": 404, "POST /docs": 405}
    asked |= {"HEAD /v1/backfills": 405, "OPTIONS /v1/backfills": 405, "DELETE /v1/backfills": 405, "GET /v1": 404}
    headers = {"Authorization": f"Bearer {tokens[Scope.READ]}"}
    found = {line: stranger.request(*line.split(), headers=headers).status_code for line in asked}
    assert found == asked
