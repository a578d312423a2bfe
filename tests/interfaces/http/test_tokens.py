"""Tokens are given out, are good at once, and good for nothing once they are revoked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import httpx
import pytest
from interfaces.cli.running import client
from interfaces.http.site import TOKEN, Site

from backfilld.interfaces.cli.output import Exit


@pytest.fixture(scope="module")
def asking(site: Site) -> Iterator[httpx.Client]:
    """A caller who shows what a test gives them."""
    with httpx.Client(base_url=site.http.base_url, trust_env=False) as client:
        yield client


def made(site: Site, scope: str = "read", **more: Any) -> Any:
    """A new token."""
    answer = site.http.post("/v1/tokens", json={"name": "ci", "scope": scope, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def bearer(token: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token['token'] if isinstance(token, dict) else token}"}


def test_a_token_lives_from_its_creation_to_its_revocation(site: Site, asking: httpx.Client) -> None:
    """It is good as soon as it was answered, and for nothing once it was revoked, without a restart."""
    token = made(site, "run")
    assert asking.get("/v1/backfills", headers=bearer(token)).status_code == 200
    assert site.http.delete(f"/v1/tokens/{token['id']}").json()["revoked_at"] is not None
    assert asking.get("/v1/backfills", headers=bearer(token)).status_code == 401
    assert site.http.delete(f"/v1/tokens/{token['id']}").status_code == 200
    assert site.http.delete("/v1/tokens/0123").status_code == 404


def test_the_text_is_told_once(site: Site) -> None:
    """Only the answer to the creation has the token's text, and no answer has its digest."""
    token = made(site)
    assert token["token"].startswith(f"bf_{token['id']}_")
    shown = site.get(f"/v1/tokens/{token['id']}")
    assert shown == {key: value for key, value in token.items() if key not in ("token", "credential")}
    assert shown in site.pages("/v1/tokens", limit=2)


@pytest.mark.parametrize(
    ("kind", "variables"),
    [
        ("native", {"BACKFILL_TOKEN": "{text}"}),
        ("dataworks", {"ALIBABA_CLOUD_ACCESS_KEY_ID": "{id}", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "{secret}"}),
        ("cloudflare", {"CLOUDFLARE_API_TOKEN": "{text}"}),
        ("prefect", {"PREFECT_API_KEY": "{text}"}),
        ("datadog", {"DD_API_KEY": "{id}", "DD_APP_KEY": "{text}"}),
    ],
)
def test_a_credential_is_told_as_its_client_takes_it(
    site: Site, asking: httpx.Client, kind: str, variables: dict[str, str]
) -> None:
    """A token comes by the names of its client's environment variables, and is good only at the door it is made for."""
    token = made(site, kind=kind)
    text, number = token["token"], token["id"]
    secret = text.removeprefix(f"bf_{number}_")
    told = {name: form.format(text=text, id=number, secret=secret) for name, form in variables.items()}
    assert token["kind"] == kind
    assert token["credential"] == told
    admitted = asking.get("/v1/whoami", headers=bearer(token)).status_code
    assert admitted == (200 if kind == "native" else 401)
    site.http.delete(f"/v1/tokens/{number}")


def test_the_client_prints_a_credential(site: Site, tmp_path: Path) -> None:
    """`--dataworks` prints lines for the environment of that client; two doors at once are refused."""
    words = ("token", "create", "--name", "sdk", "--scope", "read", "--dataworks", "--url", str(site.http.base_url))
    made = client(*words, "--token", TOKEN, state=tmp_path)
    number = made.stderr.partition(":")[0]
    first, second = made.stdout.splitlines()
    assert first == f"ALIBABA_CLOUD_ACCESS_KEY_ID={number}"
    assert second.startswith("ALIBABA_CLOUD_ACCESS_KEY_SECRET=")
    assert client(*words, "--prefect", "--token", TOKEN, state=tmp_path).returncode == Exit.FAULT
    site.http.delete(f"/v1/tokens/{number}")


