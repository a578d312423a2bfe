"""The drawer of an instance: what it says, what can be done, and a log that grows while somebody reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from daemon.host import until
from playwright.sync_api import Locator, Page, expect
from web.conftest import NewPage
from web.saying import saying
from web.seeding import Seeded


def opened(page: Page, instance: dict[str, Any], tab: str = "instances") -> Locator:
    """The drawer of an instance, by its address."""
    page.goto(f"/backfills/{instance['backfill_id']}/{tab}/i/{instance['id']}")
    drawer = page.get_by_role("dialog", name=instance["task"])
    expect(drawer.get_by_role("heading")).to_be_visible()
    return drawer


def lines(drawer: Locator) -> Locator:
    """What scrolls."""
    return drawer.get_by_role("group", name="Lines of the log")


def test_it_takes_the_focus_and_gives_it_back(page: Page, daemon: Seeded) -> None:
    """Opened by the keyboard it has the focus, and Escape returns to what opened it."""
    page.goto(f"/backfills/{daemon.done}/instances")
    link = page.get_by_role("link", name="report").first
    link.focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="report")
    expect(drawer).to_be_focused()
    expect(drawer).to_contain_text("Succeeded")
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(link).to_be_focused()
    expect(page).to_have_url(re.compile(r"/instances$"))


def test_it_says_what_an_instance_waits_for(page: Page, daemon: Seeded) -> None:
    """Why it waits is said in words, and what is in its way is a step away."""
    drawer = opened(page, daemon.instance(daemon.going, "after_gated"), "grid")
    why = drawer.get_by_role("region", name="Why")
    expect(why).to_contain_text("waits for gated")
    why.get_by_role("link", name="gated").press("Enter")
    drawer = page.get_by_role("dialog", name="gated", exact=True)
    expect(drawer).to_contain_text("Running")
    expect(drawer.get_by_text("Elapsed")).to_be_visible()
    expect(drawer).to_contain_text("one of heavy")


def test_brackets_step_through_the_dates(page: Page, daemon: Seeded) -> None:
    """`[` and `]` open the same task on the dates around; before the first there is nothing."""
    first, second = daemon.instance(daemon.done, "report", 0), daemon.instance(daemon.done, "report", 1)
    drawer = opened(page, first)
    expect(drawer.get_by_role("button", name="Next date")).to_be_enabled()
    expect(drawer.get_by_role("button", name="Previous date")).to_be_disabled()
    page.keyboard.press("]")
    expect(page).to_have_url(re.compile(f"/i/{second['id']}$"))
    expect(drawer).to_contain_text(second["bizdate"])
    page.keyboard.press("[")
    expect(drawer).to_contain_text(first["bizdate"])


def test_colours_are_shown_and_codes_are_not(page: Page, daemon: Seeded) -> None:
    """What a task writes in green reads as its text, and is text also where it looks like markup."""
    with saying(daemon, "colours") as (instance, said):
        drawer = opened(page, instance)
        said.write("plain \033[32mall is done\033[0m \033[2K<b onclick=alert(1)>\007bold</b>\n")
        expect(lines(drawer)).to_contain_text("plain all is done <b onclick=alert(1)>bold</b>")
        green, black = (
            lines(drawer).get_by_text(text).evaluate("(piece) => getComputedStyle(piece).color")
            for text in ("all is done", "bold")
        )
        assert green != black


def test_a_long_log_begins_with_its_last_part(page: Page, daemon: Seeded) -> None:
    """64 KiB at first, and what is before them is said and downloaded; a filter finds lines."""
    with saying(daemon, "long") as (instance, said):
        said.write("".join(f"this is line number {at:05}\n" for at in range(8000)))
        said.write("and this is the last\n")
    daemon.stands(instance["backfill_id"], "succeeded")
    drawer = opened(page, instance)
    expect(lines(drawer)).to_contain_text("and this is the last")
    expect(drawer).to_contain_text(re.compile(r"The first \d+ KiB are in the download"))
    drawer.get_by_role("searchbox").fill("NUMBER 07990")
    expect(drawer.get_by_role("status").filter(has_text="1 of 2,")).to_be_visible()
    expect(lines(drawer)).to_have_text(re.compile("this is line number 07990"))
    with page.expect_download() as downloaded:
        drawer.get_by_role("link", name="Download").click()
    assert downloaded.value.path().read_text().startswith("this is line number 00000\n")
    assert downloaded.value.suggested_filename == f"says-{instance['bizdate']}-1.log"


def test_a_log_never_moves_under_the_eyes_of_a_reader(page: Page, daemon: Seeded) -> None:
    """It stays at its end while it grows; scrolled up it stays where it is, and at its end it goes on again."""
    with saying(daemon, "reading") as (instance, said):
        drawer = opened(page, instance)
        said.write("".join(f"line {at}\n" for at in range(300)))
        follow = drawer.get_by_role("button", name="Follow")
        expect(lines(drawer).get_by_text("line 299", exact=True)).to_be_in_viewport()
        expect(follow).to_have_attribute("aria-pressed", "true")

        lines(drawer).focus()
        page.keyboard.press("Home")
        expect(follow).to_have_attribute("aria-pressed", "false")
        expect(lines(drawer).get_by_text("line 0", exact=True)).to_be_in_viewport()
        said.write("".join(f"line {at}\n" for at in range(300, 6000)))  # more than are kept: the first ones go
        expect(drawer.get_by_role("status").filter(has_text="5,000 lines")).to_be_visible()
        expect(follow).to_have_attribute("aria-pressed", "false")
        lines(drawer).evaluate("(pane) => pane.scrollTo(0, 1800)")
        seen = lines(drawer).get_by_text("line 1110", exact=True)
        expect(seen).to_be_in_viewport()
        before = seen.bounding_box()
        said.write("".join(f"line {at}\n" for at in range(6000, 6050)))
        until(lambda: lines(drawer).evaluate("(pane) => pane.scrollTop") == 900)
        assert seen.bounding_box() == before

        page.keyboard.press("End")
        expect(follow).to_have_attribute("aria-pressed", "true")
        said.write("the newest\n")
        expect(lines(drawer).get_by_text("the newest")).to_be_in_viewport()
    expect(drawer).to_contain_text("Succeeded")
    expect(follow).to_have_count(0)


def test_each_attempt_has_its_log(page: Page, daemon: Seeded) -> None:
    """The newest attempt is shown, another by `?attempt=`, which stepping to another instance leaves behind."""
    backfill = daemon.submit("twice", ["picky"], days=2, gate="nowhere", parallelism=2)
    daemon.stands(backfill, "failed")
    instance = daemon.instance(backfill, "picky")
    daemon.host.act("task_instances", instance["id"], "rerun")
    daemon.stands(backfill, "failed")
    drawer = opened(page, instance)
    expect(drawer).to_contain_text("attempt 2 of 2")
    attempts = drawer.get_by_role("navigation", name="Attempts").get_by_role("link")
    expect(attempts).to_have_text([re.compile("^#2 failed, exit code 1"), re.compile("^#1 failed, exit code 1")])
    attempts.nth(1).press("Enter")
    expect(page).to_have_url(re.compile(r"\?attempt=1$"))
    expect(drawer.get_by_role("region", name="Log of attempt 1")).to_contain_text("looking for")
    page.keyboard.press("]")
    expect(page).not_to_have_url(re.compile("attempt"))


def test_an_attempt_that_is_read_stays(page: Page, daemon: Seeded) -> None:
    """One that begins does not take the place of the one that somebody reads; it is there to be chosen."""
    with saying(daemon, "again") as (instance, said):
        drawer = opened(page, instance)
        said.write("".join(f"line {at}\n" for at in range(300)))
        expect(lines(drawer).get_by_text("line 299", exact=True)).to_be_in_viewport()
        lines(drawer).focus()
        page.keyboard.press("Home")
        expect(page).to_have_url(re.compile(r"\?attempt=1$"))
    daemon.stands(instance["backfill_id"], "succeeded")
    daemon.host.act("task_instances", instance["id"], "rerun")
    with daemon.gate("again").open("w", buffering=1) as said:
        said.write("once more\n")
        newest = drawer.get_by_role("navigation", name="Attempts").get_by_role("link", name=re.compile("#2"))
        expect(newest).to_be_visible()
        expect(lines(drawer).get_by_text("line 0", exact=True)).to_be_in_viewport()
        newest.press("Enter")
        expect(lines(drawer)).to_have_text("once more")


def test_what_is_offered_follows_the_state(page: Page, daemon: Seeded) -> None:
    """What waits can be held and, undone, goes on; what runs can be stopped, which asks first."""
    backfill = daemon.submit("acts", ["gated", "after_gated"], gate="acts")
    drawer = opened(page, daemon.instance(backfill, "after_gated"))
    drawer.get_by_role("button", name="Hold").press("Enter")
    expect(drawer.get_by_role("button", name="Release")).to_be_visible()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(drawer.get_by_role("button", name="Hold")).to_be_visible()


def test_a_cancelled_one_can_run_again(page: Page, daemon: Seeded) -> None:
    """A grave act states how many it meets, and Escape leaves all as it was, the drawer too."""
    drawer = opened(page, daemon.instance(daemon.submit("graves", ["gated"], gate="graves"), "gated"))
    cancel = drawer.get_by_role("button", name=re.compile("Cancel|Stop"))
    cancel.press("Enter")
    question = page.get_by_role("dialog", name=re.compile("1 instance"))
    expect(question).to_contain_text("Exactly 1 instance of gated")
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(cancel).to_be_focused()
    cancel.press("Enter")
    question.get_by_role("button", name=re.compile("^(Cancel|Stop) 1$")).press("Enter")
    expect(drawer.get_by_role("button", name="Rerun", exact=True)).to_be_visible()
    expect(drawer).to_contain_text("Cancelled")


def test_all_that_is_downstream_is_asked_first(page: Page, daemon: Seeded) -> None:
    """Nobody sees how many are downstream of one: it does not run again with them before the question is answered."""
    drawer = opened(page, daemon.instance(daemon.failed, "picky"))
    drawer.get_by_role("button", name="Rerun with downstream").press("Enter")
    question = page.get_by_role("dialog", name="Rerun 1 instance?")
    expect(question).to_contain_text("and what is downstream")
    question.get_by_role("button", name="Back").press("Enter")
    assert daemon.instance(daemon.failed, "picky")["state"] == "failed"


def test_escape_leaves_the_filter_first(page: Page, daemon: Seeded) -> None:
    """`/` goes to the filter of the log; Escape empties it, and only then closes the drawer."""
    drawer = opened(page, daemon.instance(daemon.going, "extract_orders"))
    expect(lines(drawer)).to_contain_text("200")
    page.keyboard.press("/")
    page.keyboard.type("no line")
    expect(drawer).to_contain_text("No line has this text.")
    page.keyboard.press("Escape")
    expect(lines(drawer)).to_contain_text("200")
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(new_page: NewPage, daemon: Seeded, axe: Callable[[Page], None], theme: str) -> None:
    """No rule of WCAG A or AA is broken, with a log, attempts and a reason in view."""
    page = new_page(theme=theme)
    drawer = opened(page, daemon.instance(daemon.failed, "picky"), "grid")
    expect(lines(drawer)).to_contain_text("looking for")
    axe(page)
    expect(
        opened(page, daemon.instance(daemon.failed, "after_picky")).get_by_role("region", name="Why")
    ).to_be_visible()
    axe(page)


def test_an_unknown_instance_is_said(page: Page, daemon: Seeded, faults: list[str]) -> None:
    """An address of what is not there says so; the page behind it stays."""
    page.goto(f"/backfills/{daemon.done}/instances/i/999999999999")
    expect(page.get_by_role("dialog", name="Instance 999999999999")).to_contain_text("no task instance")
    expect(page.get_by_role("table")).to_be_visible()
    assert {fault.partition("status of ")[2][:3] for fault in faults} == {"404"}
    faults.clear()
