"""The page's files, as a browser is given them."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest
from httpx import ASGITransport, AsyncClient, Response
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse

from backfilld.interfaces.http.rates import RateLimits, Rates
from backfilld.interfaces.web.page import BACKFILLS, VIEWS, Page, way_up

DOCUMENT = '<!doctype html><html><head><script src="./assets/index-1a.js"></script></head></html>'
SCRIPT = b"let state = 1;" * 200
ELSEWHERE = "further in"
SEGMENT = st.from_regex(r"[a-z0-9](?:[\w.@-]|%2F|%20)*", fullmatch=True)
VIEW = st.one_of(
    st.sampled_from(sorted(VIEWS)),
    st.lists(SEGMENT, min_size=1).map(lambda segments: BACKFILLS + "/".join(segments)),
)


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a build leaves: the document, its files, and one beside them that is not for browsers."""
    folder = tmp_path_factory.mktemp("page") / "static"
    (folder / "assets").mkdir(parents=True)
    files = {"index.html": DOCUMENT.encode(), "assets/index-1a.js": SCRIPT, "assets/index-2b.css": b"a{}"}
    files |= {"assets/index-1a.js.gz": gzip.compress(SCRIPT), "favicon.svg": b"<svg/>", "sources.sha256": b"0"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder.parent / "secret.js").write_text("of the host")
    return folder


@dataclass(frozen=True)
class Browser:
    """Who asks; what is not the page's is answered from behind it."""

    page: Page

    def request(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Response:
        async def ask() -> Response:
            async with AsyncClient(transport=ASGITransport(self.page), base_url="http://127.0.0.1") as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(ask())

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Response:
        return self.request("GET", path, headers)


def browser(static: Path, rates: Rates | None = None) -> Browser:
    return Browser(Page(PlainTextResponse(ELSEWHERE), rates, static))


def is_page(answer: Response) -> bool:
    return answer.status_code == 200 and answer.headers["content-type"] == "text/html; charset=utf-8"


@given(prefix=st.sampled_from(["", "/tools", "/tools/backfills"]), view=VIEW)
def test_the_page_finds_its_files_wherever_it_stands(prefix: str, view: str) -> None:
    """From every view, below whatever prefix a proxy has put us, its base is where the daemon stands."""
    assert urljoin(f"https://example.org{prefix}{view}", way_up(view)) == f"https://example.org{prefix}/"


@pytest.mark.parametrize("path", [*sorted(VIEWS), "/backfills/7", "/backfills/7/grid", "/backfills/7/i/3/a%2Fb"])
def test_every_view_is_the_page(static: Path, path: str) -> None:
    """An address that somebody was sent opens as it is; the document is asked for anew each time."""
    answer = browser(static).get(path)
    assert is_page(answer)
    assert f'<head><base href="{way_up(path)}"><script' in answer.text
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/backfills", "/api/health", "/api/v2/workflows", "/client/v4/user", "/docs", "/backfills", "/x"]
)
def test_what_is_not_a_view_is_not_the_page(static: Path, path: str) -> None:
    """The API, the vendors' doors and what is nothing at all are answered by those whose it is."""
    assert browser(static).get(path).text == ELSEWHERE


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_page_is_only_looked_at(static: Path, method: str) -> None:
    """Other methods are not the page's: DataWorks' clients post to `/`."""
    assert browser(static).request(method, "/").text == ELSEWHERE


def test_a_hashed_file_is_kept_for_ever(static: Path) -> None:
    """Its name changes with what is in it; who takes gzip gets what was compressed at the build."""
    for encoding, length in [("gzip, br", len(gzip.compress(SCRIPT))), ("identity", len(SCRIPT))]:
        answer = browser(static).get("/assets/index-1a.js", headers={"Accept-Encoding": encoding})
        assert answer.content == SCRIPT
        assert int(answer.headers["content-length"]) == length
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert "immutable" in answer.headers["cache-control"]


def test_the_icon_keeps_its_name(static: Path) -> None:
    """So it is kept for a day only."""
    answer = browser(static).get("/favicon.svg")
    assert (answer.text, answer.headers["content-type"]) == ("<svg/>", "image/svg+xml")
    assert "immutable" not in answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["/", "/login", "/assets/index-1a.js", "/assets/index-2b.css", "/favicon.svg"])
def test_head_is_get_without_the_body(static: Path, path: str) -> None:
    """The same headers."""
    told = browser(static).request("HEAD", path)
    assert (told.status_code, told.headers) == (200, browser(static).get(path).headers)


@pytest.mark.parametrize(
    "path",
    [
        "/assets/index-1a.js.gz",
        "/assets/nothing.js",
        "/assets/",
        "/assets/..%2f..%2fsecret.js",
        "/assets/%2e%2e/%2e%2e/secret.js",
        "/assets/..%5c..%5csecret.js",
        "/sources.sha256",
        "/index.html",
    ],
)
def test_nothing_else_of_the_host_is_given(static: Path, path: str) -> None:
    """Only files of the page's kinds, in its folder, by their own names."""
    answer = browser(static).get(path)
    assert answer.status_code == 404 or answer.text == ELSEWHERE


@pytest.mark.parametrize("path", ["/", "/assets/index-1a.js", "/favicon.svg"])
def test_a_browser_takes_nothing_from_elsewhere(static: Path, path: str) -> None:
    """Nor does it show the page inside another, guess at what a file is, or tell others from where it comes."""
    said = browser(static).get(path).headers
    assert said["content-security-policy"].startswith("default-src 'self'; style-src-attr 'unsafe-inline'; ")
    assert "frame-ancestors 'none'" in said["content-security-policy"]
    assert (said["x-content-type-options"], said["referrer-policy"]) == ("nosniff", "no-referrer")


def test_without_its_files_it_says_so(tmp_path: Path) -> None:
    """Who has installed us without the page learns why there is none."""
    answer = browser(tmp_path / "static").get("/backfills/7")
    assert is_page(answer)
    assert "BACKFILLD_SKIP_WEB" in answer.text


def test_an_address_may_not_ask_for_ever(static: Path) -> None:
    """What is open to everybody counts against the address that asks."""
    client = browser(static, Rates(RateLimits(address=2)))
    found = [client.get("/login") for _ in range(3)]
    assert [each.status_code for each in found] == [200, 200, 429]
    assert found[-1].headers["retry-after"] == "1"
