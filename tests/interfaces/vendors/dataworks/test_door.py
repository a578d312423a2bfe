"""Who is let in at the DataWorks door, and what everybody else is told."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from hmac import digest
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from interfaces.http.site import Site, open_site
from interfaces.vendors.dataworks.calling import DataWorksCaller, request
from interfaces.vendors.dataworks.conftest import WIRE, caller_at
from interfaces.vendors.dataworks.signing import signed_headers

from backfilld.errors import Expired, MaybeDone, ProductError, StoreUnavailable
from backfilld.interfaces.http.app import create_app
from backfilld.interfaces.http.doors.dataworks.door import ACTIONS
from backfilld.interfaces.http.doors.dataworks.nonces import Nonces
from backfilld.interfaces.http.problems import STATUS
from backfilld.interfaces.http.rates import RateLimits
from backfilld.interfaces.vendors.dataworks.refusals import Refusal, refusal_of
from backfilld.interfaces.vendors.dataworks.signature import Message, legacy_text


def said(answer: httpx.Response) -> tuple[int, str]:
    """Status and code; every error has what its clients read."""
    told = answer.json()
    assert set(told) == {"RequestId", "Code", "Message", "HostId", "Recommend"}
    assert all(isinstance(value, str) for value in told.values())
    assert told["RequestId"] == answer.headers["X-Request-Id"].upper()
    return answer.status_code, told["Code"]


@pytest.fixture
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A daemon that nobody has an access key of."""
    with open_site(tmp_path_factory.mktemp("alone"), WIRE) as opened:
        yield opened


def test_shut_until_somebody_has_a_key(alone: Site) -> None:
    """Without a good token of its kind the door is not there; it opens with the first and shuts with the last."""
    nobody = DataWorksCaller(alone, "key", b"secret")
    assert nobody.send("ListWorkflows", {"ProjectId": 100}).status_code == 404
    assert "shut" in nobody.last.json()["detail"]
    somebody = caller_at(alone, "read")
    assert said(nobody.send("ListWorkflows", {"ProjectId": 100})) == (404, "InvalidAccessKeyId.NotFound")
    somebody.call("ListWorkflows", ProjectId=100)
    assert alone.http.delete(f"/v1/tokens/{somebody.key}").status_code == 200
    assert somebody.send("ListWorkflows", {"ProjectId": 100}).status_code == 404


def test_another_path_is_not_its(dataworks: DataWorksCaller) -> None:
    """Only what names an operation at `/` goes through this door: our own answers as ever."""
    headers = signed_headers(dataworks.key, dataworks.secret, "ListWorkflows", "GET", "", b"")
    http = dataworks.site.http
    assert http.get("/v1/projects", headers={"x-acs-action": "ListWorkflows"}).status_code == 200
    assert http.get("/v1/projects", headers=headers).status_code == 401
    assert http.post("/").json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"key": "nobody"}, 404, "InvalidAccessKeyId.NotFound"),
        ({"secret": b"wrong"}, 400, "SignatureDoesNotMatch"),
        ({"at": timedelta(minutes=16)}, 400, "InvalidTimeStamp.Expired"),
        ({"at": -timedelta(minutes=16)}, 400, "InvalidTimeStamp.Expired"),
        ({"action": "DropEverything"}, 404, "InvalidAction.NotFound"),
        ({"x_acs_version": "2020-05-18"}, 400, "NoSuchVersion"),
        ({"x_acs_security_token": "sts"}, 400, "InvalidSecurityToken.NotSupported"),
    ],
)
def test_who_is_not_let_in(dataworks: DataWorksCaller, change: dict[str, Any], status: int, code: str) -> None:
    """Each way not to be somebody who asks for something has its status and its code."""
    key, secret = change.pop("key", dataworks.key), change.pop("secret", dataworks.secret)
    at = datetime.now(UTC) + change.pop("at", timedelta())
    somebody, action = DataWorksCaller(dataworks.site, key, secret), change.pop("action", "ListWorkflows")
    assert said(somebody.send(action, {"ProjectId": 100}, at=at, **change)) == (status, code)


def test_a_nonce_is_good_once(dataworks: DataWorksCaller) -> None:
    """A request that is sent again, though signed well, is not done again."""
    first = dataworks.send("CreateWorkflowInstances", request(1237), nonce="0123")
    assert first.status_code == 200
    assert said(dataworks.send("CreateWorkflowInstances", request(1237), nonce="0123")) == (400, "SignatureNonceUsed")
    assert said(dataworks.send("ListWorkflows", {"ProjectId": 100}, nonce="0123")) == (400, "SignatureNonceUsed")


def test_a_nonce_is_known_after_a_restart(site: Site) -> None:
    """What was changed under a nonce is not changed again by who sends it to the next daemon; other words are free."""
    now = datetime.now(UTC)
    store = site.services.keys
    Nonces(store).take("somebody", "n1", now, lasting=True)
    Nonces(store).take("somebody", "n2", now, lasting=False)
    later = Nonces(store)
    with pytest.raises(Refusal, match="answered before"):
        later.take("somebody", "n1", now, lasting=True)
    later.take("somebody", "n2", now, lasting=True)
    later.take("another", "n1", now, lasting=True)


