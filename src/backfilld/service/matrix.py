"""The instances of a backfill as one row of bytes: where each lies, and what a round changed of it."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate

from backfilld.engine.events import CHUNK, RunChanged, RunFacts
from backfilld.engine.fresh import Fresh
from backfilld.engine.states import STATE_MASK
from backfilld.ports import StoreRecovery
from backfilld.service.book import Entry
from backfilld.service.standing import date_sizes

GONE = STATE_MASK
"""The byte of an instance whose run was taken from view by its retention: no state has this number."""


class Matrix:
    """Date after date in run order, and in each date one byte an instance, by ordinal.

    The byte is the one that the store keeps (spec 6): the low four bits are the state, the others held (0x10), left out
    by the plan (0x20), stopping (0x40) and triggered (0x80). A date that was never admitted has the bytes that it would
    be opened with. So an instance's place is `begins[position] + ordinal`: templates differ between dates, and a task
    has as many bytes on a date as it has cycles there.
    """

    def __init__(self, entry: Entry) -> None:
        """Raises `PlanChanged` where the stored bytes would be misread."""
        if entry.changed:
            raise entry.changed
        self.entry, self._fresh = entry, Fresh(entry.plan)
        sizes = map(date_sizes(entry), range(len(entry.plan.dates)))
        self.begins = array("I", accumulate(sizes, initial=0))
        """Where each date begins, and at last the size."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self.begins[-1]

    @property
    def tag(self) -> str:
        """The same for the same plan of the same backfill: where each instance lies rests on nothing else."""
        return f"{self.entry.stored.id}-{self.entry.stored.plan_hash}"

    def read(self, store: StoreRecovery) -> bytearray:
        """All bytes as they are recorded: each date at some moment of this call."""
        facts = {self.entry.stored.position(each.run): each for each in store.run_facts(self.entry.stored.id)}
        return bytearray().join(self._of_date(at, facts.get(at)) for at in range(len(self.begins) - 1))

    def stretches(self, change: RunChanged) -> Iterator[tuple[int, bytes]]:
        """What a run's change says of its bytes: from which place on they are now these."""
        position = self.entry.stored.position(change.run)
        if position is None:
            return
        begin = self.begins[position]
        if not any(change.counts):  # it was never opened: an act has set something for all of it
            yield begin, bytes(self._fresh.states(position, change.default or 0))
        for number, chunk in change.chunks.items():
            yield begin + number * CHUNK, chunk

    def places(self, run: int, ordinals: Iterable[int]) -> Iterator[int]:
        """Where these instances of a run lie."""
        position = self.entry.stored.position(run)
        if position is not None:
            yield from (self.begins[position] + ordinal for ordinal in ordinals)

    def _of_date(self, position: int, facts: RunFacts | None) -> bytes | bytearray:
        if facts is None or not facts.admitted:
            return self._fresh.states(position, (facts and facts.default) or 0)
        return facts.states or bytes((GONE,)) * (self.begins[position + 1] - self.begins[position])


def layout(tasks: Iterable[int]) -> list[tuple[int, int]]:
    """The tasks of a date's instances by ordinal, as stretches of neighbours: (task, how many).

    >>> layout([0, 1, 1, 1, 0])
    [(0, 1), (1, 3), (0, 1)]
    """
    found: list[tuple[int, int]] = []
    for task in tasks:
        count = found.pop()[1] if found and found[-1][0] == task else 0
        found.append((task, count + 1))
    return found
