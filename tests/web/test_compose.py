"""The page that composes a request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from daemon.host import asking
from playwright.sync_api import Locator, Page, expect
from web.conftest import NewPage
from web.seeding import PROJECT, WORKFLOW, Seeded

BEGUN = "/new?project=shop&workflow=daily&task="


@pytest.fixture
def plans(page: Page) -> list[dict[str, object]]:
    """What the page has asked plans of, in order."""
    asked: list[dict[str, object]] = []

    def note(request: object) -> None:
        if request.url.endswith("/v1/plans?grid=true"):  # type: ignore[attr-defined]
            asked.append(request.post_data_json)  # type: ignore[attr-defined]

    page.on("request", note)
    return asked


@pytest.fixture
def refused(faults: list[str]) -> Callable[[int], None]:
    """Says that an answer with this status is part of the test: the browser tells of it as of a fault."""

    def expected(status: int) -> None:
        told = [each for each in faults if f"status of {status}" in each]
        assert told, faults
        for each in told:
            faults.remove(each)

    return expected


def test_a_plan_is_asked_for_once_after_the_last_key(page: Page, plans: list[dict[str, object]]) -> None:
    """While somebody writes nothing is asked; a quarter of a second after the last key, once."""
    page.clock.install()
    page.goto(f"{BEGUN}report")
    expect(page.get_by_text("Choose business dates.")).to_have_count(2)  # in the preview, and beside the button
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 5)
    first = page.get_by_label("First business date")
    for day in ("2010-01-01", "2010-01-02", "2010-01-03"):
        first.fill(day)
        page.clock.run_for(200)
    assert plans == []
    page.clock.run_for(60)
    expect(start(page, 1)).to_be_disabled()  # it has no name yet
    ranges = [{"start_biz_date": "2010-01-03", "end_biz_date": "2010-01-03"}]
    assert [each["periods"] for each in plans] == [{"biz_dates": ranges}]


def test_a_request_is_composed_and_started(page: Page, daemon: Seeded) -> None:
    """By keyboard alone: its tasks by search, its dates, its terms; the button says how much, and leads to its grid."""
    first, last = own_dates(daemon, 3)
    page.goto("/new")
    page.get_by_label("Name", exact=True).fill("by hand")
    page.get_by_label("Workflow", exact=True).select_option("daily")  # the only project is chosen
    page.get_by_label("First business date").fill(first)
    page.get_by_label("Last business date").fill(last)
    tasks = page.get_by_label("Tasks by name")
    tasks.fill("rep*t")
    tasks.press("Enter")
    expect(page.get_by_role("button", name="Remove report")).to_be_visible()
    tasks.fill("extract")
    found = page.get_by_role("listbox", name="Tasks found").get_by_role("option")
    expect(found).to_have_count(3)  # two tasks, and both at once
    tasks.press("ArrowDown")
    expect(found.nth(1)).to_have_attribute("aria-selected", "true")
    tasks.press("Enter")
    page.get_by_label("Parallel business dates").fill("3")
    page.get_by_label("Reason").fill("for the board")
    expect(page.get_by_role("region", name="Plan preview")).to_contain_text(re.compile("3 . 2"))
    expect(start(page, 6)).to_be_enabled()
    page.get_by_label("Reason").press("Enter")
    expect(page).to_have_url(re.compile("/new$"))  # nothing starts by the way
    start(page, 6).press("Enter")
    page.wait_for_url(re.compile(r"/backfills/\d+/grid"))
    made = daemon.get(f"/backfills/{page.url.split('/')[-2]}")
    assert (made["name"], made["instances"], made["parallelism"], made["comment"]) == ("by hand", 6, 3, "for the board")


def test_a_plan_that_moved_is_shown_and_asked_again(page: Page, daemon: Seeded, refused: Callable[[int], None]) -> None:
    """What was seen is what is started: else the difference is shown, and nothing has begun."""
    first, last = own_dates(daemon, 2)
    page.goto(f"{BEGUN}report")
    page.get_by_label("Name", exact=True).fill("only the rest")
    page.get_by_label("First business date").fill(first)
    page.get_by_label("Last business date").fill(last)
    page.get_by_label("What is already correct").select_option("Missing")
    expect(start(page, 2)).to_be_enabled()
    meanwhile = {**asking(first, roots=["report"], project=PROJECT), "workflow_id": WORKFLOW}
    answer = daemon.host.client.post("/v1/backfills", json=meanwhile).raise_for_status()
    daemon.stands(answer.json()["backfill_id"], "succeeded")
    start(page, 2).click()
    dialog = page.get_by_role("dialog", name="The plan has changed")
    expect(dialog.get_by_role("row", name="Instances to run")).to_have_text(re.compile(r"Instances to run\s*2\s*1"))
    refused(409)
    dialog.get_by_role("button", name="Start 1 instance").click()
    page.wait_for_url(re.compile(r"/backfills/\d+/grid"))
    assert daemon.get(f"/backfills/{page.url.split('/')[-2]}")["to_run"] == 1


def test_an_earlier_request_is_cloned(page: Page, daemon: Seeded) -> None:
    """All that it asked stands in the form again."""
    page.goto(f"/new?from={daemon.failed}")
    expect(page.get_by_label("Name", exact=True)).to_have_value("users reloaded")
    asked = daemon.get(f"/backfills/{daemon.failed}/request")
    dates = asked["periods"]["biz_dates"][0]
    expect(page.get_by_label("First business date")).to_have_value(dates["start_biz_date"])
    expect(page.get_by_label("Last business date")).to_have_value(dates["end_biz_date"])
    expect(page.get_by_label("Parallel business dates")).to_have_value("5")
    for task in ("extract_users", "picky", "after_picky"):
        expect(page.get_by_role("button", name=f"Remove {task}", exact=True)).to_be_visible()
    expect(start(page, 15)).to_be_enabled()


def test_what_is_written_over_a_clone_stays(page: Page, daemon: Seeded) -> None:
    """A clone is taken up once: another year of the calendar changes the address, and nothing of the form."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/request") else None)
    page.goto(f"/new?from={daemon.failed}")
    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_value("users reloaded")
    name.fill("mine")
    page.get_by_label("Last business date").fill("2011-06-30")  # first, so that no form between the two is refused
    page.get_by_label("First business date").fill("2010-01-01")
    page.get_by_role("button", name="2011", exact=True).click()
    expect(page.get_by_role("button", name="All years")).to_be_visible()
    expect(name).to_have_value("mine")
    assert len(asked) == 1


