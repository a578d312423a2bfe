"""What failed, in the few lines that a message has for it."""

from __future__ import annotations

from service.test_failures import failure

from backfilld.service.failures import Failed, grouped
from backfilld.service.last_words import WIDTH, last_words


def said(*failures: tuple[str, str]) -> list[str]:
    """The lines about tasks that failed with these last words."""
    found = tuple(failure(tail, task, day) for day, (task, tail) in enumerate(failures, 1))
    return last_words(Failed(found, grouped(found), len(found))).splitlines()


def test_nothing_failed() -> None:
    """There is nothing to say, not even a heading."""
    assert said() == []


def test_the_largest_groups_first() -> None:
    """One error is said as it was written, many alike without what varies; of the other kinds only how many."""
    alike = [("load", f"no table t{number}") for number in range(3)] + [("check", "no table t9")]
    assert said(("a", "boom at 12:00"), *alike, ("b", "bang"), ("c", "crash"), ("d", "thud")) == [
        "",
        "What failed wrote last:",
        "4 x load and 1 other task: no table t#",
        "1 x a: boom at 12:00",
        "1 x b: bang",
        "... and 2 other kinds of failures",
    ]


def test_only_text() -> None:
    """What moves a terminal's cursor does not get into a message, nor more of a line than anybody reads."""
    *_, line = said(("a", "\x1b[2J\x07" + "x" * 1000))
    assert line == "1 x a:  [2J " + "x" * (WIDTH - 5)
