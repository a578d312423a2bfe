"""Who runs when, and beside whom: judged by the lines that the tasks themselves write when they begin and end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from daemon.host import BEGIN, END, NOTE, Host, most_at_once, until

GATE = 'until test -e "$ledger.go"; do sleep 0.02; done'
WORK = f"{BEGIN}; sleep 0.03; {END}"


def together(count: int) -> str:
    """Work that waits until so many have begun, so that as many must have been let in."""
    return f'{BEGIN}; until test $(grep -c begin "$ledger") -ge {count}; do sleep 0.02; done; sleep 0.03; {END}'


def dates_of(lines: list[str]) -> list[str]:
    return [line.split()[1][:10] for line in lines]


def test_so_many_dates_at_once_and_never_more(work: Host) -> None:
    """`parallelism` dates are in flight together; the next one starts when one of them is done."""
    work.serve(
        [
            {"task": "one", "command": together(3)},
            {"task": "two", "command": WORK, "depends_on": ["one"]},
            {"task": "three", "command": WORK, "depends_on": ["two"]},
        ]
    )

    backfill = work.submit(last="2024-01-08", roots=["one", "two", "three"], parallelism=3)

    assert work.ended(backfill)["status"] == "succeeded"
    assert len(work.lines()) == 2 * 3 * 8
    assert in_flight(work.lines(), last="three") == 3


def in_flight(lines: list[str], last: str) -> int:
    """Most dates at once, each from the first line of any of its tasks to the end of the last one."""
    flying: set[str] = set()
    most = 0
    for line in lines:
        word, task, day, _ = line.split()
        flying.add(day)
        most = max(most, len(flying))
        if (word, task) == ("end", last):
            flying.remove(day)
    return most


@pytest.mark.parametrize("order", ["Asc", "Desc"])
def test_dates_run_in_the_order_asked_for(work: Host, order: str) -> None:
    """One after another, oldest or newest first."""
    work.serve([{"task": "t", "command": NOTE}])

    backfill = work.submit(first="2024-02-27", last="2024-03-02", roots=["t"], order=order)

    assert work.ended(backfill)["status"] == "succeeded"
    found = dates_of(work.lines())
    assert len(found) == 5
    assert found == sorted(found, reverse=order == "Desc")


def test_slots_of_a_group_are_never_exceeded_over_all_backfills(work: Host) -> None:
    """Two backfills share the two slots of a group: both are used, and never a third."""
    work.serve([{"task": name, "command": together(2), "resource_group": "pair"} for name in "abcd"])

    first = work.submit("2024-01-01", "2024-01-03", roots=list("abcd"), parallelism=3)
    second = work.submit("2024-02-01", "2024-02-03", roots=list("abcd"), parallelism=3)

    assert {work.ended(each)["status"] for each in (first, second)} == {"succeeded"}
    assert len(work.lines()) == 2 * 24
    assert most_at_once(work.lines()) == 2


def test_the_requests_group_beats_the_tasks(work: Host) -> None:
    """With `runtime_resource` every task of the backfill runs in that group."""
    work.serve([{"task": name, "command": WORK, "resource_group": "pair"} for name in "abcd"])

    backfill = work.submit(last="2024-01-02", roots=list("abcd"), parallelism=2, runtime_resource="single")

    assert work.ended(backfill)["status"] == "succeeded"
    assert most_at_once(work.lines()) == 1


def test_max_active_counts_over_all_backfills(work: Host) -> None:
    """Of a task never more run at once than it says, whoever asked for them; others are not held up by it."""
    work.serve([{"task": "narrow", "command": together(2), "max_active": 2}, {"task": "wide", "command": NOTE}])

    pair = [
        work.submit(f"2024-0{month}-01", f"2024-0{month}-06", roots=["narrow", "wide"], parallelism=6)
        for month in (1, 2)
    ]

    assert {work.ended(each)["status"] for each in pair} == {"succeeded"}
    spans = [line for line in work.lines() if line.startswith(("begin", "end"))]
    assert len(spans) == 24
    assert most_at_once(spans) == 2


def test_the_higher_priority_gets_the_slot(work: Host) -> None:
    """Among backfills that want one slot the higher request priority goes first, though it came last."""
    work.serve([{"task": "t", "command": f"{NOTE.replace('ATTEMPT', 'ID')}; {GATE}", "resource_group": "single"}])
    blocker = work.submit("2024-01-01", roots=["t"])
    until(work.lines)
    low = work.submit("2024-02-01", "2024-02-03", roots=["t"], parallelism=3, priority=2)
    high = work.submit("2024-03-01", "2024-03-03", roots=["t"], parallelism=3, priority=7)
    until(lambda: all(work.get(f"/v1/backfills/{each}")["counts"]["ready"] == 3 for each in (low, high)))

    work.file("go").touch()

    assert {work.ended(each)["status"] for each in (blocker, low, high)} == {"succeeded"}
    assert [int(line.split()[2]) for line in work.lines()] == [blocker, *[high] * 3, *[low] * 3]


def test_equals_take_turns(work: Host) -> None:
    """Backfills of equal priority share a slot one after the other; the first to come does not keep it."""
    work.serve([{"task": "t", "command": f"{NOTE.replace('ATTEMPT', 'ID')}; {GATE}", "resource_group": "single"}])
    first = work.submit("2024-01-01", "2024-01-04", roots=["t"], parallelism=4)
    until(work.lines)
    second = work.submit("2024-02-01", "2024-02-04", roots=["t"], parallelism=4)
    until(lambda: work.get(f"/v1/backfills/{second}")["counts"]["ready"] == 4)

    work.file("go").touch()

    assert {work.ended(each)["status"] for each in (first, second)} == {"succeeded"}
    assert [int(line.split()[2]) for line in work.lines()] == [first, second] * 4


def test_weights_decide_within_a_backfill(work: Host) -> None:
    """The instance with the higher effective priority goes first; a task's own number and its upstream count."""
    heavy = {"resource_group": "single", "command": NOTE}
    work.serve(
        [
            {"task": "gate", "command": f"{NOTE}; {GATE}", "resource_group": "single", "priority": 11},
            {"task": "plain", **heavy},
            {"task": "urgent", **heavy, "priority": 9},
            {"task": "middle", **heavy, "priority": 5},
        ]
    )
    backfill = work.submit(roots=["gate", "plain", "urgent", "middle"])
    until(work.lines)

    work.file("go").touch()

    assert work.ended(backfill)["status"] == "succeeded"
    assert [line.split()[0] for line in work.lines()] == ["gate", "urgent", "middle", "plain"]


