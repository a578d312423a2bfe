"""The DAG of a backfill, by its keys and by what its nodes say."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from daemon.host import until
from playwright.sync_api import Locator, Page, expect
from web.seeding import Seeded

DIM = re.compile(r"(^| )dim( |$)")
ORDERS = ["extract_orders", "extract_users", "clean_orders", "join_users", "report"]


def dag(page: Page, backfill: int, query: str = "") -> Locator:
    """The nodes, once they are drawn."""
    page.goto(f"/backfills/{backfill}/dag{query}")
    found = page.get_by_role("group", name=re.compile("^DAG of")).get_by_role("button")
    expect(found.first).to_be_visible()
    return found


def node(page: Page, name: str) -> Locator:
    """The node whose name this is."""
    return page.get_by_role("group", name=re.compile("^DAG of")).get_by_role("button", name=re.compile(f"^{name} "))


@pytest.fixture(scope="module")
def orders(daemon: Seeded) -> int:
    """Two dates of five tasks in four layers, all done."""
    made = daemon.submit("orders for the DAG", ORDERS, days=2, parallelism=2)
    daemon.stands(made, "succeeded")
    return made


def test_every_task_says_what_became_of_it(page: Page, daemon: Seeded) -> None:
    """A node is named by its task, and tells how many of its instances are in each state."""
    found = dag(page, daemon.failed)
    expect(found).to_have_count(3)
    expect(node(page, "extract_users")).to_have_accessible_name("extract_users 100 %: Succeeded 5")
    expect(node(page, "picky")).to_have_accessible_name("picky 0.0 %: Failed 5")
    expect(node(page, "after_picky")).to_have_accessible_name("after_picky 0.0 %: Waiting 5")


def test_one_date_is_looked_at_and_the_next(page: Page, daemon: Seeded) -> None:
    """With a date, nodes count the instances of that date; the address says which, and a stranger is told apart."""
    first = date.fromisoformat(daemon.get(f"/backfills/{daemon.failed}")["dates"]["first"])
    dag(page, daemon.failed)
    page.get_by_role("button", name="Next date").click()
    expect(node(page, "picky")).to_have_accessible_name("picky 0.0 %: Failed 1")
    page.get_by_role("button", name="Next date").click()
    expect(page).to_have_url(re.compile(f"date={first + timedelta(days=1)}"))
    page.get_by_role("button", name="All 5 dates").click()
    expect(node(page, "picky")).to_have_accessible_name("picky 0.0 %: Failed 5")
    page.get_by_label("One date").fill("1999-12-31")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("1999-12-31 is not a date of this backfill: all are shown")


def test_arrows_follow_the_edges_and_enter_opens_the_row(page: Page, orders: int) -> None:
    """One node is come to by Tab; arrows go up and down the stream, and Enter to the row of the grid."""
    dag(page, orders)
    node(page, "extract_orders").focus()
    for name in ("clean_orders", "join_users", "report"):
        page.keyboard.press("ArrowRight")
        expect(node(page, name)).to_be_focused()
    page.keyboard.press("ArrowRight")  # nothing is further down
    expect(node(page, "report")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(node(page, "join_users")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/backfills/{orders}/grid\?y=4$"))


def test_what_hangs_together_is_lit_and_the_rest_is_dim(page: Page, orders: int) -> None:
    """Hovering a node leaves what is upstream and downstream of it as it was."""
    dag(page, orders)
    node(page, "clean_orders").hover()
    expect(node(page, "extract_users")).to_have_class(DIM)
    for name in ("extract_orders", "clean_orders", "join_users", "report"):
        expect(node(page, name)).not_to_have_class(DIM)
    page.get_by_role("combobox", name="Find a task").hover()
    expect(node(page, "extract_users")).not_to_have_class(DIM)


def test_a_chosen_task_stays_lit_and_has_ways_on(page: Page, orders: int) -> None:
    """Space chooses: the address names the task, its figures stand below, and Escape lets go of it."""
    dag(page, orders)
    node(page, "clean_orders").focus()
    page.keyboard.press(" ")
    chosen = page.get_by_role("region", name="Chosen: clean_orders")
    expect(chosen).to_contain_text("daily · layer 2 · 1 upstream, 2 downstream")
    expect(chosen.get_by_role("link", name="Instances")).to_have_attribute("href", re.compile("task=clean_orders"))
    expect(page).to_have_url(re.compile("focus=3"))
    page.reload()
    expect(node(page, "clean_orders")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(chosen).to_have_count(0)
    expect(page).not_to_have_url(re.compile("focus"))


def test_a_task_is_found_by_a_part_of_its_name(page: Page, orders: int) -> None:
    """A slash goes to the field; Enter chooses the first task that has the text in its name, out of its group too."""
    dag(page, orders, "?groups=1")
    expect(node(page, "extract_users")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("USERS")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Chosen: extract_users")).to_be_visible()
    expect(node(page, "extract_users")).to_have_attribute("aria-pressed", "true")


def test_groups_stand_for_their_tasks_and_open(page: Page, orders: int) -> None:
    """A group counts the instances of its tasks; Enter shows these in its place, and goes to the first of them."""
    found = dag(page, orders)
    expect(found).to_have_count(5)
    page.get_by_role("checkbox", name="Group by layer").check()
    expect(found).to_have_count(4)
    group = page.get_by_role("button", name=re.compile(r"^daily 2 · 2 100 % of 2 tasks: Succeeded 4$"))
    group.focus()
    page.keyboard.press("Enter")
    expect(found).to_have_count(5)
    expect(node(page, "extract_users")).to_be_focused()
    expect(page).to_have_url(re.compile(r"open=g0\.1"))


def test_the_wheel_and_the_buttons_zoom(page: Page, orders: int) -> None:
    """The wheel makes nodes larger or smaller, Fit shows all of them again."""
    dag(page, orders)
    drawing = page.locator("svg[role=group] > g")
    whole = drawing.get_attribute("transform")
    assert whole
    node(page, "clean_orders").hover()
    page.mouse.wheel(0, 300)
    expect(drawing).not_to_have_attribute("transform", whole)
    page.get_by_role("button", name="Fit").click()
    expect(drawing).to_have_attribute("transform", whole)
    page.get_by_role("button", name="Nearer").click()
    expect(drawing).not_to_have_attribute("transform", whole)


def test_nodes_follow_what_happens(page: Page, daemon: Seeded) -> None:
    """When tasks end, their nodes tell so without another look."""
    made = daemon.submit("watched in the DAG", ["gated", "after_gated"], gate="gate-of-dag", runtime_resource="default")
    until(lambda: daemon.get(f"/backfills/{made}")["counts"]["running"])
    dag(page, made)
    expect(node(page, "gated")).to_have_accessible_name("gated 0.0 %: Running 1")
    daemon.gate("gate-of-dag").touch()
    expect(node(page, "gated")).to_have_accessible_name("gated 100 %: Succeeded 1")
    expect(node(page, "after_gated")).to_have_accessible_name("after_gated 100 %: Succeeded 1")


def test_what_is_chosen_is_for_everybody_too(page: Page, orders: int, axe: Callable[[Page], None]) -> None:
    """No rule of WCAG A or AA is broken while a task is chosen and what it does not hang on is dim."""
    dag(page, orders, "?focus=3")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        axe(page)
