"""Whether values pass: what each word of a filter says of them.

An item goes by some values in each respect: a task by its id, its name and its full name, an instance that has not
started by no start at all. No value at all is null.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, TypeVar

Values = Collection[Any]
"""What an item goes by in one respect."""
Test = Callable[[Values], bool]
V = TypeVar("V")
Operator = Literal["and_", "or_"]


def test_of(asked: object, operator: Operator) -> Test:
    """Whether values pass what is asked by the attributes that are named as tests are: `any_`, `like_`, and so on."""
    given = ((make, getattr(asked, name, None)) for name, make in _TESTS.items())
    return joined([make(wanted) for make, wanted in given if not _is_ignored(make, wanted)], operator)


def _is_ignored(make: Callable[[Any], Test], wanted: object) -> bool:
    """What was not given; and lists and texts that are empty, but for `any_`, which nothing is then."""
    return wanted is None or (make is not _any and wanted in ([], ""))


def joined(tests: Sequence[Callable[[V], bool]], operator: Operator) -> Callable[[V], bool]:
    """Whether all tests hold, or one; of none at all, each."""
    if not tests:
        return lambda values: True
    if len(tests) == 1:
        return tests[0]
    join = all if operator == "and_" else any
    return lambda values: join(test(values) for test in tests)


def _any(wanted: Sequence[Any]) -> Test:
    among = frozenset(wanted)
    return lambda values: not among.isdisjoint(values)


def _not_any(unwanted: Sequence[Any]) -> Test:
    """Null is none of them, and does not pass either."""
    among = frozenset(unwanted)
    return lambda values: bool(values) and among.isdisjoint(values)


def _all(wanted: Sequence[Any]) -> Test:
    among = frozenset(wanted)
    return lambda values: among.issubset(values)


def _is_null(null: bool) -> Test:
    return lambda values: (not values) is null


def _before(last: Any) -> Test:
    return lambda values: any(value <= last for value in values)


def _after(first: Any) -> Test:
    return lambda values: any(value >= first for value in values)


def like(pattern: str) -> Test:
    """Whether one of the values has the pattern in it, in either case; `%` is any text and `_` any sign."""
    parts = [part for part in pattern.casefold().split("%") if part]
    return lambda values: any(_has_parts(value.casefold(), parts) for value in values)


def _has_parts(text: str, parts: Sequence[str]) -> bool:
    """Whether the parts stand in the text one after the other: to take the first place for each is never wrong."""
    at = 0
    for part in parts:
        while not _stands(part, text, at):
            at += 1
            if at > len(text):
                return False
        at += len(part)
    return True


def _stands(part: str, text: str, at: int) -> bool:
    found = text[at : at + len(part)]
    return len(found) == len(part) and all(sign in ("_", there) for sign, there in zip(part, found, strict=True))


_TESTS: Mapping[str, Callable[[Any], Test]] = {
    "any_": _any,
    "not_any_": _not_any,
    "all_": _all,
    "like_": like,
    "is_null_": _is_null,
    "before_": _before,
    "after_": _after,
}