def test_two_backfills_over_the_same_cycles_never_run_one_at_once(work: Host) -> None:
    """The later one queues behind the earlier one, date by date, and then runs everything itself."""
    work.serve(
        [
            {"task": "extract", "command": f"{BEGIN}; {GATE}; {END}"},
            {"task": "load", "command": WORK, "depends_on": ["extract"]},
        ]
    )
    first = work.submit(last="2024-01-03", roots=["extract", "load"], parallelism=2)
    until(work.lines)
    second = work.submit(last="2024-01-04", roots=["extract", "load"], parallelism=4)
    until(lambda: any("2024-01-05" in line for line in work.lines()))
    waiting = work.get(f"/v1/backfills/{second}")["counts"]

    work.file("go").touch()

    assert {work.ended(each)["status"] for each in (first, second)} == {"succeeded"}
    assert waiting["running"] == 1, "only the date that the first has not runs beside it"
    by_date: dict[str, list[int]] = {}
    for line in work.lines():
        _, _, cycle, backfill = line.split()
        by_date.setdefault(cycle, []).append(int(backfill))
    alone = by_date.pop("2024-01-05T00:00:00Z")
    assert alone == [second] * 4
    assert list(by_date.values()) == [[first] * 4 + [second] * 4] * 3


def test_dev_and_prod_are_no_rivals(work: Host) -> None:
    """The same cycles in another environment run beside each other."""
    work.serve([{"task": "t", "command": together(2)}], environments={"Dev": {"parameters": {"schema": "dev"}}})

    pair = [work.submit(roots=["t"], top={"env_type": env}) for env in ("Prod", "Dev")]

    assert {work.ended(each)["status"] for each in pair} == {"succeeded"}


FAILS_AT_FIRST = f'{NOTE}; case "$bizdate" in 2024010[12]) test -e "$ledger.go";; esac'
"""The first two dates fail until somebody has mended it."""


@pytest.mark.parametrize(
    ("parallelism", "on_failure", "started"),
    [
        (1, None, ["2024-01-02"]),
        (1, "Hold", ["2024-01-02"]),
        (1, "Continue", ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]),
        (2, "Hold", ["2024-01-02", "2024-01-03"]),
        (2, None, ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]),
        (3, "Hold", ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]),
    ],
)
def test_what_a_failed_date_does_with_its_place(
    work: Host, parallelism: int, on_failure: str | None, started: list[str]
) -> None:
    """Held, it keeps its place from later dates, and with all places kept the backfill has failed; a rerun goes on."""
    work.serve([{"task": "t", "command": FAILS_AT_FIRST}])
    held: dict[str, Any] = {"on_failure": on_failure} if on_failure else {}

    backfill = work.submit(last="2024-01-04", roots=["t"], parallelism=parallelism, top=held)
    failed = work.ended(backfill)
    dates = sorted(dates_of(work.lines()))
    work.file("go").touch()
    work.act("backfills", backfill, "rerun")

    assert (failed["status"], dates) == ("failed", started)
    assert work.ended(backfill)["status"] == "succeeded"
    assert sorted(set(dates_of(work.lines()))) == ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]


