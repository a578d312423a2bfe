"""The list of backfills."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from daemon.host import Host, asking
from playwright.sync_api import Locator, Page, expect
from web.conftest import NewPage, alive
from web.seeding import CATALOG, PROJECT, Seeded, Served

PAGE = 50
"""How many backfills a page of the list shows."""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A daemon that has not been asked for anything yet."""
    with alive(Host(tmp_path_factory.mktemp("empty"), groups={"heavy": {"slots": 1}})) as host:
        yield Served(host, CATALOG)


def row(page: Page, name: str) -> Locator:
    """The line of a backfill."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader").get_by_role("link", name=name, exact=True))


def names(page: Page) -> list[str]:
    """Of the backfills that are shown, from the top."""
    return page.get_by_role("rowheader").get_by_role("link").all_inner_texts()


def test_a_list_of_nothing_says_what_to_do_next(new_page: NewPage, empty: Served) -> None:
    """Before the first backfill there is one sentence, and the way to it."""
    page = new_page(empty)
    page.goto("/")
    expect(page.get_by_text("Nothing has been backfilled yet.")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="New backfill").press("Enter")
    expect(page).to_have_url(re.compile("/new$"))


def test_it_is_paged_from_the_newest_back(new_page: NewPage, empty: Served) -> None:
    """A page has 50 backfills; the one behind it the next older ones, and none is on both or on neither."""
    page = new_page(empty)
    submitted = [f"number {each:02}" for each in range(PAGE + 2)]
    requests = [{**asking(roots=["extract_users"], project=PROJECT), "name": each} for each in submitted]
    empty.host.client.post("/v1/backfills/batch", json={"requests": requests}).raise_for_status()
    page.goto("/")
    expect(page.get_by_role("rowheader")).to_have_count(PAGE)
    shown = names(page)
    page.get_by_role("button", name="Older").press("Enter")
    expect(page.get_by_role("rowheader")).to_have_count(2)
    assert sorted(shown + names(page)) == submitted
    page.go_back()
    expect(page.get_by_role("rowheader")).to_have_count(PAGE)


def test_rows_stand_as_a_column_says(page: Page, daemon: Seeded) -> None:
    """The head of a column sorts what the page shows, up, down, and not; the address says so, and a reload keeps it."""
    for name in ("sorted 2", "sorted 10", "sorted 1"):
        daemon.submit(name, ["extract_users"])
    page.goto("/?q=sorted")
    by_name = page.get_by_role("columnheader", name="Name")
    shown = page.get_by_role("rowheader").get_by_role("link")
    by_name.get_by_role("button").press("Enter")
    expect(shown).to_have_text(["sorted 1", "sorted 2", "sorted 10"])
    expect(by_name).to_have_attribute("aria-sort", "ascending")
    by_name.get_by_role("button").press("Enter")
    expect(page).to_have_url(re.compile("sort=-name"))
    page.reload()
    expect(shown).to_have_text(["sorted 10", "sorted 2", "sorted 1"])
    by_name.get_by_role("button").press("Enter")
    expect(shown).to_have_text(["sorted 1", "sorted 10", "sorted 2"])
    expect(page).to_have_url(re.compile(r"/\?q=sorted$"))


def test_counts_and_words_are_live(page: Page, daemon: Seeded) -> None:
    """A backfill that is submitted elsewhere appears by itself; when it ends, its line says so."""
    page.goto("/")
    expect(row(page, "gated reload")).to_contain_text("Running")
    daemon.submit("watched", ["picky", "after_picky"], days=2, gate="watched", parallelism=2)
    expect(row(page, "watched")).to_contain_text("Failed")
    going = daemon.submit("watched too", ["extract_users", "picky"], days=2, gate="gate-of-two", parallelism=2)
    expect(row(page, "watched too")).to_contain_text("50.0 % 2 of 4")
    daemon.gate("gate-of-two").touch()
    daemon.host.act("backfills", going, "rerun")
    expect(row(page, "watched too")).to_contain_text("100 % 4 of 4")
    expect(row(page, "watched too")).to_contain_text("Succeeded")


def test_who_needs_attention_comes_first(page: Page, daemon: Seeded) -> None:
    """An open backfill with a failure that nothing will retry stands above newer ones, and above the list, with why."""
    failing = daemon.submit("needs a look", ["picky", "gated"], days=2, gate="never")
    daemon.submit("newer", ["extract_users"])
    page.goto("/")
    strip = page.get_by_role("region", name="Needs attention")
    expect(strip).to_contain_text("needs a look 1 failed, and nothing will retry them")
    expect(page.get_by_role("rowheader").first).to_contain_text("needs a look")
    expect(page.get_by_text(re.compile(r"open, \d+ needs? attention"))).to_be_visible()
    strip.get_by_role("link", name="needs a look").press("Enter")
    expect(page).to_have_url(re.compile(f"/backfills/{failing}/grid\\?only=failed"))
    daemon.host.act("backfills", failing, "cancel")
    daemon.host.ended(failing)


def test_the_filter_is_reached_by_a_key_and_is_in_the_address(page: Page, daemon: Seeded) -> None:
    """`/` goes to the filter; what is written narrows the list, and the address shows it to others."""
    page.goto("/")
    expect(row(page, "gated reload")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type(f"restated project:{PROJECT}")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    assert names(page) == ["orders restated"]
    expect(page).to_have_url(re.compile(r"\?q=restated\+project%3Ashop$"))
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value(f"restated project:{PROJECT}")
    expect(page.get_by_role("rowheader")).to_have_count(1)


def test_a_segment_shows_backfills_of_its_words(page: Page, daemon: Seeded) -> None:
    """Failed ones alone, and back with the button of the browser; where there are none it says so."""
    page.goto("/")
    page.get_by_role("button", name="Paused").press("Enter")
    expect(page.get_by_role("rowheader")).to_have_text([re.compile("later perhaps")])
    page.get_by_role("searchbox").fill("no such name")
    expect(page.get_by_text("No backfill is like this.")).to_be_visible()
    page.get_by_role("button", name="Show all").press("Enter")
    expect(row(page, "gated reload")).to_be_visible()


def test_many_are_acted_on_at_once(page: Page, daemon: Seeded) -> None:
    """Chosen backfills are paused together; a cancel says how many dates it meets before it does anything."""
    chosen = [daemon.submit(f"one of many {each}", ["gated"], days=3, gate="many") for each in range(2)]
    page.goto("/?q=one+of+many")
    page.get_by_role("checkbox", name="Choose all on this page").press("Space")
    tools = page.get_by_role("toolbar", name="Chosen backfills")
    expect(tools).to_contain_text("2 backfills chosen")
    tools.get_by_role("button", name="Pause").press("Enter")
    for each in chosen:
        daemon.stands(each, "paused")
    expect(page.get_by_role("table").get_by_text("Paused", exact=True)).to_have_count(2)
    tools.get_by_role("button", name="Cancel…").press("Enter")
    dialog = page.get_by_role("dialog", name="Cancel 6 business dates?")
    dialog.get_by_role("button", name="Back").press("Enter")
    assert [daemon.get(f"/backfills/{each}")["status"] for each in chosen] == ["paused", "paused"]
    tools.get_by_role("button", name="Cancel…").press("Enter")
    dialog.get_by_role("button", name="Cancel 6").press("Enter")
    expect(page.get_by_role("table").get_by_text("Cancelled", exact=True)).to_have_count(2)


def test_who_may_only_look_is_told_what_is_missing(new_page: NewPage, daemon: Seeded) -> None:
    """Acts of a token with the scope read are disabled and name the scope that they need."""
    page = new_page(scope="read")
    page.goto("/?q=later+perhaps")
    page.get_by_role("checkbox", name="Choose later perhaps").press("Space")
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_disabled()
    expect(resume).to_have_attribute("title", "This needs a token with the scope operate")
