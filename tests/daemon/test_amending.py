"""Amendments on a real daemon, over kills: what was answered is done, each date once, what was dropped never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import pytest
from daemon.host import NOTE, Host, until
from daemon.test_acts import GATE, again

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
    host.catalog([slow, load], business_date_offset=0)
    host.start()
    backfill = host.submit("2024-01-03", "2024-01-05", roots=["slow", "load"])
    until(host.lines)
    return backfill


def test_an_amended_backfill_runs_as_amended(host: Host) -> None:
    """Dates added before and behind, one dropped, a wait cut: over kills each runs once, and the dropped one never."""
    backfill = chain(host)
    ids = {(each["task"], each["bizdate"]): each["id"] for each in host.instances(backfill)}
    third, fifth = ids["load", "2024-01-03"], ids["load", "2024-01-05"]
    wish = {"add_dates": [day(1, 2), day(7)], "drop_dates": [day(4)], "parallelism": 2}
    found = amend(host, backfill, **wish, cut=[{"instance": third, "upstream": [ids["slow", "2024-01-03"]]}])
    again(host)
    assert host.get(f"/v1/backfills/{backfill}")["plan_hash"] == found["plan_hash"]
    amend(host, backfill, add_dates=[day(8)])
    again(host)
    runs = host.get(f"/v1/backfills/{backfill}/runs")["items"]
    assert [run["bizdate"][-2:] for run in runs] == ["01", "02", "03", "04", "05", "07", "08"]
    assert host.get(f"/v1/task_instances/{fifth}")["bizdate"] == "2024-01-05", "nothing is numbered anew"
    host.file("go").touch()

    done = host.ended(backfill)
    assert (done["status"], done["counts"]["left_out"], len(done["amendments"])) == ("succeeded", 2, 2)
    days = ("01", "02", "03", "05", "07", "08")
    assert started(host) == {f"{task}@{each}": 1 for task in ("slow", "load") for each in days}


def test_what_is_cut_does_not_wait(host: Host) -> None:
    """Whoever kills the daemon, the instance starts while what it waited for still runs."""
    backfill = chain(host)
    ids = {each["task"]: each["id"] for each in reversed(host.instances(backfill))}
    answer = host.client.post(f"/v1/task_instances/{ids['load']}/cut", json={"upstream": [ids["slow"]]})
    assert answer.status_code == 200, answer.text
    again(host)

    until(lambda: started(host)["load@03"] == 1)
    assert host.get(f"/v1/task_instances/{ids['slow']}")["state"] == "running"
    host.file("go").touch()
    assert host.ended(backfill)["status"] == "succeeded"


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


@pytest.mark.parametrize("done", [False, True])
def test_a_crash_before_the_round_that_carries_it_out(host: Host, done: bool) -> None:
    """What is durable is what counts: the next daemon takes up the amended plan, also of what was done."""
    backfill = chain(host)
    if done:
        host.file("go").touch()
        host.ended(backfill)
    host.kill()
    amend_and_die(host, backfill, add_dates=[day(1), day(9)], **({} if done else {"drop_dates": [day(4)]}))
    host.start()
    host.file("go").touch()

    until(lambda: host.get(f"/v1/backfills/{backfill}")["runs"] == {"succeeded": 5})
    assert host.ended(backfill)["counts"]["left_out"] == (0 if done else 2)
    days = ("01", "03", "04", "05", "09") if done else ("01", "03", "05", "09")
    assert started(host) == {f"{task}@{each}": 1 for task in ("slow", "load") for each in days}


def test_a_crash_before_a_cut_is_carried_out_behind_a_failure(host: Host) -> None:
    """What has failed and was to go on without what failed does so with the next daemon; if nothing can, it is done."""
    fails = {"task": "fails", "command": f"{NOTE}; exit 1"}
    host.catalog([fails, {"task": "after", "command": NOTE, "depends_on": ["fails"]}], business_date_offset=0)
    host.start()
    backfill = host.submit("2024-01-03", "2024-01-04", roots=["fails", "after"])
    host.ended(backfill)
    ids = [each["id"] for each in host.instances(backfill)]
    host.kill()
    amend_and_die(host, backfill, cut=[{"instance": ids[3], "upstream": [ids[2]]}])
    host.start()
    assert host.ended(backfill)["status"] == "failed", "its second date has no place"
    host.kill()
    amend_and_die(host, backfill, cut=[{"instance": ids[1], "upstream": [ids[0]]}])
    host.start()

    until(lambda: started(host)["after@03"] == 1)
    assert host.ended(backfill)["status"] == "failed"
    assert started(host) == {"fails@03": 1, "after@03": 1}