def test_faults_stand_at_their_fields(page: Page, refused: Callable[[int], None]) -> None:
    """What the daemon refuses is said where it was written, also where that was folded away, until it is mended."""
    page.goto(f"{BEGUN}report")
    page.get_by_label("Name", exact=True).fill("too much")
    page.get_by_label("First business date").fill("2010-02-01")
    parallel = page.get_by_label("Parallel business dates")
    parallel.fill("99")
    expect(parallel).to_have_attribute("aria-invalid", "true")
    expect(parallel).to_have_accessible_description(re.compile("1 to 10"))
    expect(page.get_by_role("button", name="Start")).to_be_disabled()
    page.get_by_text("Advanced").click()
    group = page.get_by_label("Resource group")
    group.fill("nowhere")
    page.get_by_text("Advanced").click()
    expect(group).to_have_attribute("aria-invalid", "true")
    expect(group).to_be_visible()
    group.fill("")
    parallel.fill("2")
    expect(start(page, 1)).to_be_enabled()
    expect(parallel).not_to_have_attribute("aria-invalid", "true")
    refused(422)


def test_a_date_is_taken_out_in_the_calendar(page: Page, plans: list[dict[str, object]]) -> None:
    """By arrows and Enter; the ranges of the request say it, and once more brings it back."""
    page.goto(f"{BEGUN}report")
    page.get_by_label("First business date").fill("2010-03-01")
    page.get_by_label("Last business date").fill("2010-03-31")
    expect(start(page, 31)).to_be_visible()
    page.get_by_role("button", name="2010-03-01, Monday").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    day = page.get_by_role("button", name="2010-03-09, Tuesday")
    expect(day).to_be_focused()
    page.keyboard.press("Enter")
    expect(day).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("First date of range 2")).to_have_value("2010-03-10")
    ranges = [("2010-03-01", "2010-03-08"), ("2010-03-10", "2010-03-31")]
    asked = [{"start_biz_date": first, "end_biz_date": last} for first, last in ranges]
    assert plans[-1]["periods"] == {"biz_dates": asked}
    expect(page.get_by_role("region", name="Plan preview")).to_contain_text(re.compile("30 . 1"))
    day.press("Enter")
    expect(page.get_by_label("First date of range 2")).to_have_count(0)


