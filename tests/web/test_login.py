"""Logging in: by a token, by a link, and what is said when that fails."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from web.conftest import NewPage
from web.seeding import Seeded

WRONG = 20
"""Wrong tokens of one address in a minute that are answered as such."""


def enter(page: Page, token: str) -> None:
    """Type a token and send it, by the keyboard."""
    page.get_by_label("Token").fill(token)
    page.keyboard.press("Enter")


def test_a_token_leads_to_where_one_wanted_to_go(new_page: NewPage, daemon: Seeded, faults: list[str]) -> None:
    """Who is not logged in is asked for a token, and is then where the address said, with its query."""
    page = new_page(logged_in=False)
    wanted = f"/backfills/{daemon.failed}/instances?only=failed"
    page.goto(wanted)
    expect(page).to_have_url(re.compile(r"/login\?next="))
    expect(page.get_by_label("Token")).to_be_focused()
    enter(page, "nonsense")
    expect(page.get_by_role("alert")).to_contain_text("mistyped, revoked or over")
    enter(page, f" {daemon.token} ")
    expect(page).to_have_url(daemon.url + wanted)
    expect(page.get_by_role("heading", name="users reloaded")).to_be_visible()
    assert {fault.partition("status of ")[2][:3] for fault in faults} == {"401"}
    faults.clear()


def test_a_link_logs_in_and_leaves_no_token_behind(new_page: NewPage, daemon: Seeded) -> None:
    """The token of a login link is taken out of the address, and out of the history."""
    page = new_page(logged_in=False)
    page.goto(f"/login?next=/audit#token={daemon.token}")
    expect(page).to_have_url(f"{daemon.url}/audit")
    expect(page.get_by_role("heading", name="Audit")).to_be_visible()
    assert page.evaluate("history.length") <= 2
    assert daemon.token not in page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")


def test_the_way_leads_to_no_other_host(new_page: NewPage, daemon: Seeded) -> None:
    """`next` names a page of ours, whatever somebody has made of it."""
    page = new_page(logged_in=False)
    for wanted in ("//example.org/", "https://example.org/", "/\\example.org", "/login"):
        page.goto(f"/login?next={wanted}#token={daemon.token}")
        expect(page).to_have_url(f"{daemon.url}/")


def test_leaving_ends_the_session(page: Page, daemon: Seeded, faults: list[str]) -> None:
    """Who logs out is asked for a token again."""
    page.goto("/")
    page.get_by_role("button", name=re.compile("local")).press("Enter")
    expect(page.get_by_label("Token")).to_be_visible()
    page.goto("/")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    faults.clear()  # the browser says 401


def test_a_token_may_only_look(new_page: NewPage, daemon: Seeded) -> None:
    """What a token may not do is disabled, and says which scope it needs."""
    made = daemon.host.client.post("/v1/tokens", json={"name": "eve", "scope": "read"}).json()
    page = new_page(logged_in=False)
    page.goto(f"/login?next=/backfills/{daemon.failed}/instances#token={made['token']}")
    rerun = page.get_by_role("group", name="Acts").get_by_role("button", name="Rerun")
    expect(rerun).to_be_disabled()
    expect(rerun).to_have_attribute("title", "This needs a token with the scope operate")
    page.get_by_role("link", name="Activity").press("Enter")
    expect(page.get_by_text("needs a token with the scope admin; yours has read")).to_be_visible()


def test_too_many_wrong_tokens_are_said(new_page: NewPage, daemon: Seeded, faults: list[str]) -> None:
    """Who guesses is told to wait, in words; a good token is never in the way of that."""
    page = new_page(logged_in=False)
    page.goto("/login")
    headers = {"Origin": daemon.url, "X-Backfill-Page": "1"}
    for _ in range(WRONG):
        page.request.post("/v1/session", data={"token": "wrong"}, headers=headers)
    enter(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("Too many wrong tokens")
    enter(page, daemon.token)
    expect(page.get_by_role("heading", name="Backfills")).to_be_visible()
    faults.clear()  # the browser says 429


def test_who_leaves_in_one_tab_has_left_in_all(new_page: NewPage, daemon: Seeded, faults: list[str]) -> None:
    """All tabs have one cookie: logging out in one shows the login in each, and nobody follows the stream any more."""
    page = new_page()
    other = page.context.new_page()
    for each, path in ((page, "/"), (other, f"/backfills/{daemon.going}/grid")):
        each.goto(path)
        expect(each.get_by_text("Live", exact=True)).to_be_visible()
    page.get_by_role("button", name=re.compile("local")).press("Enter")
    for each in (page, other):
        expect(each).to_have_url(re.compile("/login$"))
        expect(each.get_by_label("Token")).to_be_visible()
    page.context.close()
    faults[:] = [each for each in faults if "status of 401" not in each]  # asked while the cookie went
