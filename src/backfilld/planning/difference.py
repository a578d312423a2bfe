"""What changed between two plans, in names, dates and numbers, and in sentences."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar
from uuid import UUID

from backfilld.catalog.models import LastDates, Previous, Reach, Same, TaskId
from backfilld.dates import DAY
from backfilld.planning.changed_cycles import ChangedCycles, Shared, changed_cycles
from backfilld.planning.changed_left_out import ChangedLeftOut, changed_left_out
from backfilld.planning.fingerprint import differing_parts
from backfilld.planning.plan import Plan

__all__ = ["ChangedCycles", "ChangedLeftOut", "Difference", "NamedEdge", "compare", "sentences"]

LISTED = 5
MOST_SENTENCES = 20
Row = str | ChangedCycles | ChangedLeftOut
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class NamedEdge:
    """`down` waits for `up`; `kind` is `same`, `previous` or `dates: n`, as a catalog says it."""

    up: str
    down: str
    kind: str

    def __str__(self) -> str:
        return f"{self.up} -> {self.down}" + ("" if self.kind == "same" else f" ({self.kind})")


@dataclass(frozen=True, slots=True)
class Difference:
    """What the new plan has otherwise than the old one; false exactly where both would run the same.

    Tasks are known by their ids: another name alone is no difference. Cycles, edges and what is passed through are
    compared on dates and between tasks that both plans have.
    """

    hashes: tuple[str, str]
    catalog_versions: tuple[UUID, UUID]
    sizes: tuple[int, int]
    """Instances, with what is passed through."""
    to_run: tuple[int, int]
    """Instances without it."""
    dates_gone: tuple[date, ...] = ()
    dates_added: tuple[date, ...] = ()
    dates_reordered: bool = False
    tasks_gone: tuple[str, ...] = ()
    tasks_added: tuple[str, ...] = ()
    tasks_reordered: bool = False
    cycles: tuple[ChangedCycles, ...] = ()
    edges_gone: tuple[NamedEdge, ...] = ()
    edges_added: tuple[NamedEdge, ...] = ()
    left_out: tuple[ChangedLeftOut, ...] = ()

    def __bool__(self) -> bool:
        return self.hashes[0] != self.hashes[1]

    @property
    def parts(self) -> tuple[str, ...]:
        """Which parts of the hash differ; those that count by date or task may do so because these come or go."""
        return differing_parts(*self.hashes)


def compare(old: Plan, new: Plan) -> Difference:
    """What changed from the old plan to the new one."""
    if old.hash == new.hash:
        return _unchanged(old, new)
    shared = Shared(old, new)
    old_names, new_names = _names(old), _names(new)
    old_edges, new_edges = _edges(old, new_names), _edges(new, old_names)
    return replace(
        _unchanged(old, new),
        dates_gone=_only(old.dates, new.dates),
        dates_added=_only(new.dates, old.dates),
        dates_reordered=_reordered(old.dates, new.dates),
        tasks_gone=tuple(old_names[task] for task in _only(old_names, new_names)),
        tasks_added=tuple(new_names[task] for task in _only(new_names, old_names)),
        tasks_reordered=_reordered(old_names, new_names),
        cycles=tuple(changed_cycles(shared)),
        edges_gone=tuple(_named(edge, new_names) for edge in _only(old_edges, new_edges)),
        edges_added=tuple(_named(edge, new_names) for edge in _only(new_edges, old_edges)),
        left_out=tuple(changed_left_out(shared)),
    )


def sentences(difference: Difference) -> list[str]:
    """The difference for people: none where there is none, and at most twenty."""
    rows: list[Row] = [*_heads(difference), *difference.cycles, *difference.left_out] if difference else []
    more = len(rows) - MOST_SENTENCES
    if more > 0:
        return [*map(_said, rows[: MOST_SENTENCES - 1]), f"and {more + 1:,} more changes"]
    return list(map(_said, rows))


def _unchanged(old: Plan, new: Plan) -> Difference:
    return Difference(
        hashes=(old.hash, new.hash),
        catalog_versions=(old.catalog_version, new.catalog_version),
        sizes=(old.size, new.size),
        to_run=(old.to_run, new.to_run),
    )


def _names(plan: Plan) -> dict[TaskId, str]:
    return {task.task.id: task.name for task in plan.tasks}


def _edges(plan: Plan, shared: Container[TaskId]) -> dict[tuple[TaskId, TaskId, Reach], None]:
    """The edges between tasks that the other plan has too, in the plan's order."""
    ids = [task.task.id for task in plan.tasks]
    edges = ((ids[edge.up], ids[edge.down], edge.kind) for edge in plan.edges)
    return {edge: None for edge in edges if edge[0] in shared and edge[1] in shared}


