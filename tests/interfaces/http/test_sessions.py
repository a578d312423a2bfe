"""The page's cookie: who gets it, what it opens, and for whom it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from interfaces.http.site import TOKEN, Site, served

from backfilld.interfaces.http.app import create_app
from backfilld.interfaces.http.cookies import name_for
from backfilld.interfaces.http.rates import RateLimits
from backfilld.ports import TokenKind
from backfilld.service.access import LOCAL, Caller, Scope
from backfilld.service.tokens import NewToken

BOSS = Caller(LOCAL, Scope.ADMIN, None, "::1")
PAGE = {"X-Backfill-Page": "1", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def browser(site: Site) -> Iterator[httpx.Client]:
    """One that keeps cookies, and is logged in nowhere."""
    with httpx.Client(base_url=site.http.base_url, trust_env=False) as client:
        yield client


def login(browser: httpx.Client, token: str = TOKEN, **headers: str) -> httpx.Response:
    return browser.post("/v1/session", json={"token": token}, headers={**PAGE, **headers})


def test_a_browser_logs_in_and_out(browser: httpx.Client) -> None:
    """With the cookie it is the token's bearer, for everything that is looked at; without it nobody again."""
    assert browser.get("/v1/session").status_code == 401
    assert login(browser, f" {TOKEN}\n").status_code == 204
    assert browser.get("/v1/session").json() == browser.get("/v1/whoami").json()
    assert browser.get("/v1/session").json()["scope"] == "admin"
    assert {browser.get(path).status_code for path in ("/v1/backfills", "/openapi.json", "/docs", "/metrics")} == {200}
    assert browser.delete("/v1/session", headers=PAGE).status_code == 204
    assert browser.get("/v1/session").status_code == 401


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(browser: httpx.Client) -> None:
    """It goes nowhere but to us, not with what others ask of us, and has a name of its own for each port."""
    told = login(browser).headers["set-cookie"]
    name, rest = told.split("=", 1)
    assert name == name_for(browser.base_url.netloc.decode()) != "backfilld"
    said = {each.strip() for each in rest.split(";")[1:]}
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=604800"} <= said
    assert "Secure" not in said
    assert TOKEN not in told


def test_the_cookie_of_tls_is_for_tls(site: Site) -> None:
    """Also where a trusted proxy speaks it for us: what it says of the scheme is what counts."""

    async def story() -> str:
        transport = httpx.ASGITransport(create_app(site.services))
        async with httpx.AsyncClient(transport=transport, base_url="https://backfills.example.org") as client:
            answer = await client.post("/v1/session", json={"token": TOKEN}, headers=PAGE)
            return answer.headers["set-cookie"]

    told = asyncio.run(story())
    assert told.startswith("backfilld=")
    assert "; Secure" in told