def test_a_cancelled_run_ends_and_the_others_go_on(work: Host) -> None:
    """Its running instance is stopped, the rest of it never starts; its place goes to the next date."""
    slow = f'{NOTE}; test "$bizdate" != 20240101 || sleep 300'
    work.serve([{"task": "slow", "command": slow}, {"task": "after", "command": NOTE, "depends_on": ["slow"]}])
    backfill = work.submit(last="2024-01-03", roots=["slow", "after"])
    until(work.lines)
    first, *others = work.get(f"/v1/backfills/{backfill}/runs")["items"]

    work.act("runs", first["id"], "cancel")

    ended = work.ended(backfill)
    assert (ended["status"], ended["runs"]) == ("cancelled", {"cancelled": 1, "succeeded": 2})
    assert {item["state"] for item in work.instances(backfill, run=str(first["id"]))} == {"cancelled"}
    assert {item["state"] for item in work.instances(backfill, run=str(others[0]["id"]))} == {"succeeded"}
    assert len(work.lines()) == 5


def test_a_cancelled_instance_blocks_what_waits_for_it_until_it_is_run_again(work: Host) -> None:
    """Cancelled while it ran, it is not retried; a rerun starts it as the next attempt, then what waited."""
    slow = {"task": "slow", "command": f'{NOTE}; test -e "$ledger.go" || sleep 300', "retries": 3, "retry_delay": 0}
    work.serve([slow, {"task": "after", "command": NOTE, "depends_on": ["slow"]}, {"task": "beside", "command": NOTE}])
    backfill = work.submit(roots=["slow", "after", "beside"])
    until(lambda: len(work.lines()) == 2)

    work.act("task_instances", work.one(backfill, "slow")["id"], "cancel")
    cancelled = work.ended(backfill)
    blocked = work.one(backfill, "after")["state"]
    work.file("go").touch()
    work.act("task_instances", work.one(backfill, "slow")["id"], "rerun")

    assert (cancelled["status"], blocked) == ("cancelled", "waiting")
    assert work.ended(backfill)["status"] == "succeeded"
    assert [attempt["state"] for attempt in work.one(backfill, "slow")["attempts"]] == ["stopped", "succeeded"]
    assert [line.split()[0::2] for line in work.lines()[2:]] == [["slow", "2"], ["after", "1"]]


def test_a_date_that_lies_ahead_waits_and_lets_others_pass(work: Host) -> None:
    """A date wholly in the future takes no place: it is `waiting`, and so is a backfill with nothing else to do."""
    work.serve([{"task": "t", "command": NOTE}])
    today = datetime.now(UTC).date()
    first, last = today - timedelta(days=2), today + timedelta(days=1)

    backfill = work.submit(str(first), str(last), roots=["t"], order="Desc")
    until(lambda: len(work.lines()) == 2)
    until(lambda: work.get(f"/v1/backfills/{backfill}")["status"] == "waiting")
    runs = {run["bizdate"]: run["status"] for run in work.get(f"/v1/backfills/{backfill}/runs")["items"]}
    work.act("backfills", backfill, "cancel")

    assert [runs[str(first + timedelta(days=n))] for n in range(4)] == ["succeeded"] * 2 + ["waiting"] * 2
    assert work.ended(backfill)["status"] == "cancelled"
    assert len(work.lines()) == 2


def test_many_small_dates(work: Host) -> None:
    """A thousand dates of one task each, and none is forgotten."""
    work.serve([{"task": "t", "command": NOTE}])

    backfill = work.submit("2021-01-01", "2023-09-27", roots=["t"], parallelism=10)

    ended = work.ended(backfill)
    assert (ended["status"], ended["instances"], ended["runs"]) == ("succeeded", 1000, {"succeeded": 1000})
    assert set(work.starts().values()) == {1}
    assert len(work.starts()) == 1000


def test_one_large_date(work: Host) -> None:
    """24,000 instances of one date, hour by hour through a thousand tasks, and only then what waits for all."""
    chain = [
        {"task": f"t{n}", "cron": "0 * * * *", "virtual": True, "depends_on": [f"t{n - 1}"] if n else []}
        for n in range(1000)
    ]
    work.serve([*chain, {"task": "report", "command": NOTE, "depends_on": ["t999"]}])

    backfill = work.submit(roots=["t0"], mode="AllDownstream")

    ended = work.ended(backfill)
    assert (ended["status"], ended["counts"]["succeeded"]) == ("succeeded", 24_001)
    assert work.lines() == ["report 2024-01-02T00:00:00Z 1"]
