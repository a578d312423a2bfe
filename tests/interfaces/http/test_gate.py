"""Nothing but health is open without the token."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from interfaces.http.site import TOKEN, Site

from backfilld.interfaces.http.app import create_app
from backfilld.interfaces.http.gate import OPEN


def operations(site: Site) -> list[tuple[str, str]]:
    """Every method and path that the app documents."""
    paths: dict[str, Any] = create_app(site.services).openapi()["paths"]
    return [(method.upper(), re.sub(r"\{\w+\}", "1", path)) for path, of in paths.items() for method in of]


@pytest.fixture
def stranger(site: Site) -> httpx.Client:
    """A caller without a token."""
    return httpx.Client(base_url=site.http.base_url, trust_env=False)


def test_every_route_is_closed(site: Site, stranger: httpx.Client) -> None:
    """Each path but health answers 401 without a token, and says how to show one."""
    asked = operations(site)
    assert len(asked) >= 18
    with stranger:
        for method, path in asked:
            answer = stranger.request(method, path)
            if path in OPEN:
                assert answer.status_code == 200
                continue
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["code"] == "unauthorized"


@pytest.mark.parametrize(
    "path", ["/docs", "/openapi.json", "/", "/v1", "/v2/backfills", "/healthz/", "//healthz", "/redoc"]
)
def test_what_is_no_resource_is_closed_too(stranger: httpx.Client, path: str) -> None:
    """Nobody without the token learns what is there and what is not."""
    with stranger:
        assert stranger.get(path).status_code == 401


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer \u00e9"],
)
def test_a_wrong_token(stranger: httpx.Client, header: str) -> None:
    """Only the whole token under the right scheme opens."""
    with stranger:
        answer = stranger.get("/v1/backfills", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401


def test_two_tokens_are_none(stranger: httpx.Client) -> None:
    """Of two headers nobody can say which one was meant."""
    twice = [("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer x")]
    with stranger:
        assert stranger.get("/v1/backfills", headers=twice).status_code == 401


def test_the_scheme_in_any_case(stranger: httpx.Client) -> None:
    """The scheme's name is not case-sensitive (RFC 9110)."""
    with stranger:
        assert stranger.get("/v1/backfills", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


def test_the_documentation_with_the_token(site: Site) -> None:
    """With the token, the documentation is there."""
    assert site.http.get("/openapi.json").json()["openapi"].startswith("3.1")
    assert site.http.get("/docs").status_code == 200
