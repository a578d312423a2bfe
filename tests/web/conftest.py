"""A daemon with backfills in all words, a browser, and pages that are logged in and let no fault pass.

`BACKFILLD_PAGE=<folder>` shows what another build left there, not what the package has.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from daemon.host import Host
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright
from web.node import PACKAGES, SOURCES, build_web
from web.seeding import Big, Seeded, Served, alive_file

from backfilld.interfaces.web.page import STATIC, way_up

AXE = PACKAGES / "axe-core" / "axe.min.js"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""The first is the same browser less its windows: half the work."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, NARROW = {"width": 1440, "height": 860}, {"width": 768, "height": 900}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""The rules of axe that stand for levels A and AA."""
VIOLATIONS = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  const where = (node) => `${node.target.join(" ")} ${node.failureSummary}`;
  return violations.map((each) => `${each.id}: ${each.help}: ${each.nodes.map(where)}`);
}"""
expect.set_options(timeout=60_000)

NewPage = Callable[..., Page]


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built page."""
    if other := os.environ.get("BACKFILLD_PAGE"):
        return Path(other)
    stamp = STATIC / "sources.sha256"
    if not stamp.is_file() or stamp.read_text().strip() != build_web().digest(SOURCES):
        pytest.fail("the page is not built, or older than its sources: `pip install -e .` builds it", pytrace=False)
    return STATIC


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window. While it is there this thread has a loop that runs, in which others can run none."""
    if CHROMIUM is None:
        pytest.fail(
            "there is no Chromium: apt-get install chromium-headless-shell, or name one by CHROMIUM=", pytrace=False
        )
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield made
        made.close()


@pytest.fixture(scope="session")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    """One for all tests of the process: what it was seeded with is to be looked at, each acts on its own backfills."""
    with alive(Host(tmp_path_factory.mktemp("web"), groups={"heavy": {"slots": 2}})) as host:
        yield Seeded(host).seed()


@pytest.fixture(scope="session")
def big(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Big]:
    """One with 3,650 dates of 500 tasks; costs seconds, so only for what must be that large."""
    with alive(Host(tmp_path_factory.mktemp("big"))) as host:
        yield Big(host)


@contextmanager
def alive(host: Host) -> Iterator[Host]:
    """Whatever becomes of what is made of it, it is ended, and so is what waits."""
    try:
        yield host
    finally:
        alive_file(host).unlink(missing_ok=True)
        host.close()


@pytest.fixture
def new_page(browser: Browser, daemon: Seeded, built: Path) -> Iterator[NewPage]:
    """Makes pages, each in a browser of its own; `of`, `scope`, `viewport`, `theme` and so on may be said.

    A test fails where a page has told of a fault, broken its policy, or asked another origin for something.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def make(
        of: Served = daemon, *, logged_in: bool = True, scope: str = "admin", theme: str = "light", **options: object
    ) -> Page:
        context = browser.new_context(base_url=of.url, **{"viewport": WIDE, "color_scheme": theme, **options})
        contexts.append(context)
        if built != STATIC:
            context.route(re.compile(f"^{re.escape(of.url)}/(?!v1/)"), partial(_from, built))
        if logged_in:
            log_in(context, of, scope)
        context.on("weberror", lambda error: faults.append(f"error: {error.error}"))
        context.on("console", lambda said: faults.append(f"{said.type}: {said.text}") if said.type == "error" else None)
        context.on("request", lambda asked: _is_ours(asked.url, of.url) or faults.append(f"asked {asked.url}"))
        return context.new_page()

    make.faults = faults  # type: ignore[attr-defined]
    yield make
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page that is logged in with all that the local token may do."""
    return new_page()


@pytest.fixture
def faults(new_page: NewPage) -> list[str]:
    """What pages have told so far; a test that provokes some takes those out."""
    found: list[str] = new_page.faults  # type: ignore[attr-defined]
    return found


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """Fails on a page that breaks a rule of WCAG A or AA."""
    script = AXE.read_text(encoding="utf-8")

    def check(page: Page) -> None:
        page.evaluate(script)
        violations = page.evaluate(VIOLATIONS, TAGS)
        assert not violations, "\n".join([page.url, *violations])

    return check


def log_in(context: BrowserContext, daemon: Served, scope: str = "admin") -> None:
    """Give all pages of the context a cookie: of the local token, which may do all, or of one with this scope."""
    token = daemon.token if scope == "admin" else daemon.token_for(scope)
    headers = {"Origin": daemon.url, "X-Backfill-Page": "1"}
    answer = context.request.post(f"{daemon.url}/v1/session", data={"token": token}, headers=headers)
    assert answer.ok, answer.text()


def _is_ours(url: str, daemon: str) -> bool:
    return url.startswith((f"{daemon}/", "data:", "blob:"))


def _from(folder: Path, route: Route) -> None:
    """Answer with a file of another build, where the daemon would with one of the package's."""
    path = urlsplit(route.request.url).path
    file = folder / path.lstrip("/")
    if path != "/" and file.is_file():
        return route.fulfill(path=file)
    told = route.fetch()
    text = (folder / "index.html").read_text(encoding="utf-8")
    text = text.replace("<head>", f'<head><base href="{way_up(path)}">', 1)
    return route.fulfill(status=200, headers={**told.headers, "content-type": "text/html; charset=utf-8"}, body=text)
