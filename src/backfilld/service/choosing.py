"""Which instances an act means: those that pass a filter, and what is downstream of some."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from backfilld.engine.states import STATE_MASK, TERMINAL, State
from backfilld.planning.plan import InstanceId, Plan, instance_id
from backfilld.ports import InstanceFilter, StoreReader
from backfilld.service.book import Entry
from backfilld.service.listing import Listing

PAGE = 1_000
_BEGUN = (TERMINAL | {State.RUNNING}) - {State.LEFT_OUT}
Ordinals = dict[int, set[int]]
"""Ordinals by position of a date."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter: tasks by id, states, business dates, both ends included, and runs; None lets all pass."""

    tasks: frozenset[int] | None = None
    states: frozenset[State] | None = None
    first: date | None = None
    last: date | None = None
    runs: Collection[int] | None = None

    def has(self, day: date) -> bool:
        """Whether the date passes."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class InstancesChosen:
    """The instances of a backfill that pass, with rows or without."""

    def __init__(self, store: StoreReader, entry: Entry) -> None:
        self._listing, self._entry = Listing(store, entry), entry

    def ids(self, chosen: Chosen, most: int | None = None) -> list[InstanceId]:
        """By run, then in the order of the plan; no more than `most`, if that is given."""
        return list(islice(self._passing(chosen), most))

    def _passing(self, chosen: Chosen) -> Iterator[InstanceId]:
        stored = self._entry.stored
        for number, day in zip(stored.runs, stored.dates, strict=True):
            if chosen.has(day) and (chosen.runs is None or number in chosen.runs):
                yield from self._of_run(InstanceFilter(stored.id, number, chosen.tasks, chosen.states))

    def _of_run(self, wanted: InstanceFilter) -> Iterator[InstanceId]:
        after: InstanceId | None = None
        while True:
            page = self._listing.page(wanted, after, PAGE)
            yield from (each.id for each in page.items)
            if (after := page.next) is None:
                return


def downstream_of(store: StoreReader, entry: Entry, instances: Iterable[InstanceId]) -> list[InstanceId]:
    """These instances, and those downstream of them that have begun: what waits still will run after them anyway."""
    named: Ordinals = {}
    for instance in instances:
        position, ordinal = entry.position(instance)
        named.setdefault(position, set()).add(ordinal)
    runs = entry.stored.runs
    return [
        instance_id(runs[position], ordinal)
        for position, ordinals in sorted(_closure(entry.plan, named).items())
        for ordinal in sorted(_begun(store, runs[position], ordinals) | named.get(position, set()))
    ]


def _closure(plan: Plan, named: Ordinals) -> Ordinals:
    """All that is downstream, date by date: a date waits for earlier ones alone."""
    reached = {position: set(ordinals) for position, ordinals in named.items()}
    for position in range(min(reached, default=0), len(plan.dates)):
        found = reached.get(position, set())
        for wait in plan.cross_waits(position):
            if not reached.get(wait.position, set()).isdisjoint(wait.parents):
                found.update(wait.children)
        if found:
            template, stack = plan.template(position), list(found)
            while stack:
                new = set(template.downstream(stack.pop())) - found
                found |= new
                stack.extend(new)
            reached[position] = found
    return reached


def _begun(store: StoreReader, run: int, ordinals: Iterable[int]) -> set[int]:
    states = store.state_bytes(run)
    return {ordinal for ordinal in ordinals if ordinal < len(states) and State(states[ordinal] & STATE_MASK) in _BEGUN}
