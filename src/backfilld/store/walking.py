"""Rows of task instances that pass a filter, found run by run: what a run counts tells whether to look into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection

from backfilld.engine.events import CHUNK
from backfilld.engine.states import STATE_MASK, State
from backfilld.planning.plan import InstanceId, instance_id, split_id
from backfilld.ports import InstanceFilter, Page, StoredInstance
from backfilld.store import lookups, pages, rows, tables
from backfilld.store.among import among
from backfilld.store.columns import chunks_of, ids_of
from backfilld.store.packed import rows_of
from backfilld.store.prepared import in_batches

RUNS_AT_ONCE = 512
LOOKED_AT = 1_000_000
"""Instances that are looked at for one page: with nothing that passes among them, the page ends there."""


class Sized(NamedTuple):
    """A run by its number, and how many instances it has."""

    number: int
    size: int


class Walk:
    """One look at the rows that pass, of the projects that are there for who looks; None: of all."""

    def __init__(self, connection: Connection, wanted: InstanceFilter, projects: frozenset[int] | None) -> None:
        self._connection, self._wanted, self._projects = connection, wanted, projects
        self._by_bytes = wanted.states is not None and wanted.tasks is None and not wanted.has_changed

    def page(self, after: InstanceId | None, limit: int) -> Page[StoredInstance]:
        """By id; it may be short and yet not the last, as `next` says up to which id it has all that pass."""
        found: list[StoredInstance] = []
        first, looked, last = 0 if after is None else split_id(after)[0], 0, -1 if after is None else after
        for runs in self._parts(first):
            more, end = self._read(runs, last, limit + 1 - len(found))
            found += more
            if len(found) > limit:
                return Page(tuple(found[:limit]), found[limit - 1].id)
            looked += sum(run.size for run in runs)
            if end is not None or looked >= LOOKED_AT:
                return Page(tuple(found), ids_of(runs[-1].number)[1] if end is None else end)
        return Page(tuple(found), None)

    def _parts(self, first: int) -> Iterator[list[Sized]]:
        """The runs to look into, some at a time, none with more instances than are looked at for a page."""
        asked = pages.sizes(self._wanted, self._projects)
        while True:
            found = rows_of(self._connection, asked, {"first": first, "most": RUNS_AT_ONCE})
            runs = [Sized(*each) for each in found]
            yield from _parts(runs)
            if len(runs) < RUNS_AT_ONCE:
                return
            first = runs[-1].number + 1

    def _read(
        self, runs: Sequence[Sized], after: InstanceId, limit: int
    ) -> tuple[list[StoredInstance], InstanceId | None]:
        """At most so many of these runs that pass; and up to which id that is all of them, if not to the end."""
        if self._by_bytes:
            return self._by_states(runs, after, limit)
        part = {"first": runs[0].number, "last": runs[-1].number, "after": after, "most": limit}
        found = rows_of(self._connection, pages.instances(self._wanted, self._projects), part)
        return list(map(rows.instance_of, found)), None

    def _by_states(
        self, runs: Sequence[Sized], after: InstanceId, limit: int
    ) -> tuple[list[StoredInstance], InstanceId | None]:
        """Found in the bytes of states, then read: what has changed in between passes no more."""
        states = self._wanted.states or frozenset()
        ids = list(islice((each for each in self._with_states(runs, states) if each > after), limit))
        found = {each[0]: each for part in in_batches(ids) for each in self._instances(part)}
        there = [rows.instance_of(found[each]) for each in ids if each in found]
        return [each for each in there if each.state in states], ids[-1] if len(ids) == limit else None

    def _with_states(self, runs: Sequence[Sized], states: frozenset[State]) -> Iterator[InstanceId]:
        small = (chunks_of(run.number)[0] for run in runs if run.size <= CHUNK)
        known = dict(each for part in in_batches(small) for each in self._states(part))
        wanted = set(map(int, states))
        marks = bytes(byte & STATE_MASK in wanted for byte in range(256))
        for run in runs:
            chunk = chunks_of(run.number)[0]
            found = known.get(chunk, b"") if run.size <= CHUNK else rows.read_states(self._connection, run.number)
            yield from (instance_id(run.number, ordinal) for ordinal in _ones(found.translate(marks)))

    def _instances(self, ids: Sequence[InstanceId]) -> Sequence[Sequence[Any]]:
        asked = among(self._connection, lookups.INSTANCES, tables.task_instance.c.id, ids)
        return rows_of(self._connection, *asked)

    def _states(self, chunks: Sequence[int]) -> Iterable[tuple[int, bytes]]:
        """As they are: in a text they would be twice as long."""
        found = self._connection.execute(*among(self._connection, lookups.CHUNKS, tables.run_states.c.id, chunks))
        return ((each.id, each.states) for each in found)


def _parts(runs: Iterable[Sized]) -> Iterator[list[Sized]]:
    """Cut before a run with which there would be more instances than are looked at for a page.

    >>> [[run.number for run in part] for part in _parts([Sized(1, 9), Sized(2, 9), Sized(7, LOOKED_AT)])]
    [[1, 2], [7]]
    """
    part, together = list[Sized](), 0
    for run in runs:
        if part and together + run.size > LOOKED_AT:
            yield part
            part, together = [], 0
        part.append(run)
        together += run.size
    if part:
        yield part


def _ones(marks: bytes) -> Iterator[int]:
    """Where a byte is one.

    >>> list(_ones(bytes([0, 1, 0, 0, 1])))
    [1, 4]
    """
    place = marks.find(1)
    while place >= 0:
        yield place
        place = marks.find(1, place + 1)
