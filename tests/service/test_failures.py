"""Which failures are the same: by what was written last, whatever numbers stand in it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backfilld.dates import Period
from backfilld.engine.states import AttemptState
from backfilld.ports import StoredAttempt, StoredInstance
from backfilld.service.failures import Failure, grouped, last_word, without_what_varies
from backfilld.service.views import ShownInstance

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
WORDS = some.sampled_from(["no", "table", "loading", "of", "KeyError:", "at", "(worker)", "gave", "up", "ERROR"])
VARYING = some.one_of(
    some.integers(0).map(str),
    some.floats(0, 1e6).map(lambda number: f"{number:.3f}"),
    some.dates().map(date.isoformat),
    some.dates().map(lambda day: f"{day:%Y%m%d}".zfill(8)),
    some.datetimes(datetime(1900, 1, 1)).map(lambda moment: moment.isoformat(timespec="seconds")),
    some.uuids().map(str),
    some.integers(0).map(hex),
    some.integers(2**32, 2**160).map(lambda number: f"{number:040x}"),
    some.ip_addresses(v=4).map(str),
)


def failure(tail: str, task: str = "load", day: int = 1, reason: str = "", code: int | None = 1) -> Failure:
    """A failed instance with these last lines."""
    stored = StoredInstance(day, 1, NOON, 4, 1, 1, None, NOON)
    attempt = StoredAttempt("a" * 32, day, 1, 1, AttemptState.FAILED, NOON, NOON, NOON, code, None, reason)
    return Failure(ShownInstance(stored, 3, date(2024, 1, day), task), attempt, tail)


@given(words=some.lists(WORDS, min_size=1, max_size=6), values=some.lists(some.tuples(VARYING, VARYING), max_size=5))
def test_what_varies_makes_no_difference(words: list[str], values: list[tuple[str, str]]) -> None:
    """Two lines that differ in a number, date, moment, address or hexadecimal of the same kind are one error."""
    one, other = ([*words, *(pair[side] for pair in values)] for side in (0, 1))

    assert (
        without_what_varies(" ".join(one))
        == without_what_varies(" ".join(other))
        == " ".join(words + ["#"] * len(values))
    )


@given(line=some.text(max_size=400))
def test_it_is_done_once(line: str) -> None:
    """What was made alike stays as it is, and is never longer."""
    once = without_what_varies(line)

    assert without_what_varies(once) == once
    assert len(once) <= len(line)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no such table: flights_20130105", "no such table: flights_#"),
        ("feed me a cafe", "feed me a cafe"),
        ("retry in 1.5s, then 10s", "retry in #s, then #s"),
        ("object at 0x7f3a9b10>", "object at #>"),
        ("commit 7f3a9b1 of worker_7f3a", "commit # of worker_#"),
        ("2024-01-02 03:04:05,678 ERROR x", "# ERROR x"),
    ],
)
def test_by_hand(line: str, said: str) -> None:
    """Words stay, numbers in and around them do not."""
    assert without_what_varies(line) == said


@pytest.mark.parametrize(
    ("tail", "said"),
    [("one\ntwo\n\n  \n", "two"), ("10%\r50%\r  broken pipe", "broken pipe"), ("", "nothing written, exit code 1")],
)
def test_the_last_word(tail: str, said: str) -> None:
    """The last line with anything in it; of a line that was written over, what stands last."""
    assert last_word(failure(tail)) == said


def test_without_a_log() -> None:
    """What the host said counts where the task wrote nothing; without an attempt somebody has set it."""
    refused = failure("", reason="it could not be prepared")

    assert last_word(refused) == "it could not be prepared"
    assert "operator" in last_word(Failure(refused.instance, None, ""))


def test_groups() -> None:
    """The largest group first, its newest failure for all, tasks by count, dates as periods."""
    found = [
        failure("no table 1", "items", 2),
        failure("disk full", "load", 9),
        failure("no table 2", "load", 3),
        failure("no table 3", "load", 5),
    ]

    table, disk = grouped(found)
    assert (table.line, table.count, table.newest) == ("no table #", 3, found[0])
    assert list(table.tasks.items()) == [("load", 2), ("items", 1)]
    assert table.dates == (Period(date(2024, 1, 2), date(2024, 1, 3)), Period(date(2024, 1, 5), date(2024, 1, 5)))
    assert (disk.line, disk.count) == ("disk full", 1)


@given(lines=some.lists(some.sampled_from(["a 1", "a 2", "b", "c 0x1"]), max_size=20))
def test_every_failure_is_in_one_group(lines: list[str]) -> None:
    """Groups together have every failure once."""
    groups = grouped([failure(line) for line in lines])

    assert {group.line: group.count for group in groups} == Counter(map(without_what_varies, lines))