def _named(edge: tuple[TaskId, TaskId, Reach], names: Mapping[TaskId, str]) -> NamedEdge:
    up, down, kind = edge
    return NamedEdge(names[up], names[down], _kind(kind))


def _kind(kind: Reach) -> str:
    match kind:
        case Same():
            return "same"
        case Previous():
            return "previous"
        case LastDates(n):
            return f"dates: {n}"


def _only(one: Iterable[T], other: Iterable[T]) -> tuple[T, ...]:
    """What the other lacks, in order."""
    there = other if isinstance(other, dict) else frozenset(other)
    return tuple(each for each in one if each not in there)


def _reordered(one: Iterable[T], other: Iterable[T]) -> bool:
    """Whether what both have comes in another order."""
    left, right = list(one), list(other)
    common = set(left) & set(right)
    return [each for each in left if each in common] != [each for each in right if each in common]


def _heads(difference: Difference) -> list[str]:
    """All but what is said task by task."""
    found = [*_of_dates(difference), *_of_tasks(difference), *_of_edges(difference)]
    if not (found or difference.cycles or difference.left_out):
        found = [f"no date, task, edge or cycle shows it, but these differ: {', '.join(difference.parts)}"]
    return [*_of_catalog(difference), *found]


def _said(row: Row) -> str:
    match row:
        case str():
            return row
        case ChangedCycles():
            return f"{_listed(row.tasks)}: {_of_cycles(row)} {_on(row.dates)}"
        case ChangedLeftOut():
            now = "now left out" if row.now else "no longer left out"
            return f"{_listed(row.tasks)}: {_many(row.cycles, 'cycle')} a date {now} ({row.why}) {_on(row.dates)}"


def _of_catalog(difference: Difference) -> Iterator[str]:
    versions, sizes, to_run = difference.catalog_versions, difference.sizes, difference.to_run
    if versions[0] != versions[1]:
        yield f"catalog version {versions[0]} became {versions[1]}"
    if sizes[0] != sizes[1]:
        yield f"{_many(sizes[0], 'instance')} became {sizes[1]:,}"
    if to_run[0] != to_run[1] and to_run != sizes:
        yield f"{_many(to_run[0], 'instance')} to run became {to_run[1]:,}"


def _of_dates(difference: Difference) -> Iterator[str]:
    for dates, what in (difference.dates_gone, "gone"), (difference.dates_added, "added"):
        if dates:
            yield f"{_many(len(dates), 'date')} {what}: {_periods(dates)}"
    if difference.dates_reordered:
        yield "the dates run in another order"


def _of_tasks(difference: Difference) -> Iterator[str]:
    for names, what in (difference.tasks_gone, "gone"), (difference.tasks_added, "added"):
        if names:
            yield f"{_many(len(names), 'task')} {what}: {_listed(names)}"
    if difference.tasks_reordered:
        yield "the tasks come in another order"


def _of_edges(difference: Difference) -> Iterator[str]:
    for edges, what in (difference.edges_gone, "gone"), (difference.edges_added, "added"):
        if edges:
            yield f"{_many(len(edges), 'edge')} {what}: {_listed(list(map(str, edges)))}"


def _of_cycles(change: ChangedCycles) -> str:
    before = f"{_many(change.before, 'cycle')} a date"
    match change.kind:
        case "count":
            return f"{before} became {change.after:,}"
        case "times":
            return f"{before} at {'another time' if change.before == 1 else 'other times'}"
        case "outside":
            return "other cycles outside the window of the day, which can pair those inside otherwise,"


def _on(dates: Sequence[date]) -> str:
    return f"on {_many(len(dates), 'date')}: {_periods(dates)}"


def _periods(dates: Sequence[date]) -> str:
    """Dates that follow each other as one period, ascending."""
    days = sorted(dates)
    starts = [n for n, day in enumerate(days) if n == 0 or day - days[n - 1] != DAY]
    ends = [start - 1 for start in starts[1:]] + [len(days) - 1]
    ranges = [(days[start], days[end]) for start, end in zip(starts, ends, strict=True)]
    return _listed([f"{first}" if first == last else f"{first} to {last}" for first, last in ranges])


def _listed(words: Sequence[str]) -> str:
    """The first few, and how many more.

    >>> _listed(["a", "b"]), _listed(list("abcdefg"))
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    more = len(words) - LISTED
    return ", ".join(words[:LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
