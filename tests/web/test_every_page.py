"""What is so of every page, whatever it shows."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from web.conftest import NARROW, WIDE, NewPage
from web.seeding import Seeded

MOST_SCRIPT = 60 * 1024
"""Bytes of JavaScript, compressed, that a view may need."""
PAGES = [
    "/",
    "/new",
    "/catalog",
    "/catalog?task=10",
    "/capacity",
    "/schedules?open=nightly",
    "/audit",
    "/backfills/{going}/grid",
    "/backfills/{failed}/grid/i/{instance}",
    "/backfills/{failed}/dag",
    "/backfills/{going}/timeline",
    "/backfills/{failed}/timeline?by=task",
    "/backfills/{failed}/instances",
    "/backfills/{going}/plan",
    "/backfills/{done}/activity",
    "/login",
]
STOPS = 20
"""Where Tab may stop besides: what scrolls, and the browser itself."""
MARK = """() => {
  const chosen = "a[href], button, input, select, textarea, summary, [tabindex]";
  const reached = (each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true });
  window.unreached = new Set([...document.querySelectorAll(chosen)].filter(reached));
  return window.unreached.size;
}"""
REACH = "() => (window.unreached.delete(document.activeElement), window.unreached.size)"
LEFT = "() => [...window.unreached].filter((each) => each.isConnected).map((each) => each.outerHTML.slice(0, 200))"
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_everybody(
    new_page: NewPage, daemon: Seeded, built: Path, axe: Callable[[Page], None], path: str
) -> None:
    """A program finds no rule of WCAG A or AA broken in either theme, keys reach all, it fits, and it needs little."""
    page = show(new_page, daemon, path)
    assert_little_script(page, built)
    assert_reached_by_keys(page)
    for theme, viewport in (("light", WIDE), ("dark", NARROW)):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size(viewport)
        page.evaluate("() => scrollTo(0, 0)")  # what lies below the header is not judged
        axe(page)
        assert page.evaluate(WIDER) <= 0, f"it scrolls sideways at {viewport['width']}"


def test_no_fault_of_a_page_goes_unheard(page: Page, faults: list[str]) -> None:
    """The tests hear what a page complains of, throws, and asks of others; its policy lets it ask them for nothing."""
    page.goto("/login")
    page.evaluate("() => console.error('complained')")
    page.evaluate("() => void setTimeout(() => { throw new Error('thrown') })")
    page.evaluate("() => fetch('http://127.0.0.2:9/').catch(() => null)")
    for told in ("complained", "thrown", "Content Security Policy"):
        expect_heard(page, faults, told)
    faults.clear()


def expect_heard(page: Page, faults: list[str], told: str) -> None:
    """It is among what was heard, now or when the browser has had a turn."""
    for _ in range(50):
        if any(told in each for each in faults):
            return
        page.evaluate("() => new Promise((after) => setTimeout(after, 20))")
    raise AssertionError(f"{told} was not heard: {faults}")


def show(new_page: NewPage, daemon: Seeded, path: str) -> Page:
    """A page that has loaded what it shows."""
    page = new_page(logged_in=path != "/login")
    places = {"going": daemon.going, "failed": daemon.failed, "done": daemon.done}
    page.goto(path.format(**places, instance=daemon.instance(daemon.failed, "picky")["id"]))
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    return page


def assert_little_script(page: Page, built: Path) -> None:
    """What a view loads of JavaScript is at most 60 KB, compressed as it is sent."""
    loaded = page.evaluate("() => performance.getEntriesByType('resource').map((each) => each.name)")
    files = {built / urlsplit(url).path.lstrip("/") for url in loaded if url.endswith(".js")}
    sizes = {file.name: len(gzip.compress(file.read_bytes(), 9)) for file in files}
    assert sizes
    assert sum(sizes.values()) <= MOST_SCRIPT, sizes


def assert_reached_by_keys(page: Page) -> None:
    """Whoever has no mouse comes to each link, button and field by Tab."""
    left = page.evaluate(MARK)
    assert left
    for _ in range(left + STOPS):
        left = page.evaluate(REACH)
        page.keyboard.press("Tab")
        if not left:
            return
    assert page.evaluate(LEFT) == []
