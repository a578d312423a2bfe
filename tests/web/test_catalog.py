"""The page of the catalog."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from web.conftest import NewPage
from web.seeding import TASKS, Seeded


def test_tasks_are_found(page: Page) -> None:
    """By project and workflow, and by a part of the name, which the address keeps."""
    page.goto("/catalog")
    tasks = page.get_by_role("region", name="Tasks", exact=True).get_by_role("row")
    expect(tasks).to_have_count(len(TASKS) + 1)
    page.get_by_role("navigation", name="Projects and workflows").get_by_role("link", name="daily").click()
    expect(page).to_have_url(re.compile(r"\?project=shop&workflow=daily$"))
    expect(tasks).to_have_count(len(TASKS) + 1)
    page.keyboard.press("/")
    page.keyboard.type("EXTRACT")
    expect(tasks).to_have_count(3)
    page.reload()
    expect(page.get_by_label("Filter tasks")).to_have_value("EXTRACT")
    expect(tasks).to_have_count(3)
    page.get_by_label("Filter tasks").fill("nobody")
    page.get_by_role("button", name="Show all").click()
    expect(tasks).to_have_count(len(TASKS) + 1)


def test_a_task_tells_all_of_itself(page: Page) -> None:
    """What it runs, on what terms, and its neighbours, which are a click away."""
    page.goto("/catalog?q=gated")
    page.get_by_role("link", name="gated", exact=True).click()
    task = page.get_by_role("region", name="Task", exact=True)
    expect(task.get_by_label("What it runs")).to_contain_text("through the gate")
    expect(task).to_contain_text("heavy")
    expect(task.get_by_role("group", name="Neighbours of gated")).to_be_visible()
    task.get_by_role("link", name="extract_users").click()
    expect(task.get_by_role("heading", name="extract_users")).to_be_visible()
    expect(task).to_contain_text("Nothing: it is virtual")
    task.get_by_role("link", name="Backfill it").click()
    expect(page.get_by_role("button", name="Remove extract_users")).to_be_visible()
    expect(page.get_by_label("Workflow", exact=True)).to_have_value("daily")


def test_what_became_of_a_task_leads_to_who_ran_it(page: Page, daemon: Seeded) -> None:
    """A cell a business date: those that ran are links to their backfill, the others say that they never did."""
    dates = daemon.get(f"/backfills/{daemon.done}")["dates"]
    page.goto(f"/catalog?task=10&from=1999-12-31&to={dates['last']}")
    cells = page.get_by_role("group", name="Business dates of the task")
    expect(cells.get_by_role("img")).to_have_accessible_name("1999-12-31: never run")
    expect(cells.get_by_role("link")).to_have_count(dates["count"])
    cells.get_by_role("link", name=f"{dates['first']}: succeeded, backfill {daemon.done}").click()
    expect(page).to_have_url(re.compile(rf"/backfills/{daemon.done}/instances"))


def test_the_catalog_is_read_again(page: Page, daemon: Seeded, faults: list[str]) -> None:
    """What its files say now is there at once; a bad one is refused with its place, and the running one stays."""
    file = daemon.host.folder / "catalog" / "shop.yaml"
    text = file.read_text()
    page.goto("/catalog?q=report")
    try:
        file.write_text(text.replace('"What the board reads"', '"What the press reads"'))
        page.get_by_role("button", name="Read it again").click()
        expect(page.get_by_text("The catalog is version")).to_be_visible()
        page.get_by_role("link", name="report").click()
        expect(page.get_by_text("What the press reads")).to_be_visible()
        file.write_text(text.replace('"virtual"', '"vertical"'))
        page.get_by_role("button", name="Read it again").click()
        expect(page.get_by_role("alert")).to_contain_text("vertical")
        faults[:] = [each for each in faults if "status of 422" not in each]
        expect(page.get_by_text("What the press reads")).to_be_visible()
    finally:
        file.write_text(text)
        daemon.host.client.post("/v1/catalog/reload").raise_for_status()


def test_who_is_no_admin_does_not_read_it_again(new_page: NewPage, daemon: Seeded) -> None:
    """The catalog is there; the button says which scope is missing."""
    made = daemon.host.client.post("/v1/tokens", json={"name": "looks at the catalog", "scope": "operate"}).json()
    page = new_page(logged_in=False)
    page.goto(f"/login?next=/catalog#token={made['token']}")
    button = page.get_by_role("button", name="Read it again")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "This needs a token with the scope admin")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_task_is_accessible(new_page: NewPage, axe: Callable[[Page], None], theme: str) -> None:
    """With its ledger, its graph and the list beside it."""
    page = new_page(theme=theme)
    page.goto("/catalog?task=4&from=2000-01-01&to=2000-02-10")
    expect(page.get_by_role("group", name="Business dates of the task").get_by_role("link")).to_have_count(20)
    expect(page.get_by_role("group", name="Neighbours of join_users")).to_be_visible()
    axe(page)
