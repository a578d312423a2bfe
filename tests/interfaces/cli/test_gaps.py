"""`gaps`: strips, what they say in words, and the request that fills the gaps."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interfaces.cli.fake_daemon import FakeDaemon, backfill, problem
from interfaces.cli.running import ESCAPE, client, on_terminal, piped

from backfilld.config.yaml_text import yaml_documents
from backfilld.interfaces.cli.gap_request import filling, joined
from backfilld.interfaces.cli.request_text import json_of, yaml_of
from backfilld.interfaces.cli.strips import LOOKS, strips

MONDAY, DAY = date(2024, 1, 1), timedelta(days=1)
OF = {character: status for status, (character, _, _) in LOOKS.items()}
WHICH = ("--task", "extract", "--from", "2024-01-01", "--to", "2024-01-10")


def item(name: str, strip: str, *, project: str = "shop", first: date = MONDAY, **more: Any) -> dict[str, Any]:
    """A task of the ledger, with a cycle a date, drawn with the characters of a strip; a blank is no cycle."""
    days = [(first + number * DAY, OF[mark]) for number, mark in enumerate(strip) if mark != " "]
    cycles = [{**cycle(day, status), **more} for day, status in days]
    counts = dict(Counter(status for _, status in days))
    names = {"id": 1, "task": name, "name": name, "workflow": "daily", "project": project}
    return {**names, "counts": counts, "cycles": cycles}


def cycle(day: date, status: str) -> dict[str, Any]:
    return {
        "bizdate": day.isoformat(),
        "cycle_time": f"{day}T00:00:00Z",
        "status": status,
        "succeeded_once": status in ("succeeded", "stale"),
        "ended_at": None,
        "backfill_id": None,
        "version_id": None,
        "held_by": 9 if status == "running" else None,
    }


def ledger(*items: dict[str, Any], days: int = 10) -> dict[str, Any]:
    last = MONDAY + (days - 1) * DAY
    return {"env_type": "Prod", "start_biz_date": "2024-01-01", "end_biz_date": last.isoformat(), "items": list(items)}


def drawn(found: dict[str, Any], width: int) -> list[str]:
    return "\n".join(line.plain for line in strips(found, width)).split("\n")


def test_a_strip_a_task(daemon: FakeDaemon) -> None:
    """One character a date, then the counts in words; what the characters mean, and what could be done."""
    daemon.on("GET", "/v1/ledger", ledger(item("extract", "##x?.~>##-"), item("load", "#       #")))

    done = client("gaps", *WHICH, "--task", "load", "--upstream", "--env", "Dev", state=daemon.state)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "Prod, business dates 2024-01-01..2024-01-10",
        "a character is a date, with the worst that became of a cycle in it",
        "         Jan 2024",
        "extract  ##x?.~>##-  4 ok, 1 failed, 1 lost, 1 never run, 1 running, 1 stale, 1 not due",
        "load     #       #   2 ok",
        "x failed   ? lost   . never run   > running   ~ stale   - not due   # ok",
        "1 stale: as they succeeded, only a request of these dates with `reprocess: All` runs them again",
        "3 to run: --submit has them run, --request shows the request",
    ]
    assert daemon.asked[-1].query == {
        "task": ["extract", "load"],
        "start_biz_date": ["2024-01-01"],
        "end_biz_date": ["2024-01-10"],
        "env_type": ["Dev"],
        "upstream": ["true"],
    }


def test_colours_are_for_terminals(daemon: FakeDaemon) -> None:
    """On a terminal the same characters come in colour, and no line is wider than it."""
    daemon.on("GET", "/v1/ledger", ledger(item("a-name-that-is-too-long-for-a-terminal", "#x" * 20), days=40))

    code, seen = on_terminal("gaps", *WHICH, state=daemon.state, columns=60)

    assert code == 0
    assert f"{ESCAPE}[1;31mx" in seen
    lines = re.sub(rf"{ESCAPE}\[[0-9;]*m", "", seen).splitlines()
    assert "a-name-that-is-too-…  " in seen
    assert max(map(len, lines[2:-1])) <= 60


@pytest.mark.parametrize(
    ("days", "unit", "columns", "labels"),
    [
        (28, "date", 28, "Jan 2024"),
        (40, "week", 6, "Jan 2024"),
        (700, "month", 23, "2024        2025"),
        (3000, "year", 9, "2024 2029"),
        (20000, "decade", 6, "2020 2070"),
    ],
)
def test_longer_stretches_where_dates_do_not_fit(days: int, unit: str, columns: int, labels: str) -> None:
    """The finest of date, week, month, year and decade that fits; each character is the worst of its stretch."""
    found = ledger(item("t", "." + "#" * (days - 2) + "x"), days=days)

    head, header, strip, *_ = drawn(found, 40)

    assert head.startswith(f"a character is a {unit},")
    assert strip.split("  ")[:2] == ["t", "." + "#" * (columns - 2) + "x"]
    assert header == "   " + labels


def test_a_pipe_has_no_width() -> None:
    """Where nobody has a screen a year still has a character a date, and more do not make a line of 36,600."""
    assert len(drawn(ledger(item("t", "#" * 366), days=366), 100_000)[2].split()[1]) == 366
    assert drawn(ledger(item("t", "#" * 367), days=367), 100_000)[0].startswith("a character is a week")


def test_labels_do_not_run_together() -> None:
    """A label stands where its month begins; one that would run into the label before is left out."""
    _, months, *_ = drawn(ledger(item("t", "#" * 91), days=91), 200)
    assert (months.index("Jan 2024"), months.index("Feb"), months.index("Mar")) == (3, 3 + 31, 3 + 60)
    _, weeks, *_ = drawn(ledger(item("t", "#" * 91), days=91), 40)
    assert weeks.split() == ["Jan", "2024", "Mar"]


def test_no_cycles() -> None:
    """A task without cycles on these dates says so."""
    assert drawn(ledger(item("t", "  ")), 80)[2] == "t              no cycles"


def test_json_is_the_ledger(daemon: FakeDaemon) -> None:
    """--json prints what the daemon says, as it is."""
    found = ledger(item("extract", "#x"))
    daemon.on("GET", "/v1/ledger", found)
    assert json.loads(client("gaps", *WHICH, "--json", state=daemon.state).stdout) == found


@pytest.mark.parametrize(("strip", "code"), [("##~-", 0), ("", 0), ("#x", 1), ("#?", 1), ("#.", 1), ("#>", 1)])
def test_check(daemon: FakeDaemon, strip: str, code: int) -> None:
    """--check: exit code 1 unless every cycle that is due succeeded; without it gaps are no failure."""
    daemon.on("GET", "/v1/ledger", ledger(item("extract", strip)))
    assert client("gaps", *WHICH, "--check", state=daemon.state).returncode == code
    assert client("gaps", *WHICH, "--check", "--json", state=daemon.state).returncode == code
    assert client("gaps", *WHICH, state=daemon.state).returncode == 0


def test_the_request_alone(daemon: FakeDaemon) -> None:
    """--request prints the file and nothing else, and sends nothing."""
    daemon.on("GET", "/v1/ledger", ledger(item("extract", "#.x#.#"), item("on", "######"), item("load", ".")))

    done = piped("gaps", *WHICH, "--request", "--parallelism", "4", state=daemon.state)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        'name: "gaps of extract, load"\n'
        "project_id: shop\n"
        "env_type: Prod\n"
        "type: SupplementData\n"
        "periods:\n"
        "  biz_dates:\n"
        "    - {start_biz_date: 2024-01-01, end_biz_date: 2024-01-03}\n"
        "    - {start_biz_date: 2024-01-05, end_biz_date: 2024-01-05}\n"
        "default_run_properties:\n"
        "  root_task_ids:\n"
        "    - extract\n"
        "    - load\n"
        "  parallelism: 4\n"
        "reprocess: Missing\n"
        "on_conflict: Skip\n"
    )
    assert daemon.bodies("/v1/backfills") == []


def accept(daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/backfills", {"id": "op", "status": "completed", "backfill_id": 3})
    daemon.on("GET", "/v1/backfills/3", backfill(3, "gaps of extract"))


def test_submit(daemon: FakeDaemon) -> None:
    """--submit shows the strips and the request, sends it, and says what it became."""
    daemon.on("GET", "/v1/ledger", ledger(item("extract", "#.x")))
    accept(daemon)

    done = client("gaps", *WHICH, "--submit", "--name", "mend", state=daemon.state)

    assert (done.returncode, done.stderr) == (0, "")
    (sent,) = daemon.bodies("/v1/backfills")
    shown = done.stdout[done.stdout.index("name: mend") : done.stdout.index("accepted:")]
    assert json_of(yaml_documents(shown, "shown.yaml")[0].value) == sent  # type: ignore[arg-type]
    assert sent["periods"] == {"biz_dates": [{"start_biz_date": "2024-01-02", "end_biz_date": "2024-01-03"}]}
    assert (sent["reprocess"], sent["on_conflict"]) == ("Missing", "Skip")
    assert done.stdout.splitlines()[-2:] == [
        "accepted: backfill 3 gaps of extract, 4 task instances on 2 dates",
        "to see it run: backfill watch 3",
    ]


def test_submit_for_scripts(daemon: FakeDaemon) -> None:
    """With --json the ledger comes with the request that was sent, and the backfill."""
    daemon.on("GET", "/v1/ledger", ledger(item("extract", "#.x")))
    accept(daemon)

    told = json.loads(client("gaps", *WHICH, "--submit", "--json", state=daemon.state).stdout)

    assert [told["request"]] == daemon.bodies("/v1/backfills")
    assert told["backfill"]["id"] == 3
    assert told["items"] == ledger(item("extract", "#.x"))["items"]


@pytest.mark.parametrize("strip", ["###", "#~-", ">>", ""])
def test_nothing_to_fill(daemon: FakeDaemon, strip: str) -> None:
    """Without gaps nothing is sent, which is no error; --request then prints no file."""
    daemon.on("GET", "/v1/ledger", ledger(item("extract", strip)))

    submitted = client("gaps", *WHICH, "--submit", state=daemon.state)
    printed = client("gaps", *WHICH, "--request", state=daemon.state)
    told = json.loads(client("gaps", *WHICH, "--submit", "--json", state=daemon.state).stdout)

    assert (submitted.returncode, submitted.stdout.splitlines()[-1]) == (0, "no gaps to fill")
    assert (printed.returncode, printed.stdout, printed.stderr) == (0, "", "no gaps to fill\n")
    assert (told["request"], told["backfill"]) == (None, None)
    assert daemon.bodies("/v1/backfills") == []


def test_what_others_are_to_run(daemon: FakeDaemon) -> None:
    """Gaps that an active backfill is to run are told of and left to it."""
    held = item("extract", "..", held_by=9)
    daemon.on("GET", "/v1/ledger", ledger(held, item("load", " x")))

    done = client("gaps", *WHICH, state=daemon.state)

    assert done.stdout.splitlines()[-2:] == [
        "2 of the gaps are backfill 9's to run",
        "1 to run: --submit has them run, --request shows the request",
    ]


def test_failed_after_a_success() -> None:
    """Missing leaves these out, so they come after all that never succeeded, by a request of their own."""
    mended, never = item("t", "xx", succeeded_once=True), item("u", ".?")

    first = filling(ledger(mended, never), None, None)
    then = filling(ledger(mended, item("u", "##")), None, None)

    assert first
    assert then
    assert (first.request["reprocess"], first.cycles, first.later) == ("Missing", 2, 2)
    assert first.request["default_run_properties"] == {"root_task_ids": ["u"]}
    assert (then.request["reprocess"], then.cycles, then.later) == ("Failed", 2, 0)
    assert then.request["default_run_properties"] == {"root_task_ids": ["t"]}


def test_tasks_of_other_projects() -> None:
    """Roots are of the request's project; with others beside them the includes are what runs."""
    ours, theirs, twin = item("t", "."), item("feed", ".", project="rates"), item("u", ".")
    twin["task"] = "shop/daily/u"

    found = filling(ledger(ours, theirs, twin), None, None)

    twin_ref = {"project": "shop", "workflow": "daily", "task": "u"}
    assert found
    assert found.request["project_id"] == "shop"
    assert found.request["default_run_properties"] == {
        "root_task_ids": ["t", twin_ref],
        "include_task_ids": ["t", {"project": "rates", "workflow": "daily", "task": "feed"}, twin_ref],
    }