def test_nonces_are_forgotten_with_their_time(site: Site) -> None:
    """A nonce takes room only while a request with it could be good."""
    nonces, now = Nonces(site.services.keys), datetime.now(UTC)
    nonces.take("who", "n", now, lasting=False)
    with pytest.raises(Refusal):
        nonces.take("who", "n", now + timedelta(minutes=30), lasting=False)
    nonces.take("who", "n", now + timedelta(minutes=31), lasting=False)


def test_the_older_form(dataworks: DataWorksCaller) -> None:
    """A request that is signed in its query is answered too, once, and not under another secret."""
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = {"Action": "ListWorkflows", "Version": "2024-05-18", "Format": "json", "Timestamp": when}
    query |= {"SignatureNonce": uuid4().hex, "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0"}
    query["AccessKeyId"], body = dataworks.key, urlencode({"ProjectId": 100, "Name": "night ly*~"}).encode()
    signed = b64encode(digest(dataworks.secret + b"&", _text(query, body), sha1)).decode()
    headers = {"content-type": "application/x-www-form-urlencoded", "authorization": ""}
    for signature, code in ((signed, 200), (signed, "SignatureNonceUsed"), (signed[::-1], "IncompleteSignature")):
        url = f"/?{urlencode({**query, 'Signature': signature})}"
        answer = dataworks.site.http.post(url, content=body, headers=headers)
        assert answer.json().get("Code", answer.status_code) == code, answer.text


def _text(query: dict[str, str], body: bytes) -> bytes:
    return legacy_text(Message("POST", "/", urlencode(query), [], body)).encode()


def test_the_token_itself(site: Site) -> None:
    """A client that shows the token's text is known by it, and only by that."""
    token = site.http.post("/v1/tokens", json={"name": "b", "scope": "read", "kind": "dataworks"}).json()
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = {"x-acs-action": "ListWorkflows", "x-acs-version": "2024-05-18", "x-acs-date": when}
    query = "SignatureType=BEARERTOKEN&ProjectId=100"
    with httpx.Client(base_url=site.http.base_url, trust_env=False) as http:
        for shown, expected in ((token["token"], 200), (token["token"] + "x", 404), ("é", 404)):
            mine = {"x-acs-bearer-token": shown.encode(), "x-acs-signature-nonce": uuid4().hex.encode()}
            answer = http.post(f"/?{query}", headers={**{k: v.encode() for k, v in headers.items()}, **mine})
            assert answer.status_code == expected, answer.text


def test_what_a_scope_is_good_for(site: Site) -> None:
    """Reading needs `read`, creating `run`, changing `operate`: less is Forbidden.Access, whatever is asked."""
    for scope, held in (("read", {"READ"}), ("run", {"READ", "RUN"}), ("operate", {"READ", "RUN", "OPERATE"})):
        somebody = caller_at(site, scope)
        for action in ACTIONS.values():
            status, code = said(somebody.send(action.name, {"Nonsense": "1"}))
            expected = (400, None) if action.scope.name in held else (403, "Forbidden.Access")
            assert (status, None if status == 400 else code) == expected, action.name


def test_nothing_of_other_projects_is_there(site: Site, dataworks: DataWorksCaller) -> None:
    """To a token of other projects a project and all that is in it does not exist, nor can it be acted on."""
    made = dataworks.created(1234)
    (run,), instance = made["WorkflowInstanceIds"], made["WorkflowInstanceIds"][0] << 20
    stranger = caller_at(site, "operate", projects=["elsewhere"])
    for name in ("ListWorkflows", "ListTasks", "ListWorkflowInstances"):
        assert stranger.refused(name, ProjectId=100) == (404, "InvalidProject.NotFound")
    assert stranger.refused("ListTaskInstances", ProjectId=100, Bizdate=0, Id=instance)[0] == 404
    assert stranger.refused("GetTask", Id=1234) == (404, "InvalidTask.NotFound")
    assert stranger.refused("GetWorkflowInstance", Id=run) == (404, "InvalidWorkflowInstance.NotFound")
    for name in ("GetTaskInstance", "GetTaskInstanceLog", "ListTaskInstanceOperationLogs", "ListUpstreamTaskInstances"):
        assert stranger.refused(name, Id=instance) == (404, "InvalidTaskInstance.NotFound")
    stopped = stranger.call("StopWorkflowInstances", Ids=[run])["SuccessInfo"]
    assert stopped == {str(run): {"Success": False, "Message": f"there is no run {run}"}}
    held = stranger.call("RerunTaskInstances", Ids=[instance])["SuccessInfo"]
    assert held[str(instance)] == {"Success": False, "Message": f"there is no task instance {instance}"}
    assert stranger.refused("CreateWorkflowInstances", **request(1234))[0] == 400


