"""Bodies are judged alike by every route that takes one, and no answer tells of what is behind the door."""

from __future__ import annotations

import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
from interfaces.http.site import TOKEN, Site, open_site

from backfilld.interfaces.http.bodies import LARGEST_BODY, LARGEST_REQUEST
from backfilld.interfaces.http.sessions import LARGEST

PAYLOADS = {"/v1/plans", "/v1/backfills", "/v1/backfills/batch", "/v1/forecasts", "/v1/workflows/1/execute"}
"""Where a payload of one megabyte may come with a request."""
ACT = re.compile(r"/v1/\w+/\{number\}/(?!cancel$)")
"""Acts by name: one of them stands for all, which are made by one function."""
FROM_THE_PAGE = {"X-Backfill-Page": "1", "Sec-Fetch-Site": "same-origin"}
"""Nobody else is asked for a token, and all others pass over it."""
BEHIND = re.compile(r"select|insert|from \w+ where|no such table|traceback|\.py\b|\.db|line \d+", re.IGNORECASE)
"""Words of the store and of the program."""


def taking(site: Site) -> list[tuple[str, str]]:
    """Method and path of what takes a body."""
    paths: dict[str, Any] = site.get("/openapi.json")["paths"]
    found = [(method.upper(), path) for path, of in paths.items() for method in of if "requestBody" in of[method]]
    return [(method, re.sub(r"\{\w+\}", "1", path)) for method, path in found if not ACT.match(path)]


@pytest.mark.parametrize(
    "body",
    [b"{", b'{"name": 1, "name": 1}', b'{"name": NaN}', b'{"name": -Infinity}', b'{"name": "\xff"}']
    + [b'{"name": %s}' % (b"[" * depth + b"]" * depth) for depth in (200, 100_000)]
    + [b'{"name": "\\u0000"}', b'{"name": 1%s}' % (b"0" * 5_000), b'{"name": 1} {}', b"name: 1"],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_every_body_is_strict_json(site: Site, body: bytes) -> None:
    """No syntax error, key given twice, number that is none, depth without end, or text that nothing can hold."""
    for method, path in taking(site):
        answer = site.http.request(method, path, content=body, headers=FROM_THE_PAGE)
        too_large = path == "/v1/session" and len(body) > LARGEST  # a token is short
        expected = (413, "body_too_large") if too_large else (400, "invalid_json")
        assert (answer.status_code, answer.json()["code"]) == expected, path


def test_every_unknown_field_is_refused(site: Site) -> None:
    """What a route does not know it does not pass over: it names the field."""
    backfill = site.submit("silent")
    site.stands(backfill, "succeeded")
    instance = site.instance(backfill, "silent")["id"]
    there = {"workflows": 70, "backfills": backfill, "runs": instance >> 20, "task_instances": instance}
    for method, path in taking(site):
        known = re.sub(r"/(\w+)/1(?=/|$)", lambda found: f"/{found[1]}/{there[found[1]]}", path)
        answer = site.http.request(method, known, json={"zz": 1}, headers=FROM_THE_PAGE)
        assert answer.status_code == 422, (known, answer.text)
        assert "zz" in answer.text, (path, answer.text)


def test_every_body_has_its_limit(site: Site) -> None:
    """1 MB, and 2 where a payload may come with a request: more is refused before it is read."""
    found = {path: refused(site, method, path, LARGEST_REQUEST + 1) for method, path in taking(site)}
    assert set(found.values()) == {413}
    assert found.keys() >= PAYLOADS
    within = {path for method, path in taking(site) if refused(site, method, path, LARGEST_BODY + 1) != 413}
    assert within == PAYLOADS


def refused(site: Site, method: str, path: str, length: int) -> int:
    """The status that is answered to a head that tells of so long a body, which never comes; 0 for none."""
    url = site.http.base_url
    head = f"{method} {path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {length}\r\n\r\n"
    with socket.create_connection((url.host, url.port or 0), timeout=10) as sock:
        sock.sendall(head.encode())
        with suppress(OSError):  # it may have been closed, with its answer, by now
            sock.shutdown(socket.SHUT_WR)
        answer = sock.recv(12)
    return int(answer[9:12]) if answer else 0


def test_no_page_is_longer(site: Site) -> None:
    """A page has 1 to 1,000 items, in every list."""
    paths: dict[str, Any] = site.get("/openapi.json")["paths"]
    lists = [path for path, of in paths.items() if "limit" in {each["name"] for each in _parameters(of)}]
    assert len(lists) >= 5
    for path in lists:
        for limit in (0, 1_001):
            answer = site.http.get(re.sub(r"\{\w+\}", "1", path), params={"limit": limit})
            assert answer.status_code == 422, path
            assert "query.limit" in {each["path"] for each in answer.json()["errors"]}, path


def _parameters(of: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = of.get("get", {}).get("parameters", [])
    return found


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A daemon whose database has lost every table since it started."""
    folder = tmp_path_factory.mktemp("broken")
    with open_site(folder) as opened:
        with closing(sqlite3.connect(folder / "backfilld.db")) as database:
            database.execute("PRAGMA foreign_keys = off")
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                database.execute(f'DROP TABLE "{name}"')
            database.commit()
        yield opened


def test_a_store_that_fails_is_not_told_of(broken: Site) -> None:
    """Whatever is asked of a daemon whose store answers nothing: a problem with an id, without its words and paths."""
    asked: dict[str, Any] = broken.get("/openapi.json")["paths"]
    request, failed = broken.request("silent"), 0
    del request["workflow_parameters"]  # which name the folder
    for path, methods in asked.items():
        for method in methods:
            known = re.sub(r"\{\w+\}", "1", path.replace("{operation}", "00000000-0000-0000-0000-000000000000"))
            body = request if method == "post" and path in PAYLOADS else None
            answer = broken.http.request(method, known.replace("{name}", "nightly"), json=body)
            failed += answer.status_code >= 500
            assert not BEHIND.search(answer.text), (path, answer.text)
            assert str(broken.folder) not in answer.text
            assert answer.status_code < 400 or answer.json()["request_id"] == answer.headers["x-request-id"]
    assert failed > 30
