"""Slots, run windows, and what waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect
from web.seeding import Seeded


def test_a_group_names_who_holds_its_slots(page: Page, daemon: Seeded) -> None:
    """Each resource group has its slots, how many are in use, and by which backfill."""
    page.goto("/capacity")
    heavy = page.get_by_role("article", name="Resource group heavy")
    expect(heavy).to_contain_text("2 of 2 slots")
    expect(heavy.get_by_role("listitem")).to_have_text(["gated reload 2"])
    default = page.get_by_role("article", name="Resource group default")
    expect(default).to_contain_text("of 4 slots")
    heavy.get_by_role("link", name="gated reload").press("Enter")
    expect(page.get_by_role("heading", name="gated reload")).to_be_visible()


def test_what_waits_says_why_and_comes_and_goes_by_itself(page: Page, daemon: Seeded) -> None:
    """A backfill that lacks a slot names the group and who has it; once it is cancelled it is gone."""
    page.goto("/capacity")
    table = page.get_by_role("table", name="Backfills that wait")
    expect(table).to_contain_text("an operator has paused it")
    late = daemon.submit("comes late", ["gated"])
    line = table.get_by_role("row").filter(has_text="comes late")
    expect(line).to_contain_text(f"no slot in heavy: 2 of 2 are taken, by backfill {daemon.going}")
    daemon.host.act("backfills", late, "cancel")
    expect(line).to_have_count(0)


def test_a_run_window_says_when_it_opens(page: Page, daemon: Seeded) -> None:
    """Of a backfill with a run window there are its times, their zone, and whether it is open."""
    start = (datetime.now(UTC) + timedelta(hours=12)).strftime("%H:00:00")
    end = (datetime.now(UTC) + timedelta(hours=14)).strftime("%H:00:00")
    policy = {"type": "Daily", "start_time": start, "end_time": end}
    night = daemon.submit("at night", ["extract_orders"], run_policy=policy)
    page.goto("/capacity")
    line = (
        page.get_by_role("table", name="Run windows of open backfills").get_by_role("row").filter(has_text="at night")
    )
    expect(line).to_contain_text(f"{start[:5]}\N{EN DASH}{end[:5]} UTC")
    expect(line).to_contain_text("opens")
    daemon.host.act("backfills", night, "cancel")
    expect(line).to_have_count(0)
