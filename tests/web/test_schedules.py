"""Schedules: when they fire, what became of it, and stopping and starting them."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect
from web.conftest import NewPage
from web.seeding import Seeded


def line(page: Page, name: str) -> Locator:
    """The line of a schedule."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader").get_by_role("button", name=name))


def test_a_schedule_is_opened_to_its_next_firings(page: Page, daemon: Seeded) -> None:
    """The next five moments are those that the daemon tells, on the schedule's own clock; the address keeps it open."""
    page.goto("/schedules")
    expect(line(page, "nightly")).to_contain_text("30 1 * * * Europe/Berlin")
    page.get_by_role("button", name="nightly", exact=True).press("Enter")
    told = daemon.get("/schedules/nightly/next?count=5")["items"]
    moments = page.get_by_role("list").filter(has_text=told[0]["local"][:10]).get_by_role("listitem")
    expect(moments).to_contain_text([each["local"][:16].replace("T", " ") for each in told])
    page.reload()
    expect(page.get_by_role("button", name="nightly", exact=True)).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_label("The request of nightly")).to_contain_text('"yesterday"')


def test_a_schedule_is_paused_and_resumed(page: Page, daemon: Seeded) -> None:
    """While it is paused it has no next firing; the daemon knows what the page says."""
    page.goto("/schedules")
    page.get_by_role("button", name="Pause yearly").press("Enter")
    expect(line(page, "yearly")).to_contain_text("Paused")
    assert daemon.get("/schedules/yearly")["paused"] is True
    page.get_by_role("button", name="Resume yearly").press("Enter")
    expect(line(page, "yearly")).not_to_contain_text("Paused")
    assert daemon.get("/schedules/yearly")["paused"] is False


def test_firing_now_asks_first_and_leads_to_its_backfill(page: Page, daemon: Seeded) -> None:
    """Nothing is submitted before the question is answered; then the line leads to what it became."""
    page.goto("/schedules")
    fire = page.get_by_role("button", name="Fire now… yearly")
    fire.press("Enter")
    dialog = page.get_by_role("dialog", name="Fire yearly now?")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(fire).to_be_focused()
    assert daemon.get("/schedules/yearly")["firings"] == []
    fire.press("Enter")
    dialog.get_by_role("button", name="Fire now").press("Enter")
    expect(line(page, "yearly").get_by_role("link")).to_be_visible()
    (firing,) = daemon.get("/schedules/yearly")["firings"]
    expect(line(page, "yearly").get_by_role("link")).to_have_text(f"Backfill {firing['backfill_id']}")


def test_who_may_not_operate_is_told_so(new_page: NewPage, daemon: Seeded) -> None:
    """The buttons of a token with the scope run are disabled and name the scope that they need."""
    page = new_page(scope="run")
    page.goto("/schedules")
    fire = page.get_by_role("button", name="Fire now… nightly")
    expect(fire).to_be_disabled()
    expect(fire).to_have_attribute("title", "This needs a token with the scope operate")
