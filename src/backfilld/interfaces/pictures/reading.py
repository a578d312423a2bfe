"""The plan view as a graph of boxes and arrows: what every picture of tasks shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from backfilld.dates import Period

View = Mapping[str, Any]


class Standing(StrEnum):
    """How a task stands in the plan."""

    ROOT = "root"
    SELECTED = "selected"
    IDLE = "idle"
    """Selected, but without an instance."""
    BRIDGED = "bridged"
    LEFT_OUT = "left_out"


class Kind(StrEnum):
    """What an arrow says."""

    SAME = "same"
    CROSS = "cross"
    """`down` waits for cycles of earlier business dates, or for an earlier cycle."""
    PASSED = "passed"
    """An edge of the catalog that a bridge passes, or that leads to what is left out."""


@dataclass(frozen=True, slots=True)
class Box:
    """A task: its name, how it stands, the same in a few words, and all that is known of it, a line each."""

    name: str
    standing: Standing
    note: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """From upstream to downstream, both positions in `TaskGraph.boxes`; across dates the label says how far."""

    up: int
    down: int
    kind: Kind
    label: str = ""


@dataclass(frozen=True, slots=True)
class TaskGraph:
    """The tasks of a plan in its order, then those that are passed through or left out."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def task_graph(view: View) -> TaskGraph:
    """The tasks of a plan view and what leads from one to another."""
    outs = _outs(view["left_out"])
    planned = {task["name"]: task for task in view["tasks"]}
    others = [name for name in dict.fromkeys([*view["bridged"], *outs]) if name not in planned]
    bridged = set(view["bridged"])
    boxes = [_planned(task, name in bridged, outs.get(name, [])) for name, task in planned.items()]
    boxes += [_unplanned(name, name in bridged, outs.get(name, [])) for name in others]
    return TaskGraph(tuple(boxes), tuple(_arrows(view, {box.name: number for number, box in enumerate(boxes)})))


def spans(texts: Iterable[str]) -> list[Period]:
    """Dates as the view writes them: ISO, or `first/last`.

    >>> [len(period) for period in spans(["2024-01-01", "2024-01-03/2024-01-05"])]
    [1, 3]
    """
    ends = ((first, last or first) for first, _, last in (text.partition("/") for text in texts))
    return [Period(date.fromisoformat(first), date.fromisoformat(last)) for first, last in ends]


def counted(number: int, word: str) -> str:
    """A number and its noun.

    >>> counted(1, "date"), counted(2000, "date")
    ('1 date', '2,000 dates')
    """
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def printable(text: str) -> str:
    r"""The text with every other character spelled out.

    >>> printable("a\x1bb")
    'a\\x1bb'
    """
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


@dataclass(frozen=True, slots=True)
class _Out:
    why: str
    days: int
    cycles: int | None
    """None for a task that is no part of the plan."""

    def __str__(self) -> str:
        if self.cycles is None:
            return f"left out: {self.why}"
        return f"left out: {counted(self.cycles, 'cycle')} on {counted(self.days, 'date')} ({self.why})"


def _outs(entries: Iterable[View]) -> dict[str, list[_Out]]:
    """Why a task, or some of its cycles, is left out."""
    result: dict[str, list[_Out]] = {}
    for entry in entries:
        days = sum(map(len, spans(entry["dates"])))
        result.setdefault(entry["task"], []).append(_Out(entry["why"], days, entry["cycles"]))
    return result


def _planned(task: View, bridged: bool, outs: Sequence[_Out]) -> Box:
    size = counted(task["instances"], "instance") if task["instances"] else "no instance"
    missing = sum(out.cycles or 0 for out in outs)
    facts = (
        f"why: {task['why']}",
        size,
        f"priority {task['priority']}, weight {task['weight']}",
        *(["passed through on dates without a cycle of it"] if bridged else []),
        *map(str, outs),
    )
    return Box(task["name"], _standing(task), f"{size}, {missing:,} left out" if missing else size, facts)


def _standing(task: View) -> Standing:
    if not task["instances"]:
        return Standing.IDLE
    return Standing.ROOT if task["why"] == "root" else Standing.SELECTED


def _unplanned(name: str, bridged: bool, outs: Sequence[_Out]) -> Box:
    whys = ", ".join(out.why for out in outs)
    if not bridged:
        return Box(name, Standing.LEFT_OUT, f"left out: {whys}", tuple(map(str, outs)))
    passed = "passed through: it does not run; what is downstream waits for what is upstream"
    return Box(name, Standing.BRIDGED, whys or "passed through", (passed, *map(str, outs)))


def _arrows(view: View, at: Mapping[str, int]) -> Iterator[Arrow]:
    planned = len(view["tasks"])
    for up, down in view["passed_edges"]:
        if max(at[up], at[down]) >= planned:  # between two tasks of the plan it is among the plan's own edges
            yield Arrow(at[up], at[down], Kind.PASSED)
    for up, down in view["edges"]:
        yield Arrow(at[up], at[down], Kind.SAME)
    for up, down in view["previous_edges"]:
        yield Arrow(at[up], at[down], Kind.CROSS, "previous")
    for up, down, days in view["dates_edges"]:
        yield Arrow(at[up], at[down], Kind.CROSS, counted(days, "date"))
