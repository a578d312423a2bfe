"""The grid of a backfill, by its keys, by what it says, and by `window.__grid`, as nothing can be read of a canvas."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from urllib.parse import parse_qs, urlsplit

import pytest
from daemon.host import TRIES, Host, until
from playwright.sync_api import Locator, Page, expect
from web.conftest import NewPage
from web.seeding import LAYER, Big, Seeded

SHOWN = 3.0
"""Seconds until ten years of 500 tasks are to be seen."""
PAINT = 25.0
"""Milliseconds of a paint, at the median."""
IDLE = 2000
"""Milliseconds in which a page where nothing changes paints nothing."""
CELLS = """() => __grid.rows().flatMap(
  (row) => __grid.columns().map((column) => [row, column, __grid.counts(row, column)]))"""


def grid(page: Page, backfill: int, query: str = "") -> Locator:
    """The grid, with the focus on it."""
    page.goto(f"/backfills/{backfill}/grid{query}")
    found = page.get_by_role("application")
    found.focus()
    return found


def says(page: Page, text: str | re.Pattern[str]) -> None:
    """What a screen reader is told of the cell that has the focus."""
    expect(page.locator("[aria-live=polite]").filter(has_text=text)).to_have_count(1)


def first(daemon: Seeded, backfill: int) -> date:
    """The first business date."""
    return date.fromisoformat(daemon.get(f"/backfills/{backfill}")["dates"]["first"])


def asked(page: Page) -> dict[str, str]:
    """What the query of the address says."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def stored(daemon: Seeded, backfill: int) -> Counter[tuple[str, str, str]]:
    """How many instances of each task and date are in each state, as the API says."""
    return Counter((str(each["task_id"]), each["bizdate"], each["state"]) for each in daemon.host.instances(backfill))


def shown(page: Page) -> Counter[tuple[str, str, str]]:
    """The same as the grid shows, where a column is a date and no task is in a group."""
    cells = page.evaluate(CELLS)
    return Counter({(row, column, state): n for row, column, counts in cells for state, n in counts.items() if n})


class Steady(Seeded):
    """A daemon that a page finds again when it has been killed: it listens where it did."""

    def __init__(self, host: Host) -> None:
        """With the catalog, and no backfill yet."""
        super().__init__(host)
        host.port = int(self.url.rpartition(":")[2])


@pytest.fixture
def steady(tmp_path: Path) -> Iterator[Steady]:
    """Its own, to be killed."""
    host = Host(tmp_path, groups={"heavy": {"slots": 2}})
    try:
        yield Steady(host)
    finally:
        (tmp_path / "gate").touch()
        host.close()


def test_arrows_move_and_what_they_reach_is_said(page: Page, daemon: Seeded) -> None:
    """Each key moves the focus by its distance, and the cell that has it is said with its date, task and state."""
    day = first(daemon, daemon.failed)
    grid(page, daemon.failed)
    for key, days, told in [
        ("ArrowDown", 0, "picky: Failed 1"),
        ("ArrowRight", 1, "picky: Failed 1"),
        ("End", 4, "picky: Failed 1"),
        ("PageDown", 4, "after_picky: Waiting 1"),
        ("Home", 0, "after_picky: Waiting 1"),
        ("PageUp", 0, "extract_users: Succeeded 1"),
    ]:
        page.keyboard.press(key)
        says(page, f"{day + timedelta(days)}, {told}")


def test_enter_opens_the_instance_and_escape_leads_back(page: Page, daemon: Seeded) -> None:
    """The cell of one instance opens it beside the grid; whoever closes it is where they were."""
    grid(page, daemon.failed)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    instance = daemon.instance(daemon.failed, "picky")["id"]
    expect(page).to_have_url(re.compile(rf"/backfills/{daemon.failed}/grid/i/{instance}\b"))
    expect(page.get_by_role("dialog", name="picky")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(rf"/backfills/{daemon.failed}/grid(\?|$)"))


def test_f_goes_from_failure_to_failure(page: Page, daemon: Seeded) -> None:
    """`f` leads to the next failure by date, `Shift+f` to the one before, round the ends."""
    day = first(daemon, daemon.failed)
    grid(page, daemon.failed)
    for key, days in [("f", 0), ("f", 1), ("Shift+F", 0), ("Shift+F", 4), ("f", 0)]:
        page.keyboard.press(key)
        says(page, f"{day + timedelta(days)}, picky: Failed 1")


