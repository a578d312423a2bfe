"""Makes the pictures of the README: the demo's January while it runs, as a grid and on a clock.

In the environment of the tests, with Chromium on PATH: `python docs/pictures.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx
from playwright.sync_api import Locator, Page, ViewportSize, expect, sync_playwright

DOCS = Path(__file__).resolve().parent
DEMO = DOCS.parent / "config" / "demo"
SIZES: dict[str, ViewportSize] = {"grid": {"width": 1280, "height": 560}, "timeline": {"width": 1280, "height": 720}}
HALF_WAY = 0.55
"""The share of January that is done when it is looked at: all states are there then."""
ZONE = "America/New_York"
"""Of the demo's project: its run windows go by it."""
HOURS_AWAY = 5
PATIENCE = 600
MOST = 200 * 1024
"""Bytes of a picture."""
FLAGS = ["--no-sandbox", "--disable-gpu"]


def main() -> None:
    """Run the demo's month, and look at it half-way."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["DEMO_DIR"] = place
        sys.path.insert(0, str(DEMO))
        import run  # where it works is said by the environment

        data, out, state = (Path(place) / name for name in ("data", "out", "state"))
        out.mkdir()
        if code := run.demo("prepare", "--data", str(data)):
            sys.exit(code)
        with run.daemon(state):
            if code := run.client(state, "submit", str(run.request(data, out))):
                sys.exit(code)
            found = json.loads((state / "endpoint.json").read_text())
            take(found["url"], found["token"])


def take(url: str, token: str) -> None:
    """Both pictures, of the only backfill."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{url}/v1", headers=headers) as api, browsing(url, token) as page:
        until(lambda: is_half_way(backfill(api)))
        picture(page, "/backfills/1/grid", page.get_by_role("application"))
        wait_for_the_night(api)
        picture(page, "/backfills/1/timeline?zoom=4", page.get_by_text("Expected end"))
        api.post("/backfills/1/cancel", json={}).raise_for_status()


def wait_for_the_night(api: httpx.Client) -> None:
    """Leave the rest to a run window some hours away, as a night would be, and wait for the forecast of that."""
    opens = (datetime.now(ZoneInfo(ZONE)) + timedelta(hours=HOURS_AWAY)).replace(minute=0, second=0, microsecond=0)
    closes = opens + timedelta(minutes=1)  # the rest takes half of it
    policy = {"type": "Daily", "start_time": f"{opens:%H:%M:%S}", "end_time": f"{closes:%H:%M:%S}"}
    api.patch("/backfills/1", json={"run_policy": policy}).raise_for_status()
    until(lambda: not backfill(api)["counts"]["running"])
    until(lambda: (end := expected_end(api)) is not None and end > opens)


def backfill(api: httpx.Client) -> dict[str, Any]:
    """The only one, as it stands."""
    found: dict[str, Any] = api.get("/backfills/1").raise_for_status().json()
    return found


def is_half_way(now: dict[str, Any]) -> bool:
    """Whether so much of the backfill is done; raises SystemExit where all is."""
    if now["done_at"]:
        sys.exit(f"January was over before it was looked at: {now['counts']}")
    enough: bool = now["counts"]["succeeded"] >= HALF_WAY * now["instances"]
    return enough


def expected_end(api: httpx.Client) -> datetime | None:
    """By the latest forecast; None while there is none."""
    forecast = api.get("/backfills/1/forecast/latest").raise_for_status().json()["forecast"]
    end = forecast and forecast["courses"][0]["p50"]["end"]
    return datetime.fromisoformat(end) if end else None


def until(holds: Callable[[], bool]) -> None:
    """Wait for what must come; raises SystemExit when it does not."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            sys.exit("waited in vain")
        time.sleep(0.2)


@contextmanager
def browsing(url: str, token: str) -> Iterator[Page]:
    """A page that is logged in."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"), args=FLAGS
        )
        context = chromium.new_context(base_url=url, color_scheme="light", timezone_id=ZONE)
        asked = {"Origin": url, "X-Backfill-Page": "1"}
        answer = context.request.post(f"{url}/v1/session", data={"token": token}, headers=asked)
        assert answer.ok, answer.text()
        yield context.new_page()
        chromium.close()


def picture(page: Page, path: str, shown: Locator) -> None:
    """A view once it shows this, beside this file; raises SystemExit where it is too large to look at on the way."""
    name = PurePosixPath(urlsplit(path).path).name
    page.set_viewport_size(SIZES[name])
    page.goto(path)
    expect(shown).to_be_visible()
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    file = DOCS / f"{name}.png"
    page.screenshot(path=file, animations="disabled")
    if file.stat().st_size > MOST:
        sys.exit(f"{file} has {file.stat().st_size:,} bytes, more than {MOST:,}")


if __name__ == "__main__":
    main()