def test_cycles_that_will_wait_are_told_of() -> None:
    """What is not due, on dates of the request, would be waited for."""
    found = filling(ledger(item("t", ".."), item("u", ".--")), None, None)
    assert found
    assert (found.cycles, found.not_due) == (3, 1)


def test_names_of_many_tasks() -> None:
    """A few tasks are named, the rest counted; a name is never too long for a request."""
    few = filling(ledger(*(item(name, ".") for name in "abcde")), None, None)
    long = filling(ledger(item("n" * 255, ".")), None, None)
    assert few
    assert long
    assert few.request["name"] == "gaps of a, b, c and 2 more"
    assert len(long.request["name"]) == 255


def test_a_refusal_is_said(daemon: FakeDaemon) -> None:
    """What the daemon refuses is told as it says it; so are options that exclude each other."""
    fault = ("task", '"nope"', "a task of the catalog: extract")
    daemon.on("GET", "/v1/ledger", problem(422, "invalid_request", "no", fault))

    refused = client("gaps", *WHICH, state=daemon.state)
    both = client("gaps", *WHICH, "--submit", "--request", state=daemon.state)

    assert (refused.returncode, refused.stderr) == (
        2,
        'task: given "nope"; allowed: a task of the catalog: extract\n',
    )
    assert both.returncode == 2
    assert "--request" in both.stderr


