"""Pages of what has rows and what has none, while dates go on being admitted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from backfilld.planning.plan import InstanceId, instance_id, split_id
from backfilld.ports import Page, StoredInstance
from backfilld.service.listing import merged

RUNS, SIZE = 5, 3
WHEN = datetime(2013, 1, 1, tzinfo=UTC)


class Admitting:
    """Runs of which, at each look, some more may be admitted: then their instances have rows."""

    def __init__(self, steps: list[int]) -> None:
        self.admitted, self._steps, self.looks = 0, steps, 0

    def _look(self) -> None:
        """Dates are admitted in order."""
        self.looks += 1
        self.admitted = min(RUNS, self.admitted + (self._steps.pop() if self._steps else 0))

    def bare(self, after: InstanceId | None) -> int | None:
        """The first run without rows, from the one of an id on."""
        self._look()
        first = max(self.admitted, 0 if after is None else split_id(after)[0])
        return first if first < RUNS else None

    def rows(self, after: InstanceId | None, limit: int) -> Page[StoredInstance]:
        """What has rows."""
        self._look()
        found = [each for each in _all(range(self.admitted), 1) if after is None or each.id > after]
        return Page(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)

    def planned(self, after: InstanceId | None, reach: InstanceId | None) -> Iterator[StoredInstance]:
        """What has none."""
        self._look()
        yield from (
            each
            for each in _all(range(self.admitted, RUNS), 0)
            if (after is None or each.id > after) and (reach is None or each.id <= reach)
        )


def _all(runs: range, attempt: int) -> list[StoredInstance]:
    ids = (instance_id(run, ordinal) for run in runs for ordinal in range(SIZE))
    return [StoredInstance(each, 1, WHEN, 0, attempt, 0, None, None) for each in ids]


@given(st.lists(st.integers(0, 2), max_size=40), st.integers(1, RUNS * SIZE + 1))
def test_nothing_is_lost_and_nothing_comes_twice(steps: list[int], limit: int) -> None:
    """Whatever is admitted between any two looks, all pages together have each instance once, in order."""
    runs, after, found = Admitting(steps), None, list[InstanceId]()
    while True:
        page = merged(
            lambda: runs.bare(after),  # noqa: B023 - called before the loop goes on
            lambda: runs.rows(after, limit),  # noqa: B023
            lambda reach: runs.planned(after, reach),  # noqa: B023
            limit,
        )
        found += [each.id for each in page.items]
        if page.next is None:
            break
        after = page.next
    assert found == [each.id for each in _all(range(RUNS), 0)]


@given(st.integers(1, RUNS * SIZE - 1))
def test_rows_alone_are_read_once(limit: int) -> None:
    """A page that ends before the first date without rows takes two looks: at which that is, and at the rows."""
    runs = Admitting([])
    runs.admitted = RUNS - 1
    merged(lambda: runs.bare(None), lambda: runs.rows(None, limit), lambda reach: runs.planned(None, reach), limit)
    assert (runs.looks == 2) == (limit < (RUNS - 1) * SIZE)
