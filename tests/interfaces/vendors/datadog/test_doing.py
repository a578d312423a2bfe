"""Workflows are executed, shown and cancelled; who may not is told so."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from interfaces.http.site import Site, served
from interfaces.vendors.datadog.conftest import keys
from interfaces.vendors.on_call import at, token

from backfilld.interfaces.http.doors.datadog.allowances import Allowances, Exceeded
from backfilld.interfaces.http.doors.datadog.instances import refuse_too_many
from backfilld.interfaces.http.rates import RateLimits
from backfilld.service.executions import Executions

TIMES = "createdAt", "startedAt", "finishedAt"


def executed(datadog: httpx.Client, workflow: str, payload: Any = None) -> str:
    """A new instance."""
    answer = datadog.post(
        f"/workflows/{workflow}/instances", json={} if payload is None else {"meta": {"payload": payload}}
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["id"])


def ended(site: Site, name: str) -> int:
    """The number of an instance that has ended."""
    found = site.until(f"/v1/backfills/by_instance_id/{name}", lambda it: bool(it["done_at"]))
    return int(found["id"])


def test_a_payload_is_handed_on(site: Site, datadog: httpx.Client) -> None:
    """Tasks find it in their file, its scalars in declared parameters; the output is the last task's."""
    name = executed(datadog, "nightly", {"day": "2024-11-20", "n": {"a": [1, True, None, "é"]}})
    assert UUID(name)
    ended(site, name)
    shown = datadog.get(f"/workflows/nightly/instances/{name}").json()["data"]["attributes"]
    assert all(shown[each].endswith("Z") for each in TIMES)
    payload = {"day": "2024-11-20", "n": {"a": [1, True, None, "é"]}}
    wanted = {"id": name, "status": "succeeded", "payload": payload, "output": payload, "error": None}
    assert {key: value for key, value in shown.items() if key not in TIMES} == wanted
    first = site.get(f"/v1/backfills/{ended(site, name)}/output")["items"][0]
    assert first["output"] == "2024-11-20"


def test_instances_are_paged_from_0(datadog: httpx.Client) -> None:
    """The newest first; past the last page there are none, and the total stays."""
    names = [executed(datadog, "nightly load") for _ in range(3)]
    path, pages = "/workflows/nightly load/instances", []
    for number in range(2):
        answer = datadog.get(path, params={"page[size]": 2, "page[number]": number}).json()
        pages += [each["id"] for each in answer["data"]]
    total = answer["meta"]["page"]["totalCount"]
    assert pages[:3] == names[::-1]
    one = datadog.get(path, params={"page[size]": 1, "page[number]": 1}).json()["data"]
    assert [each["id"] for each in one] == [names[1]]
    past = datadog.get(path, params={"page[size]": 100, "page[number]": total}).json()
    assert past == {"data": [], "meta": {"page": {"totalCount": total}}}


def test_a_cancelled_instance_stops(site: Site, datadog: httpx.Client) -> None:
    """It is cancelled, also in the native door; what has ended is not cancelled."""
    name = executed(datadog, "gated", {"gate": str(site.gate("never"))})
    answer = datadog.put(f"/workflows/gated/instances/{name}/cancel")
    assert answer.json() == {"data": {"id": name}}
    ended(site, name)
    assert datadog.get(f"/workflows/gated/instances/{name}").json()["data"]["attributes"]["status"] == "cancelled"
    again = datadog.put(f"/workflows/gated/instances/{name}/cancel")
    assert again.status_code == 400
    assert again.json()["errors"] == [
        "instance_id: given one that has cancelled; allowed: an instance that has not ended"
    ]


def test_a_failed_instance_says_why(site: Site, datadog: httpx.Client) -> None:
    """The first task that failed, in the order of the plan, and its exit code."""
    name = executed(datadog, "broken")
    ended(site, name)
    shown = datadog.get(f"/workflows/broken/instances/{name}").json()["data"]["attributes"]
    assert (shown["status"], shown["error"]) == ("failed", "breaks: exit code 1")


def test_a_workflow_has_its_steps(datadog: httpx.Client) -> None:
    """It is found by its name, its alias, its id and its UUID."""
    assert datadog.get("/workflows/west").json() == datadog.get("/workflows/2005").json()
    shown = datadog.get("/workflows/nightly").json()["data"]
    attributes = shown["attributes"]
    assert (attributes["name"], attributes["tags"], attributes["description"]) == (
        "nightly",
        ["team:ops"],
        "loads a day",
    )
    steps = attributes["spec"]["steps"]
    assert [each["name"] for each in steps] == ["load-1", "load-2"]
    assert steps[0]["outboundEdges"] == [{"branchName": "main", "nextStepName": "load-2"}]
    assert attributes["spec"]["triggers"] == [{"apiTrigger": {}, "startStepNames": ["load-1"]}]
    for ref in ("2001", shown["id"], shown["id"].upper()):
        assert datadog.get(f"/workflows/{ref}").json()["data"]["id"] == shown["id"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"sort": "name", "filter[query]": "NIGHT"}, ["by/night: west", "nightly", "nightly load"]),
        ({"sort": "-name", "limit": 1, "filter[query]": "night"}, ["nightly load"]),
        ({"sort": "name", "limit": 2, "page": 1, "filter[query]": "night"}, ["nightly load"]),
        ({"filter[query]": "team:ops"}, ["nightly"]),
        ({"filter[query]": "team:dev"}, []),
        ({"filter[query]": "ada"}, ["nightly"]),
        ({"filter[triggerIds]": ["monitor", "api"], "filter[query]": "team:ops"}, ["nightly"]),
        ({"filter[triggerIds]": "monitor"}, []),
        ({"sort": "-ownerName,name", "limit": 1}, ["nightly"]),
        ({"sort": "name", "page": 9}, []),
        ({"sort": "-ownerName,name", "limit": 1, "filter[query]": ""}, ["nightly"]),
    ],
)
def test_workflows_that_pass(datadog: httpx.Client, query: dict[str, Any], names: list[str]) -> None:
    """Each filter, order and page has its effect; scheduled workflows are not executed."""
    assert [each["attributes"]["name"] for each in datadog.get("/workflows", params=query).json()["data"]] == names


