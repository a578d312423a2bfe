"""The instances of a backfill in order: those with rows, and from the plan those of dates without."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import islice

from backfilld.engine.fresh import Fresh
from backfilld.engine.states import STATE_MASK, State
from backfilld.planning.plan import InstanceId, instance_id, split_id
from backfilld.ports import InstanceFilter, Page, StoredInstance, StoredRun, StoreReader
from backfilld.service.book import Entry
from backfilld.service.standing import runs_from

LAST_RUN = 2**32 - 1
ROWLESS = frozenset({State.WAITING, State.SKIPPED, State.CANCELLED})
"""What an instance can be before its date is admitted: waiting, or what an act on the whole date has set."""


class Listing:
    """Pages of one backfill's instances, while its dates go on being admitted.

    An instance is planned or a row, never neither: what has no row is looked for before the rows are read, and where
    a date was admitted in between its rows win. So pages neither lose an instance nor bring it twice. A page that ends
    before the first date without rows is rows alone, read once.
    """

    def __init__(self, store: StoreReader, entry: Entry) -> None:
        self._store, self._entry = store, entry
        self._chosen: dict[int, Sequence[int]] = {}

    @cached_property
    def _ids(self) -> Sequence[int]:
        """The tasks of the plan; a page of rows alone does not ask for them."""
        return [planned.task.id for planned in self._entry.plan.tasks]

    @cached_property
    def _fresh(self) -> Fresh:
        return Fresh(self._entry.plan)

    def page(self, wanted: InstanceFilter, after: InstanceId | None, limit: int) -> Page[StoredInstance]:
        """The instances that pass the filter, by id; a page may be short and yet not the last."""
        wanted = self._seen(wanted)
        return merged(
            lambda: self._first_bare(wanted, after),
            lambda: self._store.instances(wanted, after, limit),
            lambda reach: self._planned(wanted, after, reach),
            limit,
        )

    def _first_bare(self, wanted: InstanceFilter, after: InstanceId | None) -> int | None:
        """The first run that may have instances without rows which pass; once a date is admitted it has its rows."""
        if not may_be_without_row(wanted):
            return None
        if wanted.run is not None:
            run = self._store.some_runs([wanted.run]).get(wanted.run)
            return None if run is not None and (run.admitted_at or run.expired_at) else wanted.run
        runs, first = self._entry.stored.runs, 0 if after is None else split_id(after)[0]
        if not runs or runs[-1] not in self._store.some_runs(runs[-1:]):  # they are made in run order
            return first
        last = runs[-1] if isinstance(runs, range) else max(runs)
        return first_bare(self._store, range(max(first, self._entry.stored.first_run), last + 1))

    def planned(self, run: StoredRun, wanted: InstanceFilter, after: InstanceId | None) -> Iterator[StoredInstance]:
        """Those of a date that pass, if it has no rows."""
        state = State((run.default or 0) & STATE_MASK)
        if self._entry.plan_changed or run.admitted_at is not None or run.expired_at is not None:
            return
        if (wanted.states is None or state in wanted.states) and _is_on(wanted, run.business_date):
            ordinals = self._ordinals(run, self._seen(wanted).tasks)
            yield from (each for each in self._of_date(run, ordinals) if after is None or each.id > after)

    def _seen(self, wanted: InstanceFilter) -> InstanceFilter:
        """The same, of the tasks alone that are there for whoever asks."""
        if not self._entry.hidden:
            return wanted
        there = frozenset(self._ids) - self._entry.hidden
        return replace(wanted, tasks=there if wanted.tasks is None else wanted.tasks & there)

    def one(self, run: StoredRun, ordinal: int) -> StoredInstance | None:
        """The instance of a date without rows, if the plan has it."""
        if self._entry.plan_changed:
            return None
        return next(self._of_date(run, [ordinal]), None)

    def _planned(
        self, wanted: InstanceFilter, after: InstanceId | None, reach: InstanceId | None
    ) -> Iterator[StoredInstance]:
        """Those without rows, on dates from the one of `after` to the one of `reach`."""
        for run in runs_from(self._store, self._entry.stored, self._numbers(wanted, after, reach)):
            yield from self.planned(run, wanted, after)

    def _numbers(self, wanted: InstanceFilter, after: InstanceId | None, reach: InstanceId | None) -> Sequence[int]:
        """The runs to look at, ascending: ids of instances begin with them."""
        runs = sorted(self._entry.stored.runs) if wanted.run is None else [wanted.run]
        first = 0 if after is None else bisect_left(runs, split_id(after)[0])
        return runs[first : None if reach is None else bisect_right(runs, split_id(reach)[0])]

    def _ordinals(self, run: StoredRun, tasks: frozenset[int] | None) -> Sequence[int]:
        """The date's ordinals of these tasks; dates of one pattern share the answer."""
        plan, position = self._entry.plan, self._position(run)
        pattern = plan.templates.calendar.pattern_of[position]
        if pattern not in self._chosen:
            chosen = plan.template(position).tasks
            self._chosen[pattern] = [n for n, task in enumerate(chosen) if tasks is None or self._ids[task] in tasks]
        return self._chosen[pattern]

    def _position(self, run: StoredRun) -> int:
        return self._entry.position(instance_id(run.number, 0))[0]

    def _of_date(self, run: StoredRun, ordinals: Sequence[int]) -> Iterator[StoredInstance]:
        plan, position = self._entry.plan, self._position(run)
        if not ordinals:
            return
        template = plan.template(position)
        states = self._fresh.states(position, run.default or 0)
        for ordinal in ordinals:
            if ordinal < template.size:
                cycle, task = plan.cycle_time(position, ordinal), self._ids[template.tasks[ordinal]]
                yield StoredInstance(instance_id(run.number, ordinal), task, cycle, states[ordinal], 0, 0, None, None)


def merged(
    bare: Callable[[], int | None],
    rows: Callable[[], Page[StoredInstance]],
    planned: Callable[[InstanceId | None], Iterator[StoredInstance]],
    limit: int,
) -> Page[StoredInstance]:
    """Rows, and what has none up to an id, in one page by id; it may be short and yet not the last.

    `bare` is the first run of which something may have none. What is planned is looked for between two looks at the
    rows, so nothing is missed that is given its row meanwhile.
    """
    first, page = bare(), rows()
    reach = page.next
    if first is None or (reach is not None and split_id(reach)[0] < first):
        return page
    found = {each.id: each for each in islice(planned(reach), limit + 1)}
    page = rows()
    found |= {row.id: row for row in page.items}
    end = min((each for each in (reach, page.next) if each is not None), default=None)
    ids = sorted(each for each in found if end is None or each <= end)
    items = tuple(found[each] for each in ids[:limit])
    return Page(items, ids[limit - 1] if len(ids) > limit else end)


def first_bare(store: StoreReader, runs: range) -> int | None:
    """The first of these runs, whosever it is, that is not admitted yet: every one before it has its rows."""
    found = store.runs_without_rows(InstanceFilter(), runs, 1).items
    return found[0].number if found else None


def may_be_without_row(wanted: InstanceFilter) -> bool:
    """Whether anything can pass to which nothing has happened yet."""
    return not wanted.has_changed and (wanted.states is None or bool(wanted.states & ROWLESS))


def _is_on(wanted: InstanceFilter, day: date) -> bool:
    return (wanted.first is None or wanted.first <= day) and (wanted.last is None or day <= wanted.last)