def test_who_somebody_is(site: Site, asking: httpx.Client) -> None:
    """Whoever shows a token can ask what it is good for."""
    token = made(site, "operate", projects=["shop"], expires="90d")
    told = asking.get("/v1/whoami", headers=bearer(token)).json()
    assert told == {
        "name": f"ci ({token['id']})",
        "id": token["id"],
        "scope": "operate",
        "projects": [7],
        "expires_at": token["expires_at"],
    }
    host = asking.get("/v1/whoami", headers=bearer(TOKEN)).json()
    assert host == {"name": "local", "id": None, "scope": "admin", "projects": None, "expires_at": None}


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({}, {"name", "scope"}),
        ({"name": "12", "scope": "all"}, {"name", "scope"}),
        ({"name": "x" * 256, "scope": "read", "kind": "dutyworks"}, {"name", "kind"}),
        ({"name": "a", "scope": "read", "projects": ["shop", "nowhere"]}, {"projects"}),
        ({"name": "a", "scope": "read", "projects": []}, {"projects"}),
        ({"name": "a", "scope": "read", "projects": "shop"}, {"projects"}),
        ({"name": "a", "scope": "read", "expires": "0s"}, {"expires"}),
        ({"name": "a", "scope": "read", "expires": "soon"}, {"expires"}),
        ({"name": "a", "scope": "read", "expires": "2031-01-31T00:00:00"}, {"expires"}),
        ({"name": "a", "scope": "read", "expires": "2001-01-31T00:00:00Z"}, {"expires"}),
    ],
)
def test_what_is_no_token(site: Site, given: dict[str, Any], paths: set[str]) -> None:
    """Every fault is told at once by its field."""
    answer = site.http.post("/v1/tokens", json=given)
    assert answer.status_code == 422
    assert {each["path"] for each in answer.json()["errors"]} == paths


def test_nobody_gives_what_he_has_not(site: Site, asking: httpx.Client) -> None:
    """The token of an administrator of one project makes, sees and revokes tokens of that project alone."""
    limited, other = bearer(made(site, "admin", projects=[7])), made(site, "read")
    for projects in ({}, {"projects": [7, 7]}):
        answer = asking.post("/v1/tokens", json={"name": "b", "scope": "read", **projects}, headers=limited)
        assert answer.status_code == (201 if projects else 422)
    mine = asking.get("/v1/tokens", params={"limit": 1000}, headers=limited).json()["items"]
    assert mine
    assert all(each["projects"] == [7] for each in mine)
    for method in ("GET", "DELETE"):
        assert asking.request(method, f"/v1/tokens/{other['id']}", headers=limited).status_code == 404
    assert asking.get("/v1/backfills", headers=bearer(other)).status_code == 200


def test_a_story_of_the_client(site: Site, tmp_path: Path) -> None:
    """A token is made by one, written to a file by another, used from there, listed, and good for nothing at last."""

    def run(*words: str | Path, token: str | Path = TOKEN) -> CompletedProcess[str]:
        shown = ("--token-file", token) if isinstance(token, Path) else ("--token", token)
        return client(*words, "--url", str(site.http.base_url), *shown, state=tmp_path)

    made = run("token", "create", "--name", "night job", "--scope", "run", "--project", "shop", "--expires", "90d")
    number = made.stderr.partition(":")[0]
    assert made.stdout.startswith(f"bf_{number}_")
    assert "night job may run in 7, until 20" in made.stderr

    file = tmp_path / "token"
    file.write_text(made.stdout)
    assert run("list", token=file).returncode == Exit.OK
    assert "scope admin" in run("token", "list", token=file).stderr
    assert f"{number}  night job" in run("token", "list").stdout
    assert run("token", "revoke", number).stdout.startswith(f"{number} (night job) is revoked since ")
    assert run("list", token=file).returncode == Exit.REFUSED


@pytest.mark.parametrize(("text", "told"), [("", "holds 0 words"), ("two words", "holds 2 words"), (None, "cannot be")])
def test_a_file_without_a_token(site: Site, tmp_path: Path, text: str | None, told: str) -> None:
    """A file that holds no one word is refused by its name, and nothing is sent."""
    file = tmp_path / "token"
    if text is not None:
        file.write_text(text)
    answer = client("list", "--url", str(site.http.base_url), "--token-file", file, state=tmp_path)
    assert answer.returncode == Exit.REFUSED
    assert f"{file} {told}" in answer.stderr.replace("\n", "")