def test_specs_are_told_where_they_are_asked_for(datadog: httpx.Client) -> None:
    """Else they are null."""
    for asked in (True, False):
        query = {"filter[query]": "team:ops", "filter[includeSpecs]": str(asked).lower()}
        (found,) = datadog.get("/workflows", params=query | {"filter[includeUnpublished]": "true"}).json()["data"]
        assert (found["attributes"]["spec"] is not None) is asked


def test_the_newest_execution_orders_workflows(datadog: httpx.Client) -> None:
    """Those that were never executed come last."""
    for workflow in ("by/night: west", "nightly load"):
        executed(datadog, workflow)
    query = {"filter[query]": "night", "sort": "-lastExecutedAt"}
    names = [each["attributes"]["name"] for each in datadog.get("/workflows", params=query).json()["data"]]
    assert names[:2] == ["nightly load", "by/night: west"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/nowhere/instances", b"{}", 400),
        ("GET", "/nowhere/instances", b"", 400),
        ("GET", "/nightly/instances/none", b"", 404),
        ("PUT", "/nightly/instances/none/cancel", b"", 404),
        ("POST", "/scheduled/instances", b"{}", 400),
        ("POST", "/nightly/instances", b"", 400),
        ("POST", "/nightly/instances", b"[]", 400),
        ("POST", "/nightly/instances", b"{", 400),
        ("POST", "/nightly/instances", b'{"meta": {"payload": 7}}', 400),
        ("POST", "/nightly/instances", b'{"meta": {"tags": []}}', 400),
        ("POST", "/nightly/instances", b'{"payload": {}}', 400),
        ("POST", "/nightly/instances", b'{"meta": {"payload": {"day": "a\\nb"}}}', 400),
        ("GET", "/nightly/instances?page%5Bsize%5D=101", b"", 400),
        ("GET", "/nightly/instances?page%5Bnumber%5D=-1", b"", 400),
        ("GET", "/nightly/instances?page=1", b"", 400),
        ("GET", "?sort=age", b"", 400),
        ("PUT", "/nightly/instances/none/cancel", b"{}", 400),
        ("PATCH", "/nightly", b"{}", 405),
    ],
)
def test_refusals(datadog: httpx.Client, method: str, path: str, body: bytes, status: int) -> None:
    """Errors are a list of texts, under a status whose body all its clients read."""
    answer = datadog.request(method, f"/workflows{path}", content=body)
    assert (answer.status_code, list(answer.json())) == (status, ["errors"])
    assert all(isinstance(each, str) and each for each in answer.json()["errors"])


@pytest.mark.parametrize(("path", "status"), [("nowhere", 404), ("nightly?a=1", 400)])
def test_refusals_of_one_workflow(datadog: httpx.Client, path: str, status: int) -> None:
    """Whoever asks for one workflow is told of errors in the form that its clients read there, and nowhere else."""
    answer = datadog.get(f"/workflows/{path}")
    (found,) = answer.json()["errors"]
    assert (answer.status_code, found["status"]) == (status, str(status))
    assert found["title"]
    assert found["detail"]


def test_faults_stand_where_they_were_sent(datadog: httpx.Client) -> None:
    """A payload's fault is named as the client wrote it."""
    answer = datadog.post("/workflows/nightly/instances", json={"meta": {"payload": {"day": "a\nb"}}})
    assert answer.json()["errors"][0].startswith("meta.payload.day: given")


