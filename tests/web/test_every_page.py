"""Each page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

PAGES = ["/", "/new", "/catalog", "/capacity", "/schedules", "/audit"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_reached_from_every_other(page: Page, path: str) -> None:
    """The links of the frame are there on every page."""
    page.goto(path)
    links = page.get_by_role("navigation", name="Main").get_by_role("link")
    expect(links).to_have_text(["Backfills", "Catalog", "Capacity", "Schedules", "Audit"])