def test_what_is_selected_is_counted_and_stands_in_the_address(
    page: Page, daemon: Seeded, axe: Callable[[Page], None]
) -> None:
    """Shift and arrows select; the numbers are told, the address holds it, and Escape lets go."""
    day = first(daemon, daemon.failed)
    grid(page, daemon.failed)
    for key in ("Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    toolbar = page.get_by_role("toolbar", name="Selected instances")
    expect(toolbar).to_contain_text(f"6 selected {day} → {day + timedelta(1)} · 2 failed")
    expect(page).to_have_url(re.compile("sel="))
    assert asked(page)["sel"] == f"{day}..{day + timedelta(1)},2..8"
    page.reload()
    expect(toolbar).to_contain_text("6 selected")
    axe(page)
    page.keyboard.press("Escape")
    expect(toolbar).to_be_hidden()
    expect(page).not_to_have_url(re.compile("sel="))


def test_dragging_selects_and_a_click_opens(page: Page, daemon: Seeded) -> None:
    """The pointer does what the keys do; the first click after a selection only lets go of it."""
    box = grid(page, daemon.done).bounding_box()
    assert box is not None
    left, top = box["x"] + 206 + 20, box["y"] + 30 + 8
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 80, top + 16, steps=4)
    page.mouse.up()
    expect(page.get_by_role("toolbar", name="Selected instances")).to_contain_text("6 selected")
    page.mouse.click(left, top)
    expect(page.get_by_role("toolbar", name="Selected instances")).to_be_hidden()
    page.mouse.click(left, top)
    expect(page).to_have_url(re.compile(r"/grid/i/\d+"))


def test_an_act_meets_what_is_selected_and_nothing_else(page: Page, daemon: Seeded) -> None:
    """Acts go by a filter of dates and tasks: exactly what was selected runs again, and the grid shows it."""
    backfill = daemon.submit("some again", ["picky", "after_picky"], days=4, parallelism=4, gate="some")
    daemon.stands(backfill, "failed")
    daemon.gate("some").touch()
    day = first(daemon, backfill)
    grid(page, backfill)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_role("toolbar").get_by_role("button", name="Rerun")).to_be_enabled()
    page.keyboard.press("r")
    again = {(str(7), str(day + timedelta(days)), "succeeded") for days in (1, 2)}
    says(page, f"{day + timedelta(2)}, picky: Succeeded 1")
    until(lambda: again <= stored(daemon, backfill).keys())
    assert {key for key in stored(daemon, backfill) if key[2] == "failed"} == {
        ("7", str(day), "failed"),
        ("7", str(day + timedelta(3)), "failed"),
    }
    expect(page.get_by_role("toolbar", name="Selected instances")).to_contain_text("· 0 failed")
    until(lambda: stored(daemon, backfill) == shown(page))


def test_a_grave_act_asks_with_the_exact_number(page: Page, daemon: Seeded) -> None:
    """Marking as succeeded asks first, and says how many instances the filter finds."""
    backfill = daemon.submit("given up", ["picky", "after_picky"], days=3, parallelism=3, gate="never")
    daemon.stands(backfill, "failed")
    grid(page, backfill)
    page.keyboard.press("Shift+End")
    page.get_by_role("button", name="Mark succeeded").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Exactly 3 instances selected from")
    dialog.get_by_role("button", name="Mark as succeeded 3").click()
    daemon.stands(backfill, "succeeded")
    until(lambda: stored(daemon, backfill) == shown(page))


def test_what_is_held_is_seen_at_once_and_let_go_again(page: Page, daemon: Seeded) -> None:
    """Holding needs no question; it is told of the focused cell as soon as it is so, and Undo releases the same."""
    backfill = daemon.submit("held back", ["gated"], days=2, gate="never")
    day = first(daemon, backfill)
    grid(page, backfill)
    page.keyboard.press("Shift+ArrowRight")
    page.get_by_role("button", name="Hold").click()
    held = re.compile(rf"{day + timedelta(1)}, gated: \w+ 1, held$")
    says(page, held)
    page.get_by_role("button", name="Undo").click()
    says(page, re.compile(rf"{day + timedelta(1)}, gated: \w+ 1$"))
    assert not any(each["held"] for each in daemon.host.instances(backfill))


def test_a_closer_look_is_a_step_back(page: Page, daemon: Seeded) -> None:
    """Enter on a month shows its days, beginning there; Back shows the months again."""
    grid(page, daemon.done, "?unit=month")
    months = page.evaluate("() => __grid.columns()")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("unit=day"))
    assert len(page.evaluate("() => __grid.columns()")) == 20
    page.go_back()
    expect(page.get_by_role("combobox", name="Columns")).to_have_value("month")
    assert page.evaluate("() => __grid.columns()") == months