def test_who_may_what(site: Site) -> None:
    """Reading needs read, executing run; a stranger's instance is cancelled with operate alone. Bad keys: 403."""
    reader, runner, other, operator = (token(site, "datadog", each) for each in ("read", "run", "run", "operate"))
    with at(site, "/api/v2", {}) as bare:
        mine = executed_by(bare, runner, site)
        read = bare.post("/workflows/nightly/instances", json={}, headers=keys(reader))
        assert (read.status_code, read.json()["errors"]) == (
            403,
            ["this needs a token with the scope run; yours has read"],
        )
        assert bare.get("/workflows/nightly", headers=keys(reader)).status_code == 200
        assert bare.put(f"/workflows/gated/instances/{mine}/cancel", headers=keys(other)).status_code == 403
        assert bare.put(f"/workflows/gated/instances/{mine}/cancel", headers=keys(runner)).status_code == 200
        theirs = executed_by(bare, runner, site)
        assert bare.put(f"/workflows/gated/instances/{theirs}/cancel", headers=keys(operator)).status_code == 200
        bearer = {"Authorization": f"Bearer {reader['token']}"}
        assert bare.get("/workflows/nightly", headers=bearer).status_code == 200
        native = {"Authorization": f"Bearer {token(site, 'native')['token']}"}
        bad = [{}, native, keys(reader) | {"DD-API-KEY": operator["id"]}, {"DD-API-KEY": reader["id"]}]
        for headers in bad:
            assert bare.get("/workflows/nightly", headers=headers).status_code == 403


def executed_by(bare: httpx.Client, who: Any, site: Site) -> str:
    """An instance that goes on until it is cancelled."""
    body = {"meta": {"payload": {"gate": str(site.gate("never"))}}}
    return str(bare.post("/workflows/gated/instances", json=body, headers=keys(who)).json()["data"]["id"])


def test_other_projects_are_not_there(site: Site) -> None:
    """Whose token is for one project finds no workflow of another."""
    with at(site, "/api/v2", keys(token(site, "datadog", projects=["shop"]))) as client:
        names = [each["attributes"]["name"] for each in client.get("/workflows").json()["data"]]
        assert names == ["on_call"]
        assert client.get("/workflows/nightly").status_code == 404


async def spent(allowances: Allowances, address: str, times: int) -> Any:
    for _ in range(times):
        last = await allowances.execution(address)
    return last


@pytest.mark.parametrize(("executions", "of_source", "name"), [(2, 9, "executions"), (9, 2, "executions_by_source")])
def test_executions_are_limited(executions: int, of_source: int, name: str) -> None:
    """By all, and by one source; who comes too often is told after how many seconds to ask again."""
    allowances = Allowances(RateLimits(executions=executions, address_executions=of_source))

    async def play() -> Exceeded:
        assert (await spent(allowances, "here", 2)).remaining == 0
        with pytest.raises(Exceeded) as refused:
            await allowances.execution("here")
        return refused.value

    told = asyncio.run(play()).allowance.headers
    assert told["X-RateLimit-Name"] == f"workflow_{name}"
    assert (told["X-RateLimit-Limit"], told["X-RateLimit-Remaining"], told["X-RateLimit-Period"]) == ("2", "0", "60")
    assert 1 <= int(told["X-RateLimit-Reset"]) <= 60


def test_a_limit_of_ours_is_told_as_it_is(site: Site) -> None:
    """No more is left than the door lets in; whoever it keeps out reads by which limit, and for how long."""
    made = token(site, "datadog")
    limits = RateLimits(token=1, guesses=1)
    with served(site.services, limits) as url, httpx.Client(trust_env=False) as client:
        path, mine = f"{url}/api/v2/workflows", keys(made)
        first = client.get(path, headers=mine)
        refused = next(each for each in (client.get(path, headers=mine) for _ in range(200)) if each.status_code == 429)
        guesses = [client.get(path, headers=mine | {"DD-APPLICATION-KEY": "wrong"}) for _ in range(3)]
    assert told(first)[:3] == ["workflow_requests", "60", "60"]
    assert told(refused) == ["requests", "1", "1", "0", "1"]
    assert told(guesses[-1]) == ["requests", "1", "60", "0", "60"]


def told(answer: httpx.Response) -> list[str]:
    """What its headers say of a limit."""
    return [answer.headers[f"X-RateLimit-{name}"] for name in ("Name", "Limit", "Period", "Remaining", "Reset")]


def test_too_many_that_wait(site: Site, datadog: httpx.Client) -> None:
    """Who finds so many waiting comes too early; those that run do not count."""
    flow = next(each for each in site.services.catalogs.current.there.workflows.values() if each.name == "gated")
    services = site.services
    executions = Executions(flow, services.backfills, services.views, services.store)
    refuse_too_many(executions, 1)
    name = executed(datadog, "gated", {"gate": str(site.gate("never"))})
    number = site.until(f"/v1/backfills/by_instance_id/{name}", lambda it: it["status"] == "running")["id"]
    refuse_too_many(executions, 1)
    paused = {"name": "later", "type": "ManualWorkflow", "project_id": 200, "workflow_id": 2003}
    waiting = site.http.post("/v1/backfills", json=paused | {"auto_start_enabled": False}).json()["backfill_id"]
    with pytest.raises(Exceeded):
        refuse_too_many(executions, 1)
    for each in (number, waiting):
        site.http.post(f"/v1/backfills/{each}/cancel")


def test_a_closed_door(site: Site) -> None:
    """Without any token of this kind its paths are not there."""
    taken = [each for each in site.pages("/v1/tokens") if each["kind"] == "cloudflare"]
    assert not taken
    with at(site, "/client/v4", {}) as bare:
        assert bare.get("/accounts/a/workflows").status_code == 404
