"""One stream for all tabs of a browser: a browser opens six connections to a daemon, and a stream keeps one."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from daemon.host import until
from playwright.sync_api import BrowserContext, Page, Request, expect
from web.conftest import NewPage
from web.saying import saying
from web.seeding import Seeded

NO_LOCKS = "Object.defineProperty(navigator, 'locks', { value: undefined })"
HIDDEN = """(hidden) => {
  Object.defineProperty(document, 'visibilityState', { value: hidden ? 'hidden' : 'visible', configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


class Streams:
    """Those that a browser has open, with the tab that opened them and their topics."""

    def __init__(self, context: BrowserContext) -> None:
        """From now on."""
        self.open: dict[Request, Page] = {}
        context.on("request", self._began)
        context.on("requestfailed", lambda ended: self.open.pop(ended, None))
        context.on("requestfinished", lambda ended: self.open.pop(ended, None))

    def _began(self, asked: Request) -> None:
        if asked.url.partition("?")[0].endswith("/v1/stream"):
            self.open[asked] = asked.frame.page

    @property
    def topics(self) -> list[set[str]]:
        """Of each that is open."""
        open_ones = [each for each, page in self.open.items() if not page.is_closed()]
        return [set(parse_qs(urlsplit(each.url).query)["topics"][0].split(",")) for each in open_ones]


def live(page: Page) -> None:
    """Its pill says so."""
    expect(page.get_by_text("Live", exact=True)).to_be_visible()


def watching(page: Page, backfill: int) -> None:
    """A tab that shows a backfill and hears of it."""
    page.goto(f"/backfills/{backfill}/instances")
    live(page)


def settled(page: Page, streams: Streams, *topics: set[str]) -> None:
    """Wait until streams of these topics are open, one of each, and no others."""
    until(lambda: page.wait_for_timeout(50) or streams.topics == list(topics))


def test_two_tabs_share_a_stream(page: Page, daemon: Seeded) -> None:
    """One stream tells what both tabs look at; when its tab goes, the other one's takes over and misses nothing."""
    streams, second = Streams(page.context), page.context.new_page()
    with saying(daemon, "one tab") as (one, _), saying(daemon, "other tab") as (other, _):
        watching(page, one["backfill_id"])
        watching(second, other["backfill_id"])
        settled(second, streams, {f"backfill:{each['backfill_id']}" for each in (one, other)})
        assert set(streams.open.values()) == {page}
    expect(second.locator("tbody")).to_contain_text("Succeeded")
    page.close()
    settled(second, streams, {f"backfill:{other['backfill_id']}"})
    daemon.host.act("task_instances", other["id"], "set_failed")
    expect(second.locator("tbody")).to_contain_text("Failed")


def test_a_tab_without_locks_has_its_own(new_page: NewPage, daemon: Seeded) -> None:
    """A browser gives a page over plain HTTP from another host no locks: it works all the same."""
    page = new_page()
    page.context.add_init_script(NO_LOCKS)
    streams, second = Streams(page.context), page.context.new_page()
    watching(page, daemon.done)
    watching(second, daemon.done)
    assert set(streams.open.values()) == {page, second}


def test_a_topic_that_is_refused_costs_nobody_news(page: Page, daemon: Seeded, faults: list[str]) -> None:
    """A tab at a backfill that is not there leaves the stream of the others alone."""
    streams, lost = Streams(page.context), page.context.new_page()
    with saying(daemon, "beside nothing") as (instance, _):
        watching(page, instance["backfill_id"])
        lost.goto("/backfills/999999/grid")
        expect(lost.get_by_text("There is no backfill 999999")).to_be_visible()
        settled(page, streams, {f"backfill:{instance['backfill_id']}"})
    expect(page.locator("tbody")).to_contain_text("Succeeded")
    faults.clear()  # the browser says 404


def test_a_hidden_tab_lets_go(new_page: NewPage, daemon: Seeded) -> None:
    """What nobody has seen for a minute holds no stream; seen again, it looks anew."""
    page = new_page()
    page.clock.install()
    streams = Streams(page.context)
    with saying(daemon, "hidden") as (instance, _):
        watching(page, instance["backfill_id"])
        page.evaluate(HIDDEN, True)
        page.clock.fast_forward("01:01")
        settled(page, streams)
    daemon.stands(instance["backfill_id"], "succeeded")
    page.evaluate(HIDDEN, False)
    expect(page.locator("tbody")).to_contain_text("Succeeded")
    settled(page, streams, {f"backfill:{instance['backfill_id']}"})
