"""The timeline of a backfill, by its keys and by what its rows say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from daemon.host import until
from playwright.sync_api import Locator, Page, expect
from web.seeding import Seeded

SETTLED = 25
"""Dates that are done before the first that goes on."""
SPARE = {"runtime_resource": "default"}
"""Its slots are free: the tasks' own group is taken by what waits there for all tests."""


def timeline(page: Page, backfill: int, query: str = "") -> Locator:
    """The part that scrolls, once it is there."""
    page.goto(f"/backfills/{backfill}/timeline{query}")
    found = page.get_by_role("region", name=re.compile("^Timeline of"))
    expect(found).to_be_visible()
    return found


def row(page: Page, day: date) -> Locator:
    """The name of a date's row, which says all of the row."""
    return page.get_by_role("link", name=re.compile(f"^{day}: "))


def first(daemon: Seeded, backfill: int) -> date:
    """The first business date."""
    return date.fromisoformat(daemon.get(f"/backfills/{backfill}")["dates"]["first"])


@pytest.fixture(scope="module")
def long(daemon: Seeded) -> Iterator[int]:
    """Sixty dates that wait for a file, the first ones set to have succeeded, two going on."""
    made = daemon.submit("long", ["gated"], days=60, gate="gate-of-timeline", parallelism=2, **SPARE)
    until(lambda: daemon.get(f"/backfills/{made}")["counts"]["running"] == 2)
    last = first(daemon, made) + timedelta(days=SETTLED - 1)
    chosen = {"backfill": {"any_": [made]}, "business_date": {"before_": str(last)}}
    asked = {"act": "set_succeeded", "filter": chosen, "force": True}
    answer = daemon.host.client.post("/v1/task_instances/bulk_set_state", json=asked)
    assert answer.status_code == 200, answer.text
    until(lambda: daemon.get(f"/backfills/{made}")["counts"]["succeeded"] >= SETTLED)
    daemon.get(f"/backfills/{made}/forecast")  # who asks waits for it: the page then knows it at once
    yield made
    daemon.host.act("backfills", made, "cancel")


@pytest.fixture(scope="module")
def nightly(daemon: Seeded) -> int:
    """Dates whose tasks may start within one hour, half a day from now."""
    opens = datetime.now(UTC) + timedelta(hours=12)
    hours = {"type": "Daily", "start_time": f"{opens:%H}:00:00", "end_time": f"{opens:%H}:59:59"}
    made = daemon.submit("by night", ["gated"], days=3, run_policy=hours)
    daemon.get(f"/backfills/{made}/forecast")
    return made


def test_what_is_done_is_told_row_by_row(page: Page, daemon: Seeded) -> None:
    """Each date says what became of it and when it ran, in run order; the zone of the times is named."""
    timeline(page, daemon.done)
    rows = page.get_by_role("list", name="Business dates").get_by_role("link")
    begin = first(daemon, daemon.done)
    expect(rows.first).to_have_text(str(begin))
    expect(rows.nth(1)).to_have_text(str(begin + timedelta(days=1)))
    expect(row(page, begin)).to_have_accessible_name(re.compile(r": succeeded, 4 of 4 instances done, from 2\d{3}-"))
    expect(page.get_by_text(re.compile("^Ended 2"))).to_be_visible()
    expect(page.get_by_text(re.compile("20 dates in run order · times of "))).to_be_visible()


def test_what_failed_is_told_by_words_too(page: Page, daemon: Seeded) -> None:
    """Colour is not the only sign of a failure."""
    timeline(page, daemon.failed)
    expect(row(page, first(daemon, daemon.failed))).to_have_accessible_name(re.compile("failed, .* 1 failed"))
    expect(page.get_by_role("list", name="Signs")).to_contain_text("failed")


def test_it_opens_where_work_goes_on(page: Page, daemon: Seeded, long: int) -> None:
    """The first date that runs is in sight, however many are done before it; the rest is forecast."""
    timeline(page, long)
    running = row(page, first(daemon, long) + timedelta(days=SETTLED))
    expect(running).to_be_in_viewport()
    expect(running).to_have_accessible_name(re.compile(": running, .*since 2"))
    expect(page.get_by_text(re.compile("^Expected end 2"))).to_be_visible()
    expect(page.get_by_role("list", name="Signs")).to_contain_text("forecast to 90 %")
    expect(running).to_have_accessible_name(
        re.compile("expected to end at .*, nine of ten times by|expected to end at")
    )


