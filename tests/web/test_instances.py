"""The instances of a backfill as a table: filters in the address, pages, acts on rows and on the filter."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect
from web.saying import saying
from web.seeding import Seeded


def rows(page: Page) -> Locator:
    """The instances that are shown."""
    return page.locator("tbody").get_by_role("row")


def test_a_filter_stands_in_the_address(page: Page, daemon: Seeded) -> None:
    """State, task and dates narrow the table, and a reload shows the same; the legend is one of the filters."""
    first = daemon.get(f"/backfills/{daemon.failed}")["dates"]["first"]
    page.goto(f"/backfills/{daemon.failed}/instances")
    expect(rows(page)).to_have_count(15)
    page.get_by_role("list", name="States").get_by_role("button", name=re.compile("Failed")).press("Enter")
    expect(rows(page)).to_have_count(5)
    expect(page.get_by_label("State", exact=True)).to_have_value("failed")
    page.get_by_label("To", exact=True).fill(first)
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile(rf"\?only=failed&to={first}$"))
    page.reload()
    expect(rows(page)).to_have_text(re.compile(f"{first}.*picky.*Failed"))
    page.get_by_label("Task", exact=True).fill("extract_users")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No instance passes the filter.")).to_be_visible()
    page.get_by_role("button", name="Clear").press("Enter")
    expect(rows(page)).to_have_count(15)


def test_a_fault_of_a_filter_is_said(page: Page, daemon: Seeded, faults: list[str]) -> None:
    """What is no date is answered with what is allowed, and the last good rows stay."""
    page.goto(f"/backfills/{daemon.failed}/instances")
    expect(rows(page)).to_have_count(15)
    page.get_by_label("From", exact=True).fill("yesterday-ish")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("start_biz_date")
    expect(rows(page)).to_have_count(15)
    faults.clear()  # the browser says 422


def test_pages_go_on_and_back(page: Page, daemon: Seeded) -> None:
    """A hundred rows a page; the next is a step that the browser can take back."""
    backfill = daemon.submit("many", ["hourly"], days=5, parallelism=5)
    daemon.stands(backfill, "succeeded")
    page.goto(f"/backfills/{backfill}/instances")
    expect(rows(page)).to_have_count(100)
    first = rows(page).first.inner_text()
    page.get_by_role("button", name="Next page").press("Enter")
    expect(rows(page)).to_have_count(20)
    expect(page.get_by_role("button", name="Next page")).to_be_disabled()
    page.go_back()
    expect(rows(page)).to_have_count(100)
    assert rows(page).first.inner_text() == first


def test_chosen_rows_are_acted_on_alone(page: Page, daemon: Seeded) -> None:
    """What is ticked is what is met; harmless, it is not asked, and can be undone."""
    backfill = daemon.submit("rows", ["gated", "after_gated"], days=2, gate="rows", parallelism=2)
    page.goto(f"/backfills/{backfill}/instances?task=after_gated")
    expect(rows(page)).to_have_count(2)
    rows(page).first.get_by_role("checkbox").press("Space")
    expect(page.get_by_text("1 row selected")).to_be_visible()
    page.get_by_role("group", name="Acts").get_by_role("button", name="Hold").press("Enter")
    expect(rows(page).first).to_contain_text("held")
    expect(rows(page).last).not_to_contain_text("held")
    page.get_by_role("button", name="Undo").press("Enter")
    expect(rows(page).first).not_to_contain_text("held")


def test_undoing_meets_what_was_done(page: Page, daemon: Seeded) -> None:
    """What was held before is not released with what has just been held."""
    backfill = daemon.submit("undone", ["gated", "after_gated"], days=2, gate="undone", parallelism=2)
    daemon.host.act("task_instances", daemon.instance(backfill, "after_gated", day=1)["id"], "hold")
    page.goto(f"/backfills/{backfill}/instances?task=after_gated")
    expect(rows(page).last).to_contain_text("held")
    page.get_by_role("checkbox", name="Select all rows").press("Space")
    page.get_by_role("group", name="Acts").get_by_role("button", name="Hold").press("Enter")
    expect(page.get_by_text("1 done, 1 unchanged")).to_be_visible()
    expect(rows(page).first).to_contain_text("held")
    page.get_by_role("button", name="Undo").press("Enter")
    expect(rows(page).first).not_to_contain_text("held")
    expect(rows(page).last).to_contain_text("held")
    daemon.host.act("backfills", backfill, "cancel")


def test_what_has_left_the_page_is_no_longer_chosen(page: Page, daemon: Seeded) -> None:
    """A row that passes the filter no more takes its tick with it: acts meet what is seen."""
    backfill = daemon.submit("leaves", ["gated", "after_gated"], days=2, gate="leaves", parallelism=2)
    page.goto(f"/backfills/{backfill}/instances?only=waiting&task=after_gated")
    expect(rows(page)).to_have_count(2)
    page.get_by_role("checkbox", name="Select all rows").press("Space")
    expect(page.get_by_text("2 rows selected")).to_be_visible()
    daemon.host.act("task_instances", daemon.instance(backfill, "after_gated")["id"], "skip")
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_text("1 row selected")).to_be_visible()


def test_an_act_on_the_filter_says_how_many_it_meets(page: Page, daemon: Seeded) -> None:
    """Nobody sees what a filter finds on other pages: the exact number is asked first, and again when it is another."""
    backfill = daemon.submit("filter", ["gated", "after_gated"], days=3, gate="filter", parallelism=3)
    page.goto(f"/backfills/{backfill}/instances?task=after_gated")
    expect(rows(page)).to_have_count(3)
    page.get_by_role("group", name="Acts").get_by_role("button", name="Skip").press("Enter")
    question = page.get_by_role("dialog", name="Skip 3 instances?")
    expect(question).to_contain_text("Exactly 3 instances of after_gated.")
    question.get_by_label("Reason").fill("nobody reads them")
    question.get_by_role("button", name="Skip 3").press("Enter")
    expect(page.get_by_text("Skip: 3 instances: 3 done")).to_be_visible()
    for at in range(3):
        expect(rows(page).nth(at)).to_contain_text("Skipped")
    page.get_by_role("link", name="Activity").press("Enter")
    expect(page.get_by_text("nobody reads them").first).to_be_visible()
    expect(page.get_by_text("skipped what a filter found: task after_gated")).to_be_visible()


def test_rows_change_while_they_are_looked_at(page: Page, daemon: Seeded) -> None:
    """What happens is seen without a reload."""
    with saying(daemon, "live") as (instance, _):
        page.goto(f"/backfills/{instance['backfill_id']}/instances")
        expect(rows(page)).to_contain_text("Running")
    expect(rows(page)).to_contain_text("Succeeded")


def test_the_audit_is_whole(page: Page, daemon: Seeded) -> None:
    """All entries of all backfills, or of one; the chain of their hashes is followed when asked."""
    page.goto("/audit")
    page.get_by_role("button", name="Check the chain").press("Enter")
    expect(page.get_by_text("Every entry is as it was written.")).to_be_visible()
    page.get_by_label("Backfill", exact=True).fill(str(daemon.paused))
    page.keyboard.press("Enter")
    expect(page.get_by_text("paused the backfill")).to_be_visible()
    expect(page.get_by_text("submitted it")).to_have_count(1)