@given(st.sets(st.integers(0, 40), min_size=1, max_size=14), st.integers(1, 7))
def test_ranges_cover_the_gaps_and_as_little_else_as_can_be(days: set[int], most: int) -> None:
    """At most so many ranges, in order, with every gap in one; no other choice of cuts covers fewer dates."""
    ordered = [MONDAY + number * DAY for number in sorted(days)]

    found = joined(ordered, most)

    assert len(found) <= most
    assert all(last < first for (_, last), (first, _) in pairwise(found))
    assert all(any(first <= day <= last for first, last in found) for day in ordered)
    assert covered(found) == min(
        covered([(ordered[a], ordered[b - 1]) for a, b in zip((0, *cuts), (*cuts, len(ordered)), strict=True)])
        for count in range(min(most, len(ordered)))
        for cuts in combinations(range(1, len(ordered)), count)
    )


def covered(ranges: list[tuple[date, date]]) -> int:
    return sum((last - first).days + 1 for first, last in ranges)


ODD = ("on", "010", "1e3", "~", "2024-01-01", "a/b.c", "x: y", "- z", "{", "#")
NAMES = st.one_of(st.text(min_size=1).filter(str.isprintable), st.sampled_from(ODD))
VALUES = st.one_of(NAMES, st.integers(-(2**63), 2**63 - 1), st.dates(), st.lists(NAMES, min_size=1))


@given(st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1))
def test_a_printed_request_reads_as_it_was(fields: dict[str, Any]) -> None:
    """Whatever the names are, the file says the same again."""
    request = {"top": fields, "items": [{"inner": name} for name in fields.values() if isinstance(name, str)] or [1]}
    (document,) = yaml_documents(yaml_of(request), "request.yaml")
    assert document.value == request
