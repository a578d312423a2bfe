"""The dates of a plan, day by day: how many instances, what is closed, what is left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from backfilld.interfaces.pictures.reading import View, counted


@dataclass(frozen=True, slots=True)
class Day:
    """A date that the request asks for; `closed` says why its business calendar leaves it out."""

    day: date
    instances: int
    facts: tuple[str, ...]
    closed: str | None = None


def days_of(view: View) -> dict[date, Day]:
    """Every asked date of a plan view that has its grid, ascending."""
    sizes = [sum(counts) for counts in view["grid"]["counts"]]
    out = view["grid"]["left_out"]
    days = [Day(date.fromisoformat(shut["date"]), 0, (), shut["why"]) for shut in view["closed"]]
    for text, pattern, missing in zip(view["dates"], view["grid"]["pattern_of"], out, strict=True):
        facts = (f"{counted(missing, 'instance')} more left out",) if missing else ()
        days.append(Day(date.fromisoformat(text), sizes[pattern] - missing, facts))
    return {day.day: day for day in sorted(days, key=lambda day: day.day)}


def classes(numbers: Iterable[int], most: int) -> list[tuple[int, int]]:
    """At most so many classes of numbers, each from its lowest to its highest, both included; none for 0.

    >>> classes([4, 4, 0, 24], 5), classes(range(1, 11), 5)
    ([(4, 4), (24, 24)], [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10)])
    """
    distinct = sorted({number for number in numbers if number})
    if len(distinct) <= most:
        return [(number, number) for number in distinct]
    low, high = distinct[0] - 1, distinct[-1]
    bounds = [low + (high - low) * step // most for step in range(most + 1)]
    return [(below + 1, bound) for below, bound in pairwise(bounds)]
