"""The plan of a backfill, and how it is changed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from web.conftest import NewPage
from web.saying import saying
from web.seeding import Seeded


def test_a_plan_says_what_was_asked_and_decided(page: Page, daemon: Seeded) -> None:
    """The request as lines, the plan with its hash, and each task with why it is in."""
    page.goto(f"/backfills/{daemon.done}/plan")
    plan = daemon.get(f"/backfills/{daemon.done}/plan")
    expect(page.get_by_role("region", name="Asked")).to_contain_text("orders restated")
    decided = page.get_by_role("region", name="Decided")
    expect(decided).to_contain_text(plan["plan_hash"])
    expect(decided).to_contain_text("Nothing: it is as it was accepted.")
    rows = page.get_by_role("region", name="Tasks of the plan").get_by_role("row")
    expect(rows).to_have_count(len(plan["tasks"]) + 1)
    expect(rows.nth(1)).to_have_text(re.compile(rf"{plan['tasks'][0]['name']}\s*root\s*20"))
    page.get_by_label("Filter tasks").fill("join")
    expect(rows).to_have_count(2)


def test_a_backfill_is_changed_while_it_goes_on(page: Page, daemon: Seeded, faults: list[str]) -> None:
    """What a change would do is said before it is done; then the plan tells of it."""
    backfill = daemon.submit("to be changed", ["gated", "after_gated"], days=4, gate="never")
    first = daemon.get(f"/backfills/{backfill}")["dates"]["first"]
    last = daemon.get(f"/backfills/{backfill}")["dates"]["last"]
    page.goto(f"/backfills/{backfill}/plan")
    page.get_by_role("button", name="Change…").click()
    dialog = page.get_by_role("dialog", name="Change to be changed")
    parallel = dialog.get_by_label("Parallel business dates")
    expect(dialog.get_by_role("button", name="Change it")).to_be_disabled()
    parallel.fill("99")
    expect(parallel).to_have_accessible_description(re.compile("1 to 10"))
    faults[:] = [each for each in faults if "status of 422" not in each]
    parallel.fill("3")
    dialog.get_by_label("Drop dates from").fill(last)
    expect(dialog.get_by_role("status")).to_contain_text("8 instances to run became 6")
    dialog.get_by_label("Reason").fill("a holiday")
    dialog.get_by_role("button", name="Change it").click()
    expect(dialog).to_have_count(0)
    amendments = page.get_by_role("list", name="Amendments")
    expect(amendments).to_contain_text("parallel business dates: 3")
    expect(amendments).to_contain_text(f"dates dropped: {last}")
    page.get_by_text("dropped 2 cycles of 2 tasks").click()
    expect(page.get_by_role("region", name="Left out")).to_contain_text(last)
    assert daemon.get(f"/backfills/{backfill}")["parallelism"] == 3
    assert first != last
    daemon.host.act("backfills", backfill, "cancel")


def test_what_runs_has_its_plan_asked_for_once(page: Page, daemon: Seeded) -> None:
    """While instances change their states the plan stays what it is, and nobody asks for it again."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/amendments") else None)
    with saying(daemon, "planned once") as (instance, _):
        page.goto(f"/backfills/{instance['backfill_id']}/plan")
        expect(page.get_by_text("Nothing: it is as it was accepted.")).to_be_visible()
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text("1 of 1", exact=True)).to_be_visible()
    assert len(asked) == 1


def test_a_backfill_that_is_over_is_not_changed(page: Page, daemon: Seeded) -> None:
    """There is nothing left to change: the button is not there."""
    page.goto(f"/backfills/{daemon.done}/plan")
    expect(page.get_by_role("link", name="Clone").first).to_be_visible()
    expect(page.get_by_role("button", name="Change…")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_plan_and_its_change_are_accessible(
    new_page: NewPage, daemon: Seeded, axe: Callable[[Page], None], theme: str
) -> None:
    """The tab, and the dialog above it."""
    page = new_page(theme=theme)
    page.goto(f"/backfills/{daemon.paused}/plan")
    expect(page.get_by_role("region", name="Tasks of the plan").get_by_role("row")).to_have_count(3)
    axe(page)
    page.get_by_role("button", name="Change…").click()
    page.get_by_label("Parallel business dates").fill("2")
    expect(page.get_by_role("dialog").get_by_role("button", name="Change it")).to_be_enabled()
    axe(page)