def test_a_forecast_of_very_much_is_made_when_somebody_asks_for_it(page: Page) -> None:
    """It keeps the daemon busy for long: above 100,000 instances a button asks for it."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/v1/forecasts" in request.url else None)
    page.goto(f"{BEGUN}hourly")
    page.get_by_label("First business date").fill("2030-01-01")
    page.get_by_label("Last business date").fill("2045-01-01")
    preview = page.get_by_role("region", name="Plan preview")
    expect(preview.get_by_role("button", name="Work it out")).to_be_visible()
    assert asked == []
    with page.expect_request("**/v1/forecasts"):
        page.get_by_label("Last business date").fill("2030-01-03")
    expect(preview.get_by_role("button", name="Work it out")).to_have_count(0)


def test_a_request_is_pasted_as_json(page: Page) -> None:
    """It fills the form; what no request has is named."""
    page.goto("/new")
    page.get_by_role("button", name="JSON").click()
    run = {"root_task_ids": ["hourly"], "parallelism": 2}
    dates = {"biz_dates": [{"start_biz_date": "2010-04-01", "end_biz_date": "2010-04-02"}]}
    request = {"name": "pasted", "project_id": "shop", "type": "SupplementData", "colour": "red"}
    page.get_by_label("JSON", exact=True).fill("{")
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_label("JSON", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("JSON", exact=True).fill(json.dumps({**request, "periods": dates, "default_run_properties": run}))
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_role("alert")).to_have_text("Left aside, as no field of a request: colour")
    expect(start(page, 48)).to_be_enabled()


def test_a_draft_is_kept_in_the_browser(page: Page) -> None:
    """Under a name, over a new load of the page, until it is dropped."""
    page.goto(f"{BEGUN}report")
    page.get_by_label("Name", exact=True).fill("some day")
    page.get_by_role("button", name="Drafts").click()
    expect(page.get_by_label("Keep this one as")).to_have_value("some day")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.goto("/new")
    page.get_by_role("button", name="Drafts").click()
    page.get_by_role("button", name="Open some day").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("some day")
    page.get_by_role("button", name="Drafts").click()
    page.get_by_role("button", name="Drop some day").click()
    expect(page.get_by_role("button", name="Open some day")).to_have_count(0)


def test_who_may_only_read_sees_why_nothing_starts(new_page: NewPage, daemon: Seeded) -> None:
    """The page is there; the button is not to be pressed, and says which scope is missing."""
    made = daemon.host.client.post("/v1/tokens", json={"name": "looks at a form", "scope": "read"}).json()
    page = new_page(logged_in=False)
    page.goto(f"/login?next={quote(f'{BEGUN}report')}#token={made['token']}")
    button = page.get_by_role("button", name="Start")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "This needs a token with the scope run")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_plan_is_accessible(new_page: NewPage, axe: Callable[[Page], None], theme: str) -> None:
    """With findings, calendar, graph and all fields unfolded."""
    page = new_page(theme=theme)
    page.goto(f"{BEGUN}report")
    page.get_by_label("First business date").fill("2010-05-01")
    page.get_by_label("Last business date").fill("2010-05-20")
    page.get_by_text("Advanced").click()
    expect(start(page, 20)).to_be_visible()
    axe(page)


def start(page: Page, instances: int) -> Locator:
    """The button that starts so many."""
    return page.get_by_role("button", name=f"Start {instances} instance{'' if instances == 1 else 's'}", exact=True)


def own_dates(daemon: Seeded, days: int) -> tuple[str, str]:
    """The first and the last of dates that no other backfill has."""
    first = daemon.free()
    return first.isoformat(), (first + timedelta(days=days - 1)).isoformat()