def test_what_the_cookie_opens_is_for_the_page_alone(site: Site, browser: httpx.Client) -> None:
    """What is asked for with a header caches keep to themselves anyway; what may be asked for again stays so."""
    login(browser)
    said = browser.get("/v1/backfills").headers
    assert (said["cache-control"], said["vary"]) == ("no-store", "Cookie")
    assert (said["x-content-type-options"], said["cross-origin-resource-policy"]) == ("nosniff", "same-origin")
    backfill = site.submit("silent")
    said = browser.get(f"/v1/backfills/{backfill}/grid").headers
    assert (said["cache-control"], said["vary"]) == ("no-cache", "Accept-Encoding, Cookie")
    assert "cache-control" not in site.http.get("/v1/backfills").headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"X-Backfill-Page": "1"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 403),
        ({"X-Backfill-Page": "0", "Sec-Fetch-Site": "same-origin"}, 403),
        ({"X-Backfill-Page": "1", "Origin": "http://evil.example"}, 403),
        ({"X-Backfill-Page": "1", "Origin": "null"}, 403),
        ({"X-Backfill-Page": "1", "Origin": "http://["}, 403),
        ({"X-Backfill-Page": "1", "Origin": "OURS", "Sec-Fetch-Site": "same-site"}, 403),
        ({"X-Backfill-Page": "1", "Origin": "OURS", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"X-Backfill-Page": "1", "Origin": "OURS"}, 404),
        ({"X-Backfill-Page": "1", "Sec-Fetch-Site": "same-origin"}, 404),
    ],
)
def test_only_the_page_changes_anything_by_cookie(browser: httpx.Client, headers: dict[str, str], status: int) -> None:
    """Another site's form or script is refused, on whatever port of this host it is, before anything is looked at."""
    login(browser)
    ours = str(browser.base_url).rstrip("/")
    given = {name: value.replace("OURS", ours) for name, value in headers.items()}
    answer = browser.post("/v1/backfills/999999/cancel", json={}, headers=given)
    assert (answer.status_code, answer.json()["code"]) == (status, {403: "forbidden", 404: "not_found"}[status])


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/session"), ("DELETE", "/v1/session")])
def test_nobody_else_logs_a_browser_in_or_out(browser: httpx.Client, method: str, path: str) -> None:
    """Another site could show it what is another's."""
    foreign = {"Origin": "http://evil.example", "X-Backfill-Page": "1"}
    answer = browser.request(method, path, json={"token": TOKEN}, headers=foreign)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_header_goes_before_the_cookie(browser: httpx.Client) -> None:
    """A wrong token is wrong, whatever the cookie says; the right one needs nothing of the page."""
    login(browser)
    assert browser.get("/v1/session", headers={"Authorization": "Bearer bf_1_2"}).status_code == 401
    answer = browser.post("/v1/backfills/999999/cancel", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 404


@pytest.mark.parametrize("kind", list(TokenKind))
def test_vendors_doors_take_no_cookie(site: Site, browser: httpx.Client, kind: TokenKind) -> None:
    """Nor do their tokens begin a session."""
    issued = site.services.tokens.issue(NewToken("x", Scope.READ, kind=kind), BOSS)
    try:
        assert login(browser, issued.text).status_code == (204 if kind is TokenKind.NATIVE else 401)
        login(browser)
        paths = {
            "dataworks": "/?Action=ListWorkflows&Version=2024-05-18",
            "cloudflare": "/client/v4/user/tokens/verify",
        }
        paths |= {"datadog": "/api/v2/workflows", "prefect": "/api/admin/version", "native": "/v1/backfills"}
        status = browser.get(paths[kind.value]).status_code
        assert (status == 200) is (kind is TokenKind.NATIVE), status
    finally:
        site.services.tokens.revoke(issued.token.id, BOSS)


def test_scopes_and_revocation_are_the_tokens(site: Site, browser: httpx.Client) -> None:
    """The page may no more than its token, and nothing once that is taken back."""
    issued = site.services.tokens.issue(NewToken("reader", Scope.READ), BOSS)
    login(browser, issued.text)
    assert browser.get("/v1/session").json()["id"] == issued.token.id
    assert browser.post("/v1/backfills/1/cancel", headers=PAGE).status_code == 403
    site.services.tokens.revoke(issued.token.id, BOSS)
    assert browser.get("/v1/session").status_code == 401


@pytest.mark.parametrize("body", ["[]", "{}", '{"token": 5}', '{"token": ["s3cret"]}', '{"token": "x", "more": 1}'])
def test_a_body_that_is_no_token(browser: httpx.Client, body: str) -> None:
    """It is told what is allowed, and not what was given: that may be a secret."""
    answer = browser.post("/v1/session", content=body, headers=PAGE)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "s3cret" not in answer.text


def test_guesses_are_counted_and_keep_nobody_out(site: Site) -> None:
    """Wrong tokens and made-up cookies count against their address; the right token still begins a session."""
    with served(site.services, RateLimits(guesses=3)) as url, httpx.Client(base_url=url, trust_env=False) as client:
        name = name_for(client.base_url.netloc.decode())
        asked = [login(client, f"bf_{n}_x").status_code for n in range(2)]
        made_up = {"Cookie": f"{name}=AAAA"}
        asked += [client.get("/v1/session", headers=made_up).status_code for _ in range(2)]
        assert asked == [401, 401, 401, 429]
        assert login(client, "bf_9_x").headers["retry-after"] == "60"
        assert login(client).status_code == 204
        assert client.get("/v1/session").status_code == 200


def test_streams_take_the_cookie(browser: httpx.Client) -> None:
    """As the streams of browsers cannot send a header."""
    login(browser)
    with browser.stream("GET", "/v1/stream", params={"topics": "list"}) as answer:
        assert answer.status_code == 200
        assert next(answer.iter_lines()).startswith("id: ")