def test_too_often(site: Site) -> None:
    """Who asks too often is told after how many milliseconds to ask again, in the header that clients read."""
    caller = caller_at(site, "read")
    app = create_app(site.services, rate_limits=RateLimits(token=2, guesses=1))

    async def ask(secret: bytes) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            query = "Id=1234"
            headers = signed_headers(caller.key, secret, "GetTask", "GET", query, b"")
            return await http.get(f"/?{query}", headers=headers)

    async def until_refused(secret: bytes, usual: int) -> httpx.Response:
        while (answer := await ask(secret)).status_code == usual:
            assert "x-acs-retry-after" not in answer.headers
        return answer

    for secret, usual, wait in ((b"wrong", 400, "60000"), (caller.secret, 200, "1000")):
        answer = asyncio.run(until_refused(secret, usual))
        assert said(answer) == (429, "Throttling.User")
        assert answer.headers["x-acs-retry-after"] == wait


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "MissingParameter.ProjectId"),
        ({"ProjectId": "x"}, "InvalidParameter.ProjectId"),
        ({"ProjectId": 100, "Nonsense": 1}, "InvalidParameter.Nonsense"),
        ({"ProjectId": 100, "PageSize": 501}, "InvalidParameter.PageSize"),
        ({"ProjectId": 100, "PageNumber": 0}, "InvalidParameter.PageNumber"),
        ({"ProjectId": 100, "SortBy": "Name Asc"}, "InvalidParameter.SortBy"),
        ({"ProjectId": 100, "Ids": "[1,"}, "InvalidParameter.Ids"),
        ({"ProjectId": 100, "Ids": "[]"}, "InvalidParameter.Ids"),
        ({"ProjectId": 100, "Ids": json.dumps(list(range(1001)))}, "InvalidParameter.Ids"),
        ({"ProjectId": 100, "Tags": '{"a":1,"a":2}'}, "InvalidParameter.Tags"),
        ({"ProjectId": 100, "Tags": "[NaN]"}, "InvalidParameter.Tags"),
        ({"ProjectId": 100, "Tags": "[" * 100 + "]" * 100}, "InvalidParameter.Tags"),
        ({"ProjectId": 100, "Name": "a\0b"}, "InvalidParameter.Name"),
    ],
)
def test_fields_that_are_wrong(dataworks: DataWorksCaller, fields: dict[str, object], code: str) -> None:
    """A field that is missing, wrong or unknown is refused by its name."""
    assert dataworks.refused("ListWorkflows", **fields) == (400, code)


def test_all_faults_are_told_at_once(dataworks: DataWorksCaller) -> None:
    """The first gives the code, each of them has its sentence."""
    assert dataworks.refused("ListWorkflows", PageSize=0, Foo=1) == (400, "InvalidParameter.PageSize")
    told = dataworks.last.json()["Message"]
    assert all(part in told for part in ("PageSize must be 1..500", "Foo must be left out", "ProjectId is missing"))


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(dataworks: DataWorksCaller, method: str) -> None:
    """Nothing is asked for by another method than its clients use."""
    dataworks.raw("ListWorkflows", method, "ProjectId=100", b"")
    assert said(dataworks.last) == (405, "UnsupportedHTTPMethod")


def test_a_field_twice(dataworks: DataWorksCaller) -> None:
    """Query and form together give each field once."""
    dataworks.raw("ListWorkflows", "POST", "ProjectId=100", b"ProjectId=7")
    assert said(dataworks.last) == (400, "InvalidParameter.ProjectId")


@pytest.mark.parametrize("body", [b"\xff", b"ProjectId=100&Name=%FF"])
def test_bodies_that_are_no_form(dataworks: DataWorksCaller, body: bytes) -> None:
    """Bytes that are no text, and another kind of body, are refused, never an error of ours."""
    assert dataworks.raw("ListWorkflows", "POST", "", body).status_code in (200, 400)
    headers = signed_headers(dataworks.key, dataworks.secret, "ListWorkflows", "POST", "", b"{}")
    other = dataworks.site.http.post("/", content=b"{}", headers={**headers, "content-type": "application/json"})
    assert other.status_code == 400


@pytest.mark.parametrize("code", sorted(STATUS))
def test_our_errors_in_their_words(code: str) -> None:
    """Whatever we refuse has a status that clients take for an error, and a code that they can tell apart."""
    error = ProductError("why")
    error.code = code
    told = refusal_of(error, STATUS[code])
    assert told.status in (400, 403, 404, 500, 503)
    assert told.code.isascii()
    assert refusal_of(StoreUnavailable("gone"), 503).code == "ServiceUnavailable"
    assert refusal_of(MaybeDone("slow"), 503).code == "Timeout"
    assert refusal_of(Expired("run", 1, datetime.now(UTC)), 410).status == 404
