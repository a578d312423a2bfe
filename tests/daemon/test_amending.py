"""Amendments on a real daemon, over kills: what was answered is done, each date once, what was dropped never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, cast

from daemon.host import NOTE, Host, until
from daemon.test_acts import GATE

from backfilld.catalog.documents import Document
from backfilld.daemon.clock import SystemClock
from backfilld.engine.snapshot import Snapshot
from backfilld.request.resolved import Limits
from backfilld.service.amending import Amending
from backfilld.service.book import Book
from backfilld.service.holders import Holders
from backfilld.service.running import Running
from backfilld.service.ticker import Ticker
from backfilld.store.sql import SqlStore

DAYS = ["01", "02", "03", "04", "05", "07"]


def day(number: int, last: int | None = None) -> dict[str, str]:
    """A range of days of January."""
    return {"start_biz_date": f"2024-01-{number:02}", "end_biz_date": f"2024-01-{last or number:02}"}


def amend(host: Host, backfill: int, **body: Any) -> dict[str, Any]:
    answer = host.client.patch(f"/v1/backfills/{backfill}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def started(host: Host) -> Counter[str]:
    """How often each task was started, by its name and the day of its cycle."""
    return Counter(f"{line.split()[0]}@{line.split()[1][8:10]}" for line in host.lines())


def chain(host: Host) -> int:
    """A backfill of the 3rd to 5th whose first date stands at its gate; days are processed on the day itself."""
    slow = {"task": "slow", "command": f"{NOTE}; {GATE}"}
    load = {"task": "load", "command": NOTE, "depends_on": ["slow", {"task": "load", "cycle": "previous"}]}
    free = {"task": "free", "command": NOTE, "depends_on": ["slow"]}
    host.catalog([slow, load, free], business_date_offset=0)
    host.start()
    backfill = host.submit("2024-01-03", "2024-01-05", roots=["slow", "load", "free"])
    until(host.lines)
    return backfill


class DiesBeforeTheRound:
    """Does what a ticker does before a round, and then no round."""

    def __init__(self) -> None:
        self.running, self.snapshot = Running(), Snapshot()

    def asked(self, question: Callable[[], tuple[object, Any]]) -> Any:
        return question()[1]

    def insist(self, write: Callable[[], object]) -> None:
        write()


def amend_and_die(host: Host, backfill: int, **body: Any) -> None:
    """A daemon that makes an amendment durable, and is gone before anything follows from it."""
    store = SqlStore(f"sqlite:///{host.state / 'backfilld.db'}")
    clock = SystemClock()
    store.take_lease(clock.now())
    book, ticker = Book(store), cast(Ticker, DiesBeforeTheRound())
    holders = Holders(store, book, ticker)
    Amending(store, book, ticker, clock, holders, Limits()).amend(backfill, Document("body", body))
    store.close()


def test_an_amended_backfill_runs_as_amended(host: Host) -> None:
    """Dates added before and behind, one dropped, a wait cut: over kills each runs once, and the dropped one never.

    What is durable counts where a daemon dies before anything follows from it, also of a backfill that was done.
    """
    backfill = chain(host)
    ids = {(each["task"], each["bizdate"][-2:]): each["id"] for each in host.instances(backfill)}
    found = amend(host, backfill, add_dates=[day(1, 2), day(7)], drop_dates=[day(4)], parallelism=2)
    assert [each["bizdate"][-2:] for each in host.get(f"/v1/backfills/{backfill}/runs")["items"]] == DAYS
    host.kill()
    cut = {"instance": ids["free", "03"], "upstream": [ids["slow", "03"]]}
    amend_and_die(host, backfill, add_dates=[day(8)], cut=[cut])
    host.start()

    until(lambda: started(host)["free@03"] == 1)
    assert host.get(f"/v1/task_instances/{ids['slow', '03']}")["state"] == "running", "it was not waited for"
    assert host.get(f"/v1/task_instances/{ids['load', '05']}")["bizdate"] == "2024-01-05", "nothing is numbered anew"
    shown = host.get(f"/v1/backfills/{backfill}")
    assert (shown["parallelism"], shown["plan_hash"] == found["plan_hash"]) == (2, False)
    host.file("go").touch()
    done = host.ended(backfill)
    assert (done["status"], done["counts"]["left_out"], len(done["amendments"])) == ("succeeded", 3, 2)

    host.kill()
    amend_and_die(host, backfill, add_dates=[day(9)])
    host.start()
    until(lambda: host.get(f"/v1/backfills/{backfill}")["runs"] == {"succeeded": 8})
    days = ("01", "02", "03", "05", "07", "08", "09")
    assert started(host) == {f"{task}@{each}": 1 for task in ("slow", "load", "free") for each in days}