def test_rows_are_gone_through_by_keys(page: Page, daemon: Seeded, long: int) -> None:
    """Tab comes to one row; arrows, Home and End go to the others, and Enter to the tasks of the date."""
    timeline(page, long).focus()
    begin = first(daemon, long)
    page.keyboard.press("Home")
    expect(row(page, begin)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(row(page, begin + timedelta(days=1))).to_be_focused()
    page.keyboard.press("End")
    last = row(page, begin + timedelta(days=59))
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/backfills/{long}/timeline\?by=task&date={begin + timedelta(days=59)}$"))


def test_only_rows_that_are_seen_are_there(page: Page, long: int) -> None:
    """The page holds some rows of sixty, and says to readers how many there are."""
    timeline(page, long)
    rows = page.get_by_role("list", name="Business dates").get_by_role("listitem")
    expect(rows.first).to_have_attribute("aria-setsize", "60")
    assert 10 < rows.count() < 50


def test_time_is_made_wider_and_fits_again(page: Page, long: int) -> None:
    """Plus and minus, the buttons and 0 change how wide time is; the address says it."""
    timeline(page, long, "?zoom=1").focus()
    page.keyboard.press("+")
    expect(page.get_by_text("2 times as wide")).to_be_visible()
    expect(page).to_have_url(re.compile("zoom=2"))
    page.get_by_role("button", name="Wider").click()
    expect(page.get_by_text("4 times as wide")).to_be_visible()
    page.get_by_role("region", name=re.compile("^Timeline of")).focus()
    page.keyboard.press("0")
    expect(page.get_by_text("All of it")).to_be_visible()
    expect(page.get_by_role("button", name="Narrower")).to_be_disabled()


def test_hours_in_which_nothing_may_start_are_folded(page: Page, nightly: int) -> None:
    """Run windows are shaded and named by their hours; what lies before them is folded unless asked otherwise."""
    timeline(page, nightly)
    expect(page.get_by_text(re.compile("^Expected end 2"))).to_be_visible()
    expect(page.get_by_role("list", name="Signs")).to_contain_text("run window")
    fold = page.get_by_role("checkbox", name="Fold idle hours")
    expect(fold).to_be_checked()
    expect(page.get_by_title(re.compile("^1[012] h.* folded$"))).to_have_count(1)
    fold.uncheck()
    expect(page.get_by_title(re.compile("folded$"))).to_have_count(0)
    expect(page).to_have_url(re.compile("fold=0"))


def test_rows_follow_what_happens(page: Page, daemon: Seeded) -> None:
    """A date that ends tells so without another look."""
    made = daemon.submit("watched in time", ["gated"], gate="gate-of-watched", **SPARE)
    until(lambda: daemon.get(f"/backfills/{made}")["counts"]["running"])
    timeline(page, made)
    day = row(page, first(daemon, made))
    expect(day).to_have_accessible_name(re.compile(": running"))
    daemon.gate("gate-of-watched").touch()
    expect(day).to_have_accessible_name(re.compile(": succeeded"))
    expect(page.get_by_text(re.compile("^Ended 2"))).to_be_visible()


def test_what_was_last_known_stays_when_the_daemon_does_not_answer(
    page: Page, daemon: Seeded, faults: list[str]
) -> None:
    """Trouble is told with a way to try again; rows stay as they were."""
    timeline(page, daemon.paused)
    day = row(page, first(daemon, daemon.paused))
    expect(day).to_be_attached()
    page.route("**/timeline", lambda route: route.abort())
    daemon.host.act("backfills", daemon.paused, "hold")
    trouble = page.get_by_role("alert").filter(has_text="The timeline could not be loaded.")
    expect(trouble).to_be_visible()
    expect(day).to_be_attached()
    page.unroute("**/timeline")
    trouble.get_by_role("button", name="Try again").click()
    expect(trouble).to_have_count(0)
    faults.clear()  # that it was cut off is what this test is about
    daemon.host.act("backfills", daemon.paused, "release")


def test_attempts_of_a_date_are_bars_of_their_tasks(page: Page, daemon: Seeded) -> None:
    """A date leads to its tasks with their attempts, brackets to the dates beside it, and Enter to an instance."""
    made = daemon.submit("by task", ["extract_users", "picky", "after_picky"], days=2, parallelism=2, **SPARE)
    daemon.stands(made, "failed")
    tried = daemon.instance(made, "picky")
    assert daemon.host.client.post(f"/v1/task_instances/{tried['id']}/rerun").status_code == 200
    until(
        lambda: (
            [bool(each["ended_at"]) for each in daemon.get(f"/task_instances/{tried['id']}")["attempts"]] == [True] * 2
        )
    )
    begin = first(daemon, made)
    timeline(page, made)
    page.get_by_role("navigation", name="Rows of the timeline").get_by_role("link", name="Tasks of a date").click()
    tasks = page.get_by_role("list", name="Tasks").get_by_role("link")
    expect(tasks).to_have_count(3)
    expect(page.get_by_text(re.compile("^3 task instances of "))).to_be_visible()
    page.goto(f"/backfills/{made}/timeline?by=task&date={begin}")
    picky = page.get_by_role("link", name=re.compile("^picky: "))
    expect(picky).to_have_accessible_name(re.compile("^picky: failed, attempt 2, from 2"))
    expect(page.get_by_role("list", name="Signs")).to_contain_text("earlier attempt")
    page.keyboard.press("]")
    expect(page).to_have_url(re.compile(f"date={begin + timedelta(days=1)}"))
    expect(picky).to_have_accessible_name(re.compile("attempt 1"))
    expect(page.get_by_role("button", name="Date behind")).to_be_disabled()
    picky.press("Enter")
    expect(page.get_by_role("dialog", name=re.compile("picky"))).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/timeline/i/{daemon.instance(made, 'picky', day=1)['id']}\?by=task"))
