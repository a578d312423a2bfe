"""What changed between two plans, in names, dates and numbers, and in sentences."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar
from uuid import UUID

from backfilld.catalog.models import LastDates, Previous, Reach, Same, TaskId
from backfilld.dates import Period, merged
from backfilld.planning.changed_cycles import ChangedCycles, PassedCycles, PassedThrough, Shared, changed_cycles
from backfilld.planning.fingerprint import differing_parts
from backfilld.planning.plan import Plan

__all__ = ["ChangedCycles", "Difference", "NamedEdge", "PassedCycles", "compare", "sentences"]

LISTED = 5
MOST_SENTENCES = 20
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
    left_out: tuple[PassedCycles, ...] = ()
    """What the new plan passes through and the old one does not."""
    left_out_no_longer: tuple[PassedCycles, ...] = ()

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
    passed = PassedThrough(shared)
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
        left_out=tuple(passed.newly()),
        left_out_no_longer=tuple(passed.no_longer()),
    )


def sentences(difference: Difference) -> list[str]:
    """The difference for people, what matters most first: none without a difference, and at most twenty."""
    if not difference:
        return []
    found = list(_sentences(difference))
    if len(found) > MOST_SENTENCES:
        return [*found[: MOST_SENTENCES - 1], f"and {len(found) - MOST_SENTENCES + 1:,} more changes"]
    return found


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


def _sentences(difference: Difference) -> Iterator[str]:
    details = [
        *_of_dates(difference),
        *_of_tasks(difference),
        *_of_edges(difference),
        *map(_of_cycles, difference.cycles),
        *(_of_passed(each, "now left out") for each in difference.left_out),
        *(_of_passed(each, "no longer left out") for each in difference.left_out_no_longer),
    ]
    yield from _of_catalog(difference)
    yield from details or [f"no date, task, edge or cycle shows it, but these differ: {', '.join(difference.parts)}"]


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
    where = f"on {_many(len(change.dates), 'date')}: {_periods(change.dates)}"
    before = _many(change.before, "cycle")
    match change.kind:
        case "count":
            what = f"{before} a date became {change.after:,}"
        case "times":
            what = f"{before} a date at {'another time' if change.before == 1 else 'other times'}"
        case "outside":
            what = "other cycles outside the window of the day, which can pair those inside otherwise,"
    return f"{_listed(change.tasks)}: {what} {where}"


def _of_passed(passed: PassedCycles, what: str) -> str:
    dates = [day for day, _ in passed.by_date]
    count = _many(sum(count for _, count in passed.by_date), "cycle")
    return f"{passed.task}: {count} {what} ({passed.why}) on {_many(len(dates), 'date')}: {_periods(dates)}"


def _periods(dates: Sequence[date]) -> str:
    """Dates that follow each other as one period, ascending."""
    periods = merged(Period(day, day) for day in dates)
    return _listed([f"{each.first}" if len(each) == 1 else f"{each.first} to {each.last}" for each in periods])


def _listed(words: Sequence[str]) -> str:
    """The first few, and how many more.

    >>> _listed(["a", "b"]), _listed(list("abcdefg"))
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    more = len(words) - LISTED
    return ", ".join(words[:LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