def test_rows_are_grouped_shut_and_filtered(page: Page, daemon: Seeded) -> None:
    """Groups hold their tasks, shut ones hide them without losing an instance, and a filter leaves what it names."""
    grid(page, daemon.done, "?group=layer&unit=quarter")
    rows = page.evaluate("() => __grid.rows()")
    assert [row for row in rows if not row.startswith("g")] == ["2", "3", "4", "10"]
    page.get_by_role("button", name="Shut all").click()
    expect(page.get_by_role("button", name="Open all")).to_be_visible()
    assert all(row.startswith("g") for row in page.evaluate("() => __grid.rows()"))
    assert sum(shown(page).values()) == 80
    page.get_by_role("button", name="Open all").click()
    page.keyboard.press("/")
    page.keyboard.type("users")
    expect(page.get_by_role("application")).to_have_attribute("aria-label", re.compile("4 rows"))
    page.keyboard.type("nobody")
    page.get_by_role("button", name="All tasks").click()
    expect(page.get_by_role("application")).to_have_attribute("aria-label", re.compile(f"{len(rows)} rows"))


def test_cycles_of_a_date_are_one_cell_and_a_list(page: Page, daemon: Seeded) -> None:
    """A task with a cycle each hour has all of a date's in its cell; Enter lists them."""
    day = first(daemon, daemon.paused) + timedelta(2)
    grid(page, daemon.paused)
    page.keyboard.press("End")
    page.keyboard.press("PageDown")
    says(page, f"{day}, hourly: Waiting 24")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/instances"))
    assert asked(page) == {"task": "hourly", "from": str(day), "to": str(day)}
    expect(page.get_by_role("row").filter(has_text="hourly")).to_have_count(24)


def test_a_page_that_may_only_read_offers_no_act(new_page: NewPage, daemon: Seeded) -> None:
    """Acts are disabled, with the scope that is missing, for a token that may only look."""
    made = daemon.host.client.post("/v1/tokens", json={"name": "looks at the grid", "scope": "read"}).json()
    page = new_page(logged_in=False)
    page.goto(f"/login?next=/backfills/{daemon.failed}/grid#token={made['token']}")
    page.get_by_role("application").focus()
    page.keyboard.press("Shift+ArrowDown")
    button = page.get_by_role("toolbar", name="Selected instances").get_by_role("button", name="Rerun")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", re.compile("operate"))


def test_no_gap_is_left_by_a_daemon_that_was_killed(steady: Steady, new_page: NewPage, faults: list[str]) -> None:
    """While it is away the page says so and keeps what it has; when it is back the grid has every byte that it has."""
    backfill = steady.submit("through a death", ["extract_users", "gated", "after_gated"], days=4, parallelism=2)
    until(lambda: steady.get(f"/backfills/{backfill}")["counts"]["running"] == 2)
    page = new_page(steady)
    grid(page, backfill, "?group=none&unit=day")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    steady.host.kill()
    expect(page.get_by_text("Reconnecting")).to_be_visible()
    assert sum(shown(page).values()) == 12
    steady.gate("gate").touch()
    steady.host.start()
    steady.stands(backfill, "succeeded")
    expect(page.get_by_text("Reconnecting")).to_be_hidden()
    until(lambda: stored(steady, backfill) == shown(page))
    assert {state for _, _, state in shown(page)} == {"succeeded"}
    assert all("ERR_" in each for each in faults), faults
    faults.clear()  # that nobody answers for a while is what was tried


def painted(page: Page, at_least: int) -> list[float]:
    """Milliseconds of each paint, once there were so many."""
    until(lambda: page.evaluate("() => window.__grid?.paints ?? 0") >= at_least)
    times: list[float] = page.evaluate("() => __grid.times")
    return times


def paged(page: Page, steps: int) -> list[float]:
    """Milliseconds of the paints of going down by so many pages."""
    page.get_by_role("application").focus()
    before = len(page.evaluate("() => __grid.times"))
    for step in range(steps):
        page.keyboard.press("PageDown")
        painted(page, before + step + 1)
    return painted(page, before + steps)[before:]


def test_ten_years_are_seen_at_once_and_an_idle_page_paints_nothing(new_page: NewPage, big: Big) -> None:
    """3,650 dates of 500 tasks are there within seconds, a paint is short, and where nothing changes there is none."""
    page = new_page(big)
    seconds: list[float] = []
    paints: list[float] = []
    for _ in range(TRIES):
        page.goto(f"/backfills/{big.backfill}/grid")
        painted(page, 1)
        seconds.append(page.evaluate("() => __grid.shown") / 1000)
        paints.append(median(paged(page, 12)))
        if seconds[-1] < SHOWN and paints[-1] < PAINT:
            break
    assert min(seconds) < SHOWN, seconds
    assert min(paints) < PAINT, paints
    assert page.evaluate("() => __grid.columns().length") == 120
    assert page.evaluate("() => __grid.counts('g0', '2000-02').waiting") == LAYER * 29
    expect(page).to_have_url(re.compile("y="))  # the address has settled
    before = page.evaluate("() => __grid.paints")
    page.wait_for_timeout(IDLE)
    assert page.evaluate("() => __grid.paints") == before
